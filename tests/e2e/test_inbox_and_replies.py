"""On a running centre: an inbox is read, what is recalled is gone, a reply opts out."""

import re
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
import pytest_asyncio

from tests.support.centre.providers import providers_of
from tests.support.centre.running import Centre, running_centre
from tests.support.centre.system import (
    Document,
    Person,
    System,
    delivery,
    joined,
    signed_in,
    somebody,
)
from tests.support.centre.types import ANY, define, message
from tests.support.waiting import eventually

pytestmark = pytest.mark.asyncio(loop_scope="module")
CODE = "inbox-any"
DETAIL = {"title": "病理报告", "items": [{"label": "结论", "value": "异型细胞"}]}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def inboxes(
    temporal_cli: Path, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Centre]:
    folder = tmp_path_factory.mktemp("inboxes") / "var"
    async with running_centre(folder, sandbox_receipts=True) as running:
        async with signed_in(running) as admin:
            await define(admin, CODE, ANY, strategy="first_success")
        yield running


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def his(inboxes: Centre) -> AsyncIterator[System]:
    async with joined(inboxes, "inbox-his") as system:
        yield system


async def known(centre: Centre) -> Person:
    """Return somebody whom the index knows."""
    person = somebody()
    names = ("mobile", "wechat_mini_openid", "wechat_openid")
    identities = {name: person.identities[name] for name in names}
    async with signed_in(centre) as admin:
        patient = {"name": "患者", "identities": identities}
        await admin.ask("PUT", f"/admin/patients/{person.empi}", patient)
    return person


async def shown(centre: Centre, person: Person) -> list[Document]:
    async with centre.client("mini-program") as app:
        identities = {"wechat_mini_openid": person.mini}
        page = await app.post("/v1/inbox/query", {"identities": identities})
    items: list[Document] = page["items"]
    return items


async def test_an_inbox_is_read_by_the_mini_program(
    inboxes: Centre, his: System
) -> None:
    person = await known(inboxes)
    message_id = await his.send(message(CODE, person, "inbox"))
    doc = await his.ended(message_id)
    assert delivery(doc, "inbox")["outcome"] == "delivered"
    (item,) = await shown(inboxes, person)
    assert (item["type"], item["read_at"]) == (CODE, None)
    async with inboxes.client("mini-program") as app:
        opened = await app.post(f"/v1/inbox/{item['id']}/read", {})
    assert opened["read_at"] is not None
    doc = await his.status(message_id)
    assert delivery(doc, "inbox")["outcome"] == "read"


async def page_of(centre: Centre, person: Person) -> str:
    """Return the path of the page whose link the person got on WeChat."""
    async with centre.sandbox() as http:
        answer = await http.get(
            "/_sandbox/messages", params={"recipient": person.openid}
        )
    found = re.search(r"/m/[A-Za-z0-9_-]{50}", answer.text)
    assert found is not None
    return found[0]


async def page(centre: Centre, path: str) -> httpx.Response:
    async with centre.http() as http:
        return await http.get(path)


async def test_what_is_recalled_is_gone(inboxes: Centre, his: System) -> None:
    person = await known(inboxes)
    message_id = await his.send(message(CODE, person, "wechat", detail=DETAIL))
    await his.ended(message_id)
    path = await page_of(inboxes, person)
    assert "异型细胞" in (await page(inboxes, path)).text
    recalled = await his.http.post(
        f"/v1/messages/{message_id}/recall", json={"reason": "wrong patient"}
    )
    assert recalled.status_code == 202
    gone = await page(inboxes, path)
    assert gone.status_code == 410
    assert "病理" not in gone.text
    assert "异型细胞" not in gone.text

    async def noted() -> bool:
        return bool((await his.status(message_id))["recall"])

    await eventually(noted)


async def test_a_recalled_item_leaves_the_inbox(inboxes: Centre, his: System) -> None:
    person = await known(inboxes)
    message_id = await his.send(message(CODE, person, "inbox"))
    await his.ended(message_id)
    (item,) = await shown(inboxes, person)
    order = {"reason": "wrong patient"}
    await his.http.post(f"/v1/messages/{message_id}/recall", json=order)
    assert await shown(inboxes, person) == []

    async def noted() -> bool:
        doc = await his.status(message_id)
        return bool(doc["recall"]) and bool(delivery(doc, "inbox")["recalled_at"])

    await eventually(noted)
    assert item["id"] not in str(await shown(inboxes, person))


async def opted_out(centre: Centre, person: Person, provider: str) -> Document:
    """Let somebody answer TD; return the opt-out that comes of it."""
    reply = {"provider": provider, "number": person.mobile, "text": "ＴＤ "}
    async with centre.sandbox() as http:
        (await http.post("/_sandbox/replies", json=reply)).raise_for_status()
    path = f"/admin/preferences/mobile/{person.mobile}"
    async with signed_in(centre) as admin:

        async def noted() -> bool:
            return bool((await admin.ask("GET", path))["items"])

        await eventually(noted)
        (said,) = (await admin.ask("GET", path))["items"]
    found: Document = said
    return found


@pytest.mark.parametrize("provider", ["aliyun", "tencent"])
async def test_a_reply_by_sms_opts_out(
    inboxes: Centre, his: System, provider: str
) -> None:
    person = await known(inboxes)
    await his.ended(await his.send(message(CODE, person, "sms")))
    said = await opted_out(inboxes, person, provider)
    assert (said["channel"], said["type_class"]) == ("sms", "service")
    assert said["source"] == "sms_reply"
    doc = await his.ended(await his.send(message(CODE, person, "sms")))
    assert delivery(doc, "sms")["reason"] == "opted_out"


async def by_gateway(centre: Centre, his: System, provider: str) -> None:
    """Let all texts go over a gateway from now on."""
    values: Document = {
        "host": "127.0.0.1",
        "port": centre.settings.cmpp_port,
        "sign_name": "市第一医院",
        "source_addr": "sandbo",
        "secret": "sandbox-secret",
        "src_id": "10690000",
    }
    async with signed_in(centre) as admin:
        account = {"code": provider, "provider": provider, "values": values}
        await admin.ask("POST", "/admin/channels/sms/accounts", account)

    async def goes_there() -> bool:
        doc = await his.ended(await his.send(message(CODE, somebody(), "sms")))
        return bool(delivery(doc, "sms")["provider"] == provider)

    await eventually(goes_there)


async def test_over_a_gateway_it_is_answered_once(inboxes: Centre, his: System) -> None:
    await by_gateway(inboxes, his, "cmpp")
    person = await known(inboxes)
    await his.ended(await his.send(message(CODE, person, "sms")))
    await opted_out(inboxes, person, "cmpp")
    await opted_out(inboxes, person, "cmpp")
    async with providers_of(inboxes) as providers:

        async def texts() -> list[str]:
            taken = await providers.taken("sms", person.mobile)
            return [str(each["request"]["text"]) for each in taken]

        async def answered() -> bool:
            return len(await texts()) > 1

        await eventually(answered)
        _, answer = await texts()
    assert "您已退订" in answer
