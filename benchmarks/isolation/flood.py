"""A flood of one client, and what it does to another's message: in figures."""

import asyncio
import time
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import Any

from benchmarks.isolation.queue_rig import QueueRig, queue_rig
from benchmarks.measure import Timing, latencies, pace, percentile
from benchmarks.report import table
from core.words import Priority
from deploy.supervision.processes import WORKER

# They are in different parts of two.
FLOODED, OTHER = "his", "pacs"
_PROVIDER_SECONDS = 0.3
_STARTS_AT_ONCE = 40
_PER_SECOND = 1.0

Say = Callable[[str], object]


@dataclass(frozen=True)
class Arrangement:
    """How the two worker processes are started."""

    name: str
    workers: tuple[tuple[str, ...], ...]


_LAST = ("nice", "-n", "10")
ARRANGEMENTS = (
    Arrangement("two workers for all clients", (WORKER, WORKER)),
    Arrangement(
        "a worker for each half of the clients (`--part`), after Temporal (`nice`)",
        (
            (*_LAST, *WORKER, "--part", "1/2"),
            (*_LAST, *WORKER, "--part", "2/2"),
        ),
    ),
)


@dataclass(frozen=True)
class Isolation:
    """Milliseconds from a start to the provider, and what waited meanwhile."""

    arrangement: str
    flood: int
    waiting: tuple[int, int]
    seconds: float
    unloaded: list[float]
    other: list[float]
    critical: list[float]
    shared: list[float]


async def isolation(
    arrangement: Arrangement, flood: int, count: int, say: Say
) -> Isolation:
    """Let `flood` bulk messages of one client wait, and send `count` of each kind."""
    say(f"  {arrangement.name}")
    async with queue_rig(_PROVIDER_SECONDS) as rig:
        await rig.start_workers(*arrangement.workers)
        await rig.one(FLOODED)
        await rig.one(OTHER)
        say("  unloaded")
        unloaded = await pace(lambda: rig.one(OTHER), count, _PER_SECOND)
        say(f"  {flood} bulk messages")
        await _flood(rig, flood)
        before = (await rig.shown(FLOODED)).backlog
        say(f"  beside a backlog of {before}")
        began = time.monotonic()
        other, critical, shared = await asyncio.gather(
            _later(0.0, pace(lambda: rig.one(OTHER), count, _PER_SECOND)),
            _later(0.3, pace(lambda: _urgent(rig), count, _PER_SECOND)),
            _later(0.6, pace(lambda: rig.one(FLOODED), count, _PER_SECOND)),
        )
        after = (await rig.shown(FLOODED)).backlog
        seconds = time.monotonic() - began
    return Isolation(
        arrangement.name,
        flood,
        (before, after),
        seconds,
        latencies(unloaded),
        latencies(other),
        latencies(critical),
        latencies(shared),
    )


async def _urgent(rig: QueueRig) -> Timing:
    return await rig.one(FLOODED, Priority.CRITICAL)


async def _later(
    seconds: float, work: Coroutine[Any, Any, list[Timing]]
) -> list[Timing]:
    """Do the work a little later, so that the kinds do not come together."""
    await asyncio.sleep(seconds)
    return await work


async def _flood(rig: QueueRig, count: int) -> None:
    left = iter(range(count))

    async def keep_starting() -> None:
        for _ in left:
            await rig.begin(FLOODED, Priority.BULK)

    async with asyncio.TaskGroup() as group:
        for _ in range(_STARTS_AT_ONCE):
            group.create_task(keep_starting())


def report(found: Isolation) -> str:
    """Return the table, with what is aimed at beside each figure."""
    base = percentile(found.unloaded, 95)
    lines = [
        _line("another client, nothing else", found.unloaded, "–"),
        _line(
            "another client, beside the flood",
            found.other,
            f"≤ {1.5 * base:.0f} (1.5 × unloaded); {_times(found.other, base)}",
        ),
        _line("critical, on the flooded queue", found.critical, "≤ 2000"),
        _line(
            "normal, everything on one shared queue",
            found.shared,
            f"beside: {_times(found.shared, base)}",
        ),
    ]
    heads = ("", "messages", "p50 ms", "p95 ms", "aim for p95, ms")
    before, after = found.waiting
    drained = max(1e-9, (before - after) / found.seconds)
    about = (
        f"{found.flood:,} bulk messages of one client, {before:,} of them waiting"
        f" when measuring began and {after:,} when it ended; a provider that answers"
        f" after {_PROVIDER_SECONDS * 1000:.0f} ms. On one shared queue a message of"
        f" the flood's own priority would wait for all before it:"
        f" {before / drained:.0f} s, reckoned."
    )
    title = f"### Isolation: {found.arrangement}"
    return f"{title}\n\n{about}\n\n{table(heads, lines)}"


def _line(name: str, values: list[float], aim: str) -> tuple[str, ...]:
    p50, p95 = percentile(values, 50), percentile(values, 95)
    return name, str(len(values)), f"{p50:.0f}", f"{p95:.0f}", aim


def _times(values: list[float], base: float) -> str:
    return f"{percentile(values, 95) / base:.2f} ×"
