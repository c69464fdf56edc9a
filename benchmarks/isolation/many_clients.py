"""12, 100, 1,000 clients: what the idle ones cost, in our layout and in C."""

import asyncio
import itertools
import sys
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, replace

from temporalio.client import Client

from benchmarks.isolation.flood import Say
from benchmarks.isolation.layout_c import OnShared
from benchmarks.isolation.queue_rig import QueueRig, queue_rig, resident_mib
from benchmarks.measure import burst, cpu_ms
from benchmarks.report import table
from core.errors import Unavailable
from deploy.supervision.processes import WORKER

_LAYOUT_C = (sys.executable, "-m", "benchmarks.isolation.layout_c")
_AT_ONCE = 50
_WARM_UP = 40
_LOOK_SECONDS = 0.1
_START_LIMIT = 180.0
_AIM_MIB, _AIM_SHARE = 1536, 0.75


@dataclass(frozen=True)
class Clients:
    """What so many clients cost; memory in MiB, CPU in hundredths of a core."""

    layout: str
    count: int
    start_up: float
    worker_mib: float
    server_mib: float
    worker_idle: float
    server_idle: float
    per_second: float


async def many_clients(
    counts: Sequence[int], messages: int, idle: float, say: Say
) -> list[Clients]:
    """Measure each number of clients in both layouts."""
    found = []
    for count, layout in itertools.product(counts, ("B", "C")):
        say(f"  {count} clients, layout {layout}")
        found.append(await _clients(count, layout, messages, idle))
        say(f"    {found[-1]}")
    return found


async def _clients(count: int, layout: str, messages: int, idle: float) -> Clients:
    async with queue_rig() as rig:
        known = await rig.codes()
        await rig.join([f"zz-{n:04d}" for n in range(count - len(known))])
        last = f"zz-{count - len(known) - 1:04d}" if count > len(known) else known[-1]
        began = time.monotonic()
        if layout == "C":
            rig = replace(rig, client=_on_shared(rig.client))
            await rig.start_workers(_LAYOUT_C)
        else:
            await rig.start_workers(WORKER)
        await _served(rig, last)
        start_up = time.monotonic() - began
        await asyncio.sleep(2)
        worker_idle, server_idle = await _idle(rig, idle)
        senders = itertools.cycle(known)
        await burst(lambda: rig.one(next(senders)), _WARM_UP, _AT_ONCE)
        timings = await burst(lambda: rig.one(next(senders)), messages, _AT_ONCE)
        took = max(t.sent for t in timings) - min(t.began for t in timings)
        worker_mib = resident_mib(rig.rig.pids("worker1"))
        server_mib = resident_mib(rig.backend.servers())
        return Clients(
            layout,
            count,
            start_up,
            worker_mib,
            server_mib,
            worker_idle,
            server_idle,
            messages / took,
        )


def _on_shared(client: Client) -> Client:
    config = client.config()
    config["interceptors"] = [*config["interceptors"], OnShared()]
    return Client(**config)


async def _served(rig: QueueRig, code: str) -> None:
    """Return once a worker takes work from a client's queue."""
    async with asyncio.timeout(_START_LIMIT):
        while True:
            with suppress(Unavailable):  # the server is busy with the polls
                if (await rig.shown(code)).pollers:
                    return
            await asyncio.sleep(_LOOK_SECONDS)


async def _idle(rig: QueueRig, seconds: float) -> tuple[float, float]:
    """Return the CPU of the worker and of the server while nothing is sent."""
    pids = [rig.rig.pids("worker1"), list(rig.backend.servers())]
    before = [cpu_ms(some) for some in pids]
    await asyncio.sleep(seconds)
    worker, server = (
        (cpu_ms(some) - was) / seconds / 10
        for some, was in zip(pids, before, strict=True)
    )
    return worker, server


def report(found: Sequence[Clients]) -> str:
    """Return the table, with what is aimed at beside the figures of the most."""
    heads = (
        "layout",
        "clients",
        "start-up s",
        "worker MiB",
        "server MiB",
        "idle CPU worker, server",
        "messages/s",
        "of the fewest",
    )
    base = {f.layout: f.per_second for f in reversed(found)}
    lines = [_line(f, base[f.layout]) for f in found]
    about = (
        "All messages are of the 12 seeded clients; the others are idle. Aims for"
        f" 1,000: at least {_AIM_SHARE:.0%} of the throughput with 12, worker and"
        f" server together at most {_AIM_MIB} MiB."
    )
    return f"### Many clients\n\n{about}\n\n{table(heads, lines)}"


def _line(found: Clients, base: float) -> tuple[str, ...]:
    return (
        found.layout,
        f"{found.count:,}",
        f"{found.start_up:.1f}",
        f"{found.worker_mib:.0f}",
        f"{found.server_mib:.0f}",
        f"{found.worker_idle:.1f} %, {found.server_idle:.1f} %",
        f"{found.per_second:.1f}",
        f"{found.per_second / base:.0%}",
    )
