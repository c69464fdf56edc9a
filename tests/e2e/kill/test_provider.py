"""A provider that is down for a while under steady traffic: all arrives, once.

`OUTAGE_SECONDS=60 OUTAGE_RATE=20 make test ARGS=tests/e2e/kill/test_provider.py` is the
long form: 1,200 messages.
"""

import asyncio
import os
import signal
import time
from collections import Counter
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from tests.support.centre.providers import Providers, providers_of
from tests.support.centre.running import Centre, running_centre
from tests.support.centre.system import (
    Document,
    Person,
    System,
    joined,
    signed_in,
    somebody,
)
from tests.support.centre.types import ANY, define, message
from tests.support.waiting import eventually, until

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.timeout(600)]
SECONDS = float(os.environ.get("OUTAGE_SECONDS", "15"))
RATE = float(os.environ.get("OUTAGE_RATE", "8"))
# Each goes on one channel alone: nothing else could reach its recipient.
CHANNELS = ("sms", "wecom", "wechat", "email", "workstation")
PATIENT, HASTY = "outage-patient", "outage-hasty"
# As long as the outage again, for the pauses, and what the crowd takes.
WITHIN = 60 + 2 * SECONDS + SECONDS * RATE / 5


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def hit(
    temporal_cli: Path, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Centre]:
    """A centre whose providers go down."""
    async with running_centre(tmp_path_factory.mktemp("hit") / "var") as running:
        yield running


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def his(hit: Centre) -> AsyncIterator[System]:
    async with signed_in(hit) as admin:
        await define(admin, PATIENT, ANY)
        await define(admin, HASTY, ANY)
        hasty = {"retry_seconds": 5}
        await admin.ask("PATCH", f"/admin/message-types/{HASTY}", hasty)
    async with joined(hit, "outage-his") as system:
        yield system


async def go_down(centre: Centre) -> None:
    """Kill the providers; nobody starts them again, as the supervisor stands still."""
    os.kill(centre.supervisor.pid, signal.SIGSTOP)
    centre.signal("sandbox")


async def come_back(centre: Centre, killed: int | None) -> None:
    """Let the supervisor start them again."""
    os.kill(centre.supervisor.pid, signal.SIGCONT)
    await until(lambda: centre.pid("sandbox") not in (None, killed), 30)


async def steadily(system: System, kind: str, count: int) -> dict[str, Person]:
    """Send so many at the rate, each to somebody else; id → whom."""
    began, sent = time.monotonic(), {}
    async with asyncio.TaskGroup() as group:

        async def one(number: int) -> None:
            person = somebody()
            channel = CHANNELS[number % len(CHANNELS)]
            sent[await system.send(message(kind, person, channel))] = person

        for number in range(count):
            group.create_task(one(number))
            due = began + (number + 1) / RATE
            await asyncio.sleep(max(0.0, due - time.monotonic()))
    return sent


async def all_of(system: System, kind: str, status: str) -> list[Document]:
    """Return the messages of a kind that stand so, page by page."""
    found: list[Document] = []
    query = {"type": kind, "status": status, "limit": "200"}
    while True:
        answer = await system.http.get("/v1/messages", params=query)
        assert answer.status_code == 200, answer.text
        found += answer.json()["items"]
        if answer.json()["next"] is None:
            return found
        query["cursor"] = answer.json()["next"]


async def all_are(status: str, system: System, kind: str, count: int) -> list[Document]:
    """Return every message of a kind, once all stand so."""
    return await eventually(
        lambda: all_of(system, kind, status),
        lambda docs: len(docs) == count,
        within=WITHIN,
    )


async def taken(providers: Providers) -> Counter[str]:
    """Count what the providers took for each recipient."""
    return Counter(item["recipient"] for item in await providers.taken())


async def test_a_provider_that_is_down_under_traffic_loses_and_doubles_nothing(
    hit: Centre, his: System
) -> None:
    before = await steadily(his, PATIENT, 5)
    await all_are("delivered", his, PATIENT, len(before))
    killed = hit.pid("sandbox")
    await go_down(hit)
    try:
        given_up = await steadily(his, HASTY, 5)
        waited = await steadily(his, PATIENT, int(SECONDS * RATE))
        await all_are("failed", his, HASTY, len(given_up))
        async with hit.http() as http:
            figures = (await http.get("/metrics")).text
    finally:
        await come_back(hit, killed)
    docs = await all_are("delivered", his, PATIENT, len(before) + len(waited))
    again = await all_are("delivered", his, HASTY, len(given_up))
    assert "hmc_messages_waiting_for_provider{" in figures
    # Those that wait never failed; those that had failed were sent again by itself.
    assert {(doc["run"], doc["automatic_resends"]) for doc in docs} == {(1, 0)}
    assert {doc["automatic_resends"] for doc in again} <= {1, 2}
    assert all(doc["run"] == 1 + doc["automatic_resends"] for doc in again)
    async with providers_of(hit) as providers:
        counted = await taken(providers)
    people = [*waited.values(), *given_up.values()]
    times = [sum(counted[p.at(c)] for c in CHANNELS) for p in people]
    assert Counter(times) == {1: len(people)}


async def test_the_resends_stand_in_the_audit_log_as_the_centre_s_own(
    hit: Centre, his: System
) -> None:
    [doc, *_] = await all_of(his, HASTY, "delivered")
    async with signed_in(hit) as admin:
        path = f"/admin/audit?target=messages/{doc['id']}"
        entries = (await admin.ask("GET", path))["items"]
    made = [(e["actor"]["who"], e["action"]) for e in entries]
    assert ("centre", "resend") in made
