"""Found by any number on a running centre: single messages, batches, resends."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from tests.support.centre.providers import Providers, providers_of, rule
from tests.support.centre.running import Centre
from tests.support.centre.system import Person, System, joined, signed_in, somebody
from tests.support.centre.types import BOOKING, PARAMS, define, message
from tests.support.waiting import eventually

pytestmark = pytest.mark.asyncio(loop_scope="module")
KIND = "found-anywhere"
BATCH = "found-batch"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def his(centre: Centre) -> AsyncIterator[System]:
    async with signed_in(centre) as admin:
        for code in (KIND, BATCH):
            await define(admin, code, BOOKING)
    async with joined(centre, "found-his") as system:
        yield system


@pytest_asyncio.fixture(loop_scope="module")
async def providers(centre: Centre) -> AsyncIterator[Providers]:
    async with providers_of(centre) as found:
        await found.obey()
        yield found
        await found.obey()


async def entered(centre: Centre) -> Person:
    """Put somebody into the index."""
    person = somebody()
    known = {
        "mobile": person.mobile,
        "wechat_openid": person.openid,
        "patient_id": f"P{person.empi}",
    }
    async with signed_in(centre) as admin:
        body = {"name": "患者甲", "identities": known}
        await admin.ask("PUT", f"/admin/patients/{person.empi}", body)
    return person


async def found(his: System, recipient: str) -> list[tuple[str, int]]:
    """Return the ids and runs of what a search finds."""
    query = {"recipient": recipient}
    answer = await his.http.get("/v1/messages", params=query)
    assert answer.status_code == 200, answer.text
    return [(item["id"], item["run"]) for item in answer.json()["items"]]


async def test_a_batch_is_found_by_what_its_list_does_not_name(
    centre: Centre, his: System
) -> None:
    people = [await entered(centre) for _ in range(2)]
    to = [{"mobile": people[0].mobile}, {"patient_id": f"P{people[1].empi}"}]
    recipients = [{"identities": one, "params": PARAMS} for one in to]
    body = {"type": BATCH, "recipients": recipients}
    answer = await his.http.post("/v1/batches", json=body)
    assert answer.status_code == 202, answer.text
    for person in people:
        message_id = await _first(his, f"empi_id:{person.empi}")
        await his.ended(message_id)
        for number in (f"mobile:{person.mobile}", f"wechat_openid:{person.openid}"):
            assert await found(his, number) == [(message_id, 1)]


async def _first(his: System, recipient: str) -> str:
    """Wait until a search finds something; return the newest."""
    return (await eventually(lambda: found(his, recipient), within=60))[0][0]


async def test_a_message_stays_found_when_it_is_sent_again(
    centre: Centre, his: System, providers: Providers
) -> None:
    person = await entered(centre)
    await providers.obey(*(rule(person, c, "reject") for c in ("wechat", "sms")))
    to = {"identities": {"empi_id": person.empi}, "name": "患者甲"}
    body = message(KIND, person) | {"recipient": to}
    message_id = await his.send(body)
    assert (await his.ended(message_id))["status"] == "failed"
    await providers.obey()
    async with signed_in(centre) as admin:
        at = f"/messages/{message_id}/resend"
        await admin.ask("POST", at, {"reason": "the provider is back"})
    assert (await his.ended(message_id, run=2))["status"] == "delivered"
    assert await found(his, f"mobile:{person.mobile}") == [(message_id, 2)]
