"""Messages that wait: for their time, for a cancel, until they expire."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import pytest
import pytest_asyncio

from tests.support.centre.providers import Providers, providers_of, rule
from tests.support.centre.running import Centre
from tests.support.centre.system import (
    Document,
    System,
    joined,
    outcomes,
    signed_in,
    somebody,
)
from tests.support.centre.types import BOOKING, define, message

pytestmark = pytest.mark.asyncio(loop_scope="module")
KIND = "times-booking"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def his(centre: Centre) -> AsyncIterator[System]:
    async with signed_in(centre) as admin:
        await define(admin, KIND, BOOKING)
    async with joined(centre, "times-his") as system:
        yield system


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def providers(centre: Centre) -> AsyncIterator[Providers]:
    async with providers_of(centre) as found:
        yield found


def ahead(seconds: float) -> str:
    """Return a time by this hospital's clock, eight hours before UTC's."""
    at = datetime.now(UTC) + timedelta(seconds=seconds)
    return (at + timedelta(hours=8)).replace(tzinfo=None).isoformat() + "+08:00"


def time_of(doc: Document, name: str) -> datetime:
    return datetime.fromisoformat(doc[name])


async def test_it_goes_out_when_its_time_has_come(
    his: System, providers: Providers
) -> None:
    person = somebody()
    await providers.obey()
    # Longer than a worker takes to see a client that has just joined.
    message_id = await his.send(message(KIND, person, send_at=ahead(4)))
    doc = await his.reaches(message_id, {"scheduled"})
    assert await providers.taken_for(person) == {}
    assert set(outcomes(doc).values()) == {("pending", None)}
    doc = await his.ended(message_id)
    assert doc["status"] == "delivered"
    [taken] = (await providers.taken_for(person))["wechat"]
    late = time_of(taken, "at") - time_of(doc, "send_at")
    assert timedelta(0) <= late < timedelta(seconds=2)


async def test_a_scheduled_message_is_cancelled(
    his: System, providers: Providers
) -> None:
    person = somebody()
    await providers.obey()
    message_id = await his.send(message(KIND, person, send_at=ahead(3)))
    await his.reaches(message_id, {"scheduled"})
    answer = await his.http.post(f"/v1/messages/{message_id}/cancel", json={})
    assert answer.status_code == 202
    doc = await his.ended(message_id)
    assert doc["status"] == "cancelled"
    assert set(outcomes(doc).values()) == {("skipped", "cancelled")}
    again = await his.http.post(f"/v1/messages/{message_id}/cancel", json={})
    assert again.status_code == 409
    # One that is due later has gone out, so its own time has passed.
    after = await his.send(message(KIND, somebody(), send_at=ahead(3)))
    assert (await his.ended(after))["status"] == "delivered"
    assert await providers.taken_for(person) == {}


async def test_a_retry_that_would_come_too_late_leaves_time_for_the_next_channel(
    his: System, providers: Providers
) -> None:
    person = somebody()
    await providers.obey(rule(person, "wechat", "server_error"))
    message_id = await his.send(message(KIND, person, expires_at=ahead(2.5)))
    doc = await his.ended(message_id)
    assert doc["status"] == "delivered"
    assert outcomes(doc)["wechat"] == ("failed", "unreachable")
    assert outcomes(doc)["sms"] == ("accepted", None)
    [taken] = (await providers.taken_for(person))["sms"]
    assert time_of(taken, "at") < time_of(doc, "expires_at")


async def test_no_channel_is_begun_after_the_end(
    his: System, providers: Providers
) -> None:
    people = {"accept": somebody(), "reject": somebody()}
    slow = {"delay_ms": 2000}
    await providers.obey(*(rule(p, "wechat", o, **slow) for o, p in people.items()))
    bodies = [message(KIND, p, expires_at=ahead(1)) for p in people.values()]
    for message_id in await asyncio.gather(*map(his.send, bodies)):
        doc = await his.ended(message_id)
        assert doc["status"] == "expired"
        # The call was under way: what became of it nobody knows.
        assert outcomes(doc)["wechat"] == ("unknown", "outcome_unknown")
        assert outcomes(doc)["sms"] == outcomes(doc)["wecom"] == ("skipped", "expired")
    assert list(await providers.taken_for(people["accept"])) == ["wechat"]
    assert await providers.taken_for(people["reject"]) == {}


@pytest.mark.parametrize(
    ("pointer", "fields"),
    [
        ("/send_at", {"send_at": -60.0}),
        ("/expires_at", {"expires_at": -60.0}),
        ("/expires_at", {"send_at": 120.0, "expires_at": 60.0}),
    ],
)
async def test_times_that_can_not_be_are_refused(
    his: System, pointer: str, fields: dict[str, float]
) -> None:
    times = {name: ahead(seconds) for name, seconds in fields.items()}
    answer = await his.post(message(KIND, somebody(), **times))
    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"
    assert [error["pointer"] for error in answer.json()["errors"]] == [pointer]
