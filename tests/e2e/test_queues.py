"""Queues that people steer: paused, resumed, slowed down, over all workers."""

import time
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from tests.support.centre.providers import Providers, providers_of
from tests.support.centre.queues import rests, serves
from tests.support.centre.running import Centre
from tests.support.centre.system import (
    Document,
    Office,
    System,
    joined,
    signed_in,
    somebody,
)
from tests.support.centre.types import BOOKING, define, message
from tests.support.waiting import eventually

pytestmark = pytest.mark.asyncio(loop_scope="module")
KIND = "queues-booking"
CLIENT = "queues-his"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def admin(centre: Centre) -> AsyncIterator[Office]:
    async with signed_in(centre) as office:
        await define(office, KIND, BOOKING)
        yield office


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def his(centre: Centre, admin: Office) -> AsyncIterator[System]:
    async with joined(centre, CLIENT) as system:
        await system.ended(await system.send(message(KIND, somebody())))
        yield system


@pytest_asyncio.fixture(loop_scope="module")
async def providers(centre: Centre) -> AsyncIterator[Providers]:
    async with providers_of(centre) as found:
        await found.obey()
        yield found


async def figures(admin: Office) -> Document:
    items = (await admin.ask("GET", "/admin/queues?limit=200"))["items"]
    found: Document = next(q for q in items if q["client"] == CLIENT)
    return found


async def test_a_paused_queue_keeps_what_it_is_given(
    centre: Centre, admin: Office, his: System, providers: Providers
) -> None:
    person = somebody()
    paused = await admin.ask("POST", f"/admin/queues/{CLIENT}/pause")
    assert (paused["paused"], paused["set_by"]) == (True, "admin")
    assert (await figures(admin))["paused"] is True
    await rests(centre, CLIENT)
    message_id = await his.send(message(KIND, person))
    await eventually(lambda: figures(admin), lambda seen: seen["backlog"] >= 1)
    assert (await his.status(message_id))["status"] == "accepted"
    assert await providers.taken_for(person) == {}
    await admin.ask("POST", f"/admin/queues/{CLIENT}/resume")
    assert (await his.ended(message_id))["status"] == "delivered"
    assert list(await providers.taken_for(person)) == ["wechat"]


async def test_nobody_misses_the_worker_of_a_paused_queue(
    centre: Centre, admin: Office, his: System
) -> None:
    await admin.ask("POST", f"/admin/queues/{CLIENT}/pause")
    await rests(centre, CLIENT)
    async with centre.http() as http:
        assert (await http.get("/health/ready")).status_code == 200
    await admin.ask("POST", f"/admin/queues/{CLIENT}/resume")


async def seconds_for(his: System, count: int) -> float:
    """Return how long so many messages take together."""
    began = time.monotonic()
    ids = [await his.send(message(KIND, somebody())) for _ in range(count)]
    for message_id in ids:
        assert (await his.ended(message_id, within=60))["status"] == "delivered"
    return time.monotonic() - began


async def test_a_limit_holds_and_can_be_taken_away(
    centre: Centre, admin: Office, his: System, providers: Providers
) -> None:
    path = f"/admin/queues/{CLIENT}/limit"
    set_ = await admin.ask("PUT", path, {"per_second": 1})
    assert set_["per_second"] == 1
    assert (await figures(admin))["limit_per_second"] == 1
    await serves(centre, CLIENT, per_second=1)
    slow = await seconds_for(his, 8)
    # Temporal lets a few through at once; each message is several calls.
    assert slow > 6
    await admin.ask("PUT", path, {"per_second": None})
    assert (await figures(admin))["limit_per_second"] is None
    await serves(centre, CLIENT, per_second=None)
    assert await seconds_for(his, 8) < slow


async def test_what_was_seen_is_written_down(admin: Office, his: System) -> None:
    path = f"/admin/queues/{CLIENT}/samples?minutes=5"
    page = await eventually(lambda: admin.ask("GET", path), lambda page: page["items"])
    assert {"at", "backlog", "pollers"} <= page["items"][0].keys()


async def test_the_log_says_who_steered(admin: Office, his: System) -> None:
    found = await admin.ask("GET", f"/admin/audit?target=queues/{CLIENT}")
    actions = {row["action"] for row in found["items"]}
    assert actions == {"pause", "resume", "limit"}
