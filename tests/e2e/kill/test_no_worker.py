"""With no worker at all: accepted stays accepted, and a queue keeps its order.

The supervisor is halted while its worker is dead, so that nobody starts
another; then the test starts one of its own, or lets the supervisor go on.
"""

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
import pytest_asyncio

from deploy.supervision.processes import ROOT
from tests.support.centre.providers import Providers, providers_of, rule
from tests.support.centre.running import Centre
from tests.support.centre.system import System, joined, outcomes, signed_in, somebody
from tests.support.centre.types import ANY, define, message
from tests.support.waiting import eventually, until

pytestmark = pytest.mark.asyncio(loop_scope="module")
BULK, CRITICAL = "idle-bulk", "idle-critical"
BACKLOG = 60


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def his(centre: Centre) -> AsyncIterator[System]:
    async with signed_in(centre) as admin:
        await define(admin, BULK, ANY, strategy="first_success", priority="bulk")
        await define(
            admin, CRITICAL, {"sms": 1.0}, strategy="broadcast", priority="critical"
        )
    async with joined(centre, "idle-his") as system:
        yield system


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def lis(centre: Centre) -> AsyncIterator[System]:
    async with joined(centre, "idle-lis") as system:
        yield system


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def providers(centre: Centre) -> AsyncIterator[Providers]:
    async with providers_of(centre) as found:
        await found.obey()
        yield found


@asynccontextmanager
async def no_worker(centre: Centre) -> AsyncIterator[None]:
    """Keep the centre without a worker; in the end it has one again."""
    supervisor = centre.supervisor.pid
    os.kill(supervisor, signal.SIGSTOP)
    killed = centre.pid("worker")
    try:
        centre.signal("worker")
        yield
    finally:
        os.kill(supervisor, signal.SIGCONT)
        await until(lambda: centre.pid("worker") not in (None, killed), 20)
        await centre.ready()


@asynccontextmanager
async def worker_for(centre: Centre, code: str, log: Path) -> AsyncIterator[None]:
    """Run a worker that was told to serve one client only."""
    with log.open("wb") as file:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "worker.py", "--client", code),
            cwd=ROOT,
            env={**os.environ, **centre.variables},
            stdout=file,
            stderr=file,
        )
    try:
        yield
    finally:
        process.terminate()
        await asyncio.wait_for(process.wait(), 20)


async def backlogs(centre: Centre, *systems: System) -> tuple[int, ...]:
    """Return how much waits in these systems' queues."""
    async with signed_in(centre) as admin:
        queues = await admin.ask("GET", "/admin/queues?limit=200")
    waiting = {queue["client"]: queue["backlog"] for queue in queues["items"]}
    return tuple(waiting[system.code] for system in systems)


async def test_a_message_no_worker_has_seen_is_accepted(
    centre: Centre, his: System, providers: Providers
) -> None:
    person, other = somebody(), somebody()
    async with no_worker(centre):
        waits = await his.send(message(BULK, person, "sms"), "idle-key")
        stops = await his.send(message(BULK, other, "sms"))
        doc = await his.status(waits)
        assert (doc["status"], doc["run"]) == ("accepted", 1)
        assert outcomes(doc) == {"sms": ("pending", None)}
        again = await his.post(message(BULK, person, "sms"), "idle-key")
        assert again.headers["Idempotent-Replayed"] == "true"
        assert again.json()["id"] == waits
        answer = await his.http.post(f"/v1/messages/{stops}/cancel", json={})
        assert answer.status_code == 202
    assert (await his.ended(waits))["status"] == "delivered"
    assert (await his.ended(stops))["status"] == "cancelled"
    assert len(await providers.taken("sms", person.mobile)) == 1
    assert await providers.taken("sms", other.mobile) == []


async def test_a_worker_for_one_client_serves_that_one_only(
    centre: Centre, his: System, lis: System, tmp_path: Path
) -> None:
    async with no_worker(centre):
        async with worker_for(centre, lis.code, tmp_path / "worker.log"):
            mine = await his.send(message(BULK, somebody(), "sms"))
            theirs = await lis.send(message(BULK, somebody(), "sms"))
            assert (await lis.ended(theirs))["status"] == "delivered"
            assert (await his.status(mine))["status"] == "accepted"
            # Handed to the worker that was killed, it comes back after 10 s.
            await eventually(
                lambda: backlogs(centre, his, lis), lambda waiting: waiting == (1, 0)
            )
        assert '"client": "idle-his"' not in (tmp_path / "worker.log").read_text()
    assert (await his.ended(mine))["status"] == "delivered"


async def test_a_critical_message_overtakes_a_backlog_of_bulk(
    centre: Centre, his: System, providers: Providers
) -> None:
    urgent = somebody()
    people = [somebody() for _ in range(BACKLOG)]
    # Slow, so that the backlog does not melt while the critical one starts.
    await providers.obey(*(rule(p, "sms", "accept", delay_ms=300) for p in people))
    async with no_worker(centre):
        for person in people:
            await his.send(message(BULK, person, "sms", reference="backlog"))
        critical = await his.send(message(CRITICAL, urgent))
    assert (await his.ended(critical))["status"] == "delivered"
    await his.listed_as(BACKLOG, reference="backlog", status="delivered")
    order = [item["recipient"] for item in await providers.taken("sms")]
    places = {mobile: index for index, mobile in enumerate(order)}
    overtaken = [p for p in people if places[p.mobile] > places[urgent.mobile]]
    # A worker has taken up to 20 before it comes to ask for the next.
    assert len(overtaken) >= BACKLOG - 25
