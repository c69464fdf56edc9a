"""What is measured: messages through a contender, their times, their CPU."""

import asyncio
import os
import statistics
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

_TICKS = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True)
class Timing:
    """When one message was handed over, had arrived, and was over."""

    began: float
    sent: float
    ended: float


One = Callable[[], Awaitable[Timing]]


@dataclass(frozen=True)
class Contender:
    """Something that sends messages; the processes that do it for it."""

    name: str
    one: One
    workers: Callable[[], Sequence[int]]
    servers: Callable[[], Sequence[int]]
    events: Callable[[], Awaitable[int | None]]


@dataclass(frozen=True)
class Load:
    """How much is sent in one turn: as quickly as can be, then at a pace."""

    burst: int
    at_once: int
    paced: int
    per_second: float


@dataclass(frozen=True)
class Figures:
    """What one turn of a contender showed; times in ms, CPU in ms a message."""

    per_second: float
    burst_p50: float
    burst_p99: float
    paced: Sequence[float] = field(repr=False)
    worker_cpu: float
    server_cpu: float


async def turn(contender: Contender, load: Load) -> Figures:
    """Let a contender send, as quickly as it can and then at a pace."""
    workers, servers = cpu_ms(contender.workers()), cpu_ms(contender.servers())
    timings = await burst(contender.one, load.burst, load.at_once)
    workers = cpu_ms(contender.workers()) - workers
    servers = cpu_ms(contender.servers()) - servers
    until_sent = latencies(timings)
    took = max(t.ended for t in timings) - min(t.began for t in timings)
    paced = await pace(contender.one, load.paced, load.per_second)
    return Figures(
        per_second=load.burst / took,
        burst_p50=percentile(until_sent, 50),
        burst_p99=percentile(until_sent, 99),
        paced=latencies(paced),
        worker_cpu=workers / load.burst,
        server_cpu=servers / load.burst,
    )


async def burst(one: One, count: int, at_once: int) -> list[Timing]:
    """Send so many messages, so many of them under way at any time."""
    left = iter(range(count))
    timings: list[Timing] = []

    async def keep_sending() -> None:
        for _ in left:
            timings.append(await one())

    async with asyncio.TaskGroup() as group:
        for _ in range(at_once):
            group.create_task(keep_sending())
    return timings


async def pace(one: One, count: int, per_second: float) -> list[Timing]:
    """Send so many a second, whether those before have ended or not."""
    began = time.monotonic()
    async with asyncio.TaskGroup() as group:
        tasks = []
        for number in range(count):
            await asyncio.sleep(began + number / per_second - time.monotonic())
            tasks.append(group.create_task(_awaited(one)))
    return [task.result() for task in tasks]


async def _awaited(one: One) -> Timing:
    return await one()


def latencies(timings: Sequence[Timing]) -> list[float]:
    """Return the times from handing over to the arrival, in ms."""
    return [(t.sent - t.began) * 1000 for t in timings]


def percentile(values: Sequence[float], percent: int) -> float:
    """Return the value that so many per cent of the values do not exceed."""
    if len(values) < 2:
        return values[0]
    cuts = statistics.quantiles(values, n=100, method="inclusive")
    return cuts[percent - 1]


def cpu_ms(pids: Sequence[int]) -> float:
    """Return the CPU time that processes have used, their ended children's too."""
    return sum(_cpu_ms(pid) for pid in pids)


def _cpu_ms(pid: int) -> float:
    # utime, stime, cutime and cstime.
    return sum(_stat(pid)[11:15]) * 1000 / _TICKS


def parent(pid: int) -> int:
    """Return the process that has started a process."""
    return _stat(pid)[1]


def _stat(pid: int) -> list[int]:
    """Return proc(5)'s stat from its third field, the state, taken as 0."""
    # The second one, the name in brackets, may hold spaces.
    text = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2]
    return [0, *map(int, text.split()[1:])]


def family(pid: int) -> list[int]:
    """Return a process and all that descend from it."""
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return [pid, *(p for child in children for p in family(int(child)))]
