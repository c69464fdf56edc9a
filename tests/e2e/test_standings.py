"""Not following on a running centre: a text now, no try next time, WeChat once back."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime

import httpx
import pytest
import pytest_asyncio

from sandbox.weixin.events import cdata, signed
from tests.support.centre.providers import Providers, providers_of, rule
from tests.support.centre.running import Centre
from tests.support.centre.system import (
    Document,
    Person,
    System,
    delivery,
    joined,
    outcomes,
    signed_in,
    somebody,
)
from tests.support.centre.types import BOOKING, PARAMS, define, message

pytestmark = pytest.mark.asyncio(loop_scope="module")
KIND, CALL = "standings-booking", "queue-call"
SATISFIED = ("skipped", "policy_satisfied")
TAKEN = ("accepted", None)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def his(centre: Centre) -> AsyncIterator[System]:
    async with signed_in(centre) as admin:
        await define(admin, KIND, BOOKING)
    async with joined(centre, "standings-his") as system:
        yield system


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def providers(centre: Centre) -> AsyncIterator[Providers]:
    async with providers_of(centre) as found:
        yield found


async def ended(his: System, person: Person) -> Document:
    doc = await his.ended(await his.send(message(KIND, person)))
    assert doc["status"] == "delivered"
    return doc


async def subscribes(centre: Centre, person: Person) -> None:
    """Let WeChat report that somebody follows."""
    now = str(int(datetime.now(UTC).timestamp()))
    xml = (
        f"<xml><FromUserName>{cdata(person.openid)}</FromUserName>"
        f"<CreateTime>{now}</CreateTime><MsgType>{cdata('event')}</MsgType>"
        f"<Event>{cdata('subscribe')}</Event></xml>"
    )
    async with httpx.AsyncClient(base_url=centre.url, trust_env=False) as http:
        answer = await http.post(
            "/v1/receipts/wechat/sandbox-secret",
            params=signed("sandbox-secret", now),
            content=xml.encode(),
            headers={"content-type": "text/xml"},
        )
    assert answer.text == "success", answer.text


async def test_who_does_not_follow_is_remembered_until_they_do(
    centre: Centre, his: System, providers: Providers
) -> None:
    person = somebody()
    await providers.obey(rule(person, "wechat", "unsubscribed", times=1))
    first = await ended(his, person)
    assert outcomes(first) == {
        "wechat": ("failed", "invalid_recipient"),
        "sms": TAKEN,
        "wecom": SATISFIED,
    }
    # The provider would take it now, but is not asked.
    second = await ended(his, person)
    assert outcomes(second)["wechat"] == ("skipped", "not_following")
    assert outcomes(second)["sms"] == TAKEN
    assert not await providers.taken("wechat", person.openid)
    await subscribes(centre, person)
    third = await ended(his, person)
    assert outcomes(third) == {"wechat": TAKEN, "sms": SATISFIED, "wecom": SATISFIED}


async def test_a_critical_value_is_tried_all_the_same(
    centre: Centre, his: System, providers: Providers
) -> None:
    person = somebody()
    async with signed_in(centre) as admin:
        kind = {"strategy": "broadcast", "priority": "critical"}
        await define(admin, "standings-critical", BOOKING, **kind)
    await providers.obey(rule(person, "wechat", "unsubscribed", times=1))
    await ended(his, person)
    sent = await his.send(message("standings-critical", person))
    doc = await his.ended(sent)
    assert outcomes(doc)["wechat"] == TAKEN
    # It got through: the next one is no longer kept back.
    assert outcomes(await ended(his, person))["wechat"] == TAKEN


async def test_the_ledger_keeps_a_message_without_a_consent_back(
    centre: Centre, providers: Providers
) -> None:
    person = somebody()
    await providers.obey()
    async with signed_in(centre) as admin:
        found = await admin.ask("GET", f"/admin/message-types/{CALL}")
    template = found["templates"]["wechat_mini"]["provider_template"]
    path = f"/v1/admin/consents/wechat_mini_openid/{person.mini}"
    async with signed_in(centre) as admin:
        await admin.http.put(path, json={"template": template, "quota": 1})
    params = {name: PARAMS.get(name, "3") for name in found["placeholders"]}
    async with joined(centre, "standings-mini") as system:
        docs = [
            await system.ended(
                await system.send(message(CALL, person, "wechat_mini", params=params))
            )
            for _ in range(2)
        ]
    assert [delivery(doc, "wechat_mini")["outcome"] for doc in docs] == [
        "accepted",
        "skipped",
    ]
    assert delivery(docs[1], "wechat_mini")["reason"] == "need_subscribe"
    assert len(await providers.taken("wechat_mini", person.mini)) == 1
