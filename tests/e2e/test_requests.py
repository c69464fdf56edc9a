"""Submitting and looking on a running centre: once per key, one's own only."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from datetime import datetime, timedelta

import pytest
import pytest_asyncio

from tests.support.centre.providers import Providers, providers_of, rule
from tests.support.centre.running import Centre
from tests.support.centre.system import System, joined, outcomes, signed_in, somebody
from tests.support.centre.types import ANY, define, message

pytestmark = pytest.mark.asyncio(loop_scope="module")
KIND, OTHER_KIND = "requests-any", "requests-other"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def his(centre: Centre) -> AsyncIterator[System]:
    async with signed_in(centre) as admin:
        await define(admin, KIND, ANY, strategy="first_success")
        await define(admin, OTHER_KIND, ANY, strategy="first_success")
    async with joined(centre, "requests-his") as system:
        yield system


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def lis(centre: Centre) -> AsyncIterator[System]:
    async with joined(centre, "requests-lis", message_types=[KIND]) as system:
        yield system


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def providers(centre: Centre) -> AsyncIterator[Providers]:
    async with providers_of(centre) as found:
        yield found


async def test_fifty_at_once_with_one_key_make_one_message(
    his: System, providers: Providers
) -> None:
    person = somebody()
    await providers.obey()
    body = message(KIND, person, "sms")
    answers = await asyncio.gather(*(his.post(body, "one-key") for _ in range(50)))
    assert {answer.status_code for answer in answers} == {202}
    first, *others = {answer.text for answer in answers}
    assert not others, first
    replays = Counter(a.headers.get("Idempotent-Replayed") for a in answers)
    assert replays == {None: 1, "true": 49}
    message_id = answers[0].json()["id"]
    assert {a.headers["Location"] for a in answers} == {f"/v1/messages/{message_id}"}
    assert (await his.ended(message_id))["status"] == "delivered"
    assert len(await providers.taken("sms", person.mobile)) == 1

    late = await his.post(body, "one-key")
    assert (late.status_code, late.text) == (202, first)
    assert late.headers["Idempotent-Replayed"] == "true"
    assert len(await providers.taken("sms", person.mobile)) == 1


@pytest.mark.parametrize("ended", [True, False])
async def test_a_key_stands_for_one_body(his: System, ended: bool) -> None:
    person, key = somebody(), f"key-{ended}"
    message_id = await his.send(message(KIND, person, "sms"), key)
    if ended:
        await his.ended(message_id)
    refused = await his.post(message(KIND, person, "wechat"), key)
    assert refused.status_code == 422
    assert refused.headers["content-type"] == "application/problem+json"
    assert person.mobile not in refused.text
    same = await his.post(message(KIND, person, "sms"), key)
    assert same.json()["id"] == message_id


async def test_a_key_belongs_to_its_client(his: System, lis: System) -> None:
    body = message(KIND, somebody(), "sms")
    assert await his.send(body, "shared") != await lis.send(body, "shared")


async def test_a_client_sees_its_own_messages_only(his: System, lis: System) -> None:
    message_id = await his.send(message(KIND, somebody(), "sms"))
    await his.ended(message_id)
    path = f"/v1/messages/{message_id}"
    assert (await lis.http.get(path)).status_code == 404
    assert (await lis.http.post(f"{path}/cancel", json={})).status_code == 404
    assert message_id not in {item["id"] for item in await lis.listed()}
    other = await lis.post(message(OTHER_KIND, somebody(), "sms"))
    assert other.status_code == 403


async def test_a_list_is_narrowed_by_what_is_known(
    his: System, providers: Providers
) -> None:
    one, two = somebody(), somebody()
    await providers.obey(rule(two, "sms", "reject"))
    first = await his.send(message(KIND, one, "sms", reference="bill-1"))
    second = await his.send(message(OTHER_KIND, two, "sms", reference="bill-2"))
    for message_id in (first, second):
        doc = await his.ended(message_id)
    assert outcomes(doc) == {"sms": ("failed", "rejected")}

    async def found(**query: str) -> list[str]:
        return [item["id"] for item in await his.listed(**query)]

    assert await found(reference="bill-1") == [first]
    assert await found(type=OTHER_KIND) == [second]
    assert await found(status="failed") == [second]
    assert await found(recipient=f"mobile:{one.mobile}") == [first]
    assert await found(recipient=two.openid) == [second]
    made = datetime.fromisoformat(doc["created_at"])
    assert await found(reference="bill-2", **{"from": made.isoformat()}) == [second]
    assert await found(reference="bill-2", to=made.isoformat()) == []
    later = (made + timedelta(seconds=1)).isoformat()
    assert (await found(to=later))[:2] == [second, first]
    [item] = await his.listed(reference="bill-1")
    shown = {**await his.status(first), "source": "store"}
    assert item == shown


async def test_pages_follow_each_other(lis: System) -> None:
    sent = [await lis.send(message(KIND, somebody(), "sms")) for _ in range(5)]
    for message_id in sent:
        await lis.ended(message_id)
    pages: list[list[str]] = []
    cursor: str | None = ""
    while cursor is not None:
        query = {"limit": "2", "type": KIND} | ({"cursor": cursor} if cursor else {})
        answer = (await lis.http.get("/v1/messages", params=query)).json()
        pages.append([item["id"] for item in answer["items"]])
        cursor = answer["next"]
    assert {len(page) for page in pages[:-1]} == {2}
    seen = [message_id for page in pages for message_id in page]
    assert seen[:5] == sent[::-1]
    assert len(seen) == len(set(seen))


async def test_a_refused_body_names_the_place_and_not_the_value(his: System) -> None:
    person = somebody()
    body = message(KIND, person, "sms", params={"patient": "", "zqx": "1"})
    answer = await his.post(body)
    assert answer.status_code == 422
    assert {error["pointer"] for error in answer.json()["errors"]} == {
        "/params/patient",
        "/params/time",
        "/params/number",
        "/params/zqx",
    }
    assert person.mobile not in answer.text
    assert (await his.post(message("no-such-type", person))).status_code == 422
