"""A client's backlog as it is shown beside what truly waits; who passes a pause."""

import asyncio
import itertools
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass, field

import pytest
import pytest_asyncio

from tests.support.centre.providers import Providers, providers_of
from tests.support.centre.queues import rests
from tests.support.centre.running import Centre
from tests.support.centre.system import (
    Document,
    Office,
    System,
    joined,
    signed_in,
    somebody,
)
from tests.support.centre.types import ANY, define, message
from tests.support.waiting import eventually

pytestmark = pytest.mark.asyncio(loop_scope="module")
KIND, URGENT = "backlog-booking", "backlog-critical"
CLIENT = "backlog-his"
QUEUE = f"/admin/queues/{CLIENT}"
MANY = 500
# What a worker has in hand waits no longer: 4 workflow tasks and 20 calls.
_IN_HAND = 24
_LATE = 3.0


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def admin(centre: Centre) -> AsyncIterator[Office]:
    async with signed_in(centre) as office:
        await define(office, KIND, ANY, priority="bulk")
        await define(office, URGENT, ANY, priority="critical")
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


@dataclass
class Truth:
    """How many of the messages nobody has taken yet, moment by moment."""

    seen: list[tuple[float, int]] = field(default_factory=list)

    def note(self, waiting: int) -> None:
        self.seen.append((time.monotonic(), waiting))

    def of_late(self) -> int:
        """The most that waited within the time that a figure may be late."""
        since = time.monotonic() - _LATE
        recent = itertools.dropwhile(lambda seen: seen[0] < since, self.seen)
        return max(waiting for _, waiting in recent)


async def test_the_backlog_shown_is_what_waits(
    centre: Centre, admin: Office, his: System, providers: Providers
) -> None:
    await admin.ask("POST", f"{QUEUE}/pause")
    await rests(centre, CLIENT)
    before = len(await providers.taken("wechat"))
    few = asyncio.Semaphore(20)

    async def send() -> str:
        async with few:
            return await his.send(message(KIND, somebody(), channels=["wechat"]))

    ids = await asyncio.gather(*(send() for _ in range(MANY)))
    sent = time.monotonic()
    waits = await eventually(
        lambda: figures(admin), lambda seen: abs(seen["backlog"] - MANY) <= MANY * 0.05
    )
    assert waits["by_priority"]["bulk"]["backlog"] == waits["backlog"]
    # The figure is of a moment ago, and its message was sent before all were.
    oldest = waits["by_priority"]["bulk"]["oldest_age_seconds"]
    assert oldest >= time.monotonic() - sent - _LATE
    assert waits["by_priority"]["critical"]["backlog"] == 0
    await admin.ask("PUT", f"{QUEUE}/limit", {"per_second": 50})
    await admin.ask("POST", f"{QUEUE}/resume")
    truth, compared = Truth(), 0
    async with asyncio.timeout(90):
        while not truth.seen or truth.seen[-1][1]:
            truth.note(MANY - (len(await providers.taken("wechat")) - before))
            shown, most = (await figures(admin))["backlog"], truth.of_late()
            left = MANY - (len(await providers.taken("wechat")) - before)
            least = left - _IN_HAND - MANY * 0.05
            assert least <= shown <= most + MANY * 0.05, truth.seen[-5:]
            compared += 1
            await asyncio.sleep(0.5)
    assert compared >= 10
    await admin.ask("PUT", f"{QUEUE}/limit", {"per_second": None})
    assert (await his.ended(ids[-1]))["status"] == "delivered"


async def test_critical_messages_pass_a_pause_where_they_may(
    centre: Centre, admin: Office, his: System, providers: Providers
) -> None:
    async def urgent() -> str:
        return await his.send(message(URGENT, somebody(), channels=["wechat"]))

    await admin.ask("POST", f"{QUEUE}/pause")
    await rests(centre, CLIENT)
    held = await urgent()
    set_ = await admin.ask("PATCH", QUEUE, {"critical_passes_pause": True})
    assert set_["critical_passes_pause"] is True
    passing = await urgent()
    bulk = await his.send(message(KIND, somebody(), channels=["wechat"]))
    assert (await his.ended(passing))["status"] == "delivered"
    assert (await his.status(held))["status"] == "accepted"
    assert (await his.status(bulk))["status"] == "accepted"
    seen = await eventually(
        lambda: figures(admin),
        lambda seen: seen["by_priority"]["critical"]["backlog"] == 1,
    )
    assert (seen["paused"], seen["critical_passes_pause"]) == (True, True)
    await admin.ask("PATCH", QUEUE, {"critical_passes_pause": False})
    await admin.ask("POST", f"{QUEUE}/resume")
    assert (await his.ended(held))["status"] == "delivered"
    assert (await his.ended(bulk))["status"] == "delivered"


async def test_what_is_in_the_second_queue_is_counted_and_sent(
    admin: Office, his: System, providers: Providers
) -> None:
    await admin.ask("PATCH", QUEUE, {"critical_passes_pause": True})
    await admin.ask("POST", f"{QUEUE}/pause")
    waiting = await his.send(message(URGENT, somebody(), channels=["wechat"]))
    await admin.ask("PATCH", QUEUE, {"critical_passes_pause": False})
    await admin.ask("POST", f"{QUEUE}/resume")
    assert (await his.ended(waiting))["status"] == "delivered"
    found = await admin.ask("GET", f"/admin/audit?target=queues/{CLIENT}")
    actions = [row["action"] for row in found["items"]]
    assert actions.count("critical-passes-pause") == 4


async def test_a_client_that_joins_is_served_at_once(
    centre: Centre, admin: Office, providers: Providers
) -> None:
    async with joined(centre, "backlog-new") as system:
        message_id = await system.send(message(KIND, somebody(), channels=["wechat"]))
        done = await system.ended(message_id)
    assert done["status"] == "delivered"
