"""Everything that is measured, backend by backend."""

import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from benchmarks import backends, floor, rounds
from benchmarks.accepting import Accepting, Pace, accept
from benchmarks.arrivals import Arrivals, listening
from benchmarks.backends import Backend, Open
from benchmarks.celery.side import start_celery
from benchmarks.floor import Floor
from benchmarks.measure import Contender, Load
from benchmarks.ours import ours, start_centre
from benchmarks.rig import Rig, new_rig
from benchmarks.rounds import Results, Say

OURS, FLOOR = "centre", "bare workflow"


@dataclass(frozen=True)
class QueueSize:
    """How much is measured of queues; `idle` in seconds."""

    flood: int
    beside: int
    waiting: int
    clients: Sequence[int]
    messages: int
    idle: float


@dataclass(frozen=True)
class Size:
    """How much is measured."""

    load: Load
    rounds: int
    accepting: Pace
    sends: int
    batch: int
    queues: QueueSize


FULL = Size(
    Load(burst=200, at_once=50, paced=60, per_second=10),
    rounds=5,
    accepting=Pace(turns=3, seconds=20, saturating=500),
    sends=5000,
    batch=10_000,
    queues=QueueSize(20_000, 50, 500, (12, 100, 1000), 300, 20.0),
)
QUICK = Size(
    Load(burst=40, at_once=20, paced=20, per_second=10),
    rounds=1,
    accepting=Pace(turns=1, seconds=2, saturating=40),
    sends=20,
    batch=100,
    queues=QueueSize(200, 5, 100, (12, 30), 40, 2.0),
)


@dataclass(frozen=True)
class Part:
    """One backend, and what is measured on it beside the messages."""

    name: str
    open: Open
    accepting: bool = False
    celery: bool = False


PARTS: Mapping[str, Part] = {
    "memory": Part("Dev server in memory", backends.in_memory),
    "file": Part(
        "Dev server with its file (WAL, synchronous=FULL), store on SQLite",
        backends.file,
        accepting=True,
        celery=True,
    ),
    "postgresql": Part(
        "Temporal server on PostgreSQL, store on PostgreSQL",
        backends.postgresql,
        accepting=True,
    ),
}


@dataclass(frozen=True)
class Measured:
    """What one part has shown."""

    results: Results
    accepting: Accepting | None


async def measure(part: Part, size: Size, say: Say) -> Measured:
    """Measure one part, with processes of its own."""
    async with new_rig() as rig, part.open(rig) as backend:
        settings = backend.settings
        port = settings.sandbox_port
        await rig.start("stub", sys.executable, "-m", "benchmarks.stub", str(port))
        async with listening(port) as arrivals:
            await start_centre(rig, settings)
            bare = await _start_floor(rig, backend, arrivals)
            sides = await _contenders(rig, backend, arrivals, bare)
            if part.celery:
                sides.append(await start_celery(rig, _url(port), arrivals))
            results = await rounds.run(sides, size.load, size.rounds, say)
            accepting = None
            if part.accepting:
                say("  accepting ...")
                accepting = await accept(rig, settings, bare, size.accepting)
    return Measured(results, accepting)


def _url(port: int) -> str:
    return f"http://127.0.0.1:{port}"


async def _start_floor(rig: Rig, backend: Backend, arrivals: Arrivals) -> Floor:
    address = backend.settings.temporal
    command = (sys.executable, "-m", "benchmarks.floor", address)
    await rig.start("floor", *command, _url(backend.settings.sandbox_port))
    return Floor(await floor.connect(address), arrivals)


async def _contenders(
    rig: Rig, backend: Backend, arrivals: Arrivals, bare: Floor
) -> list[Contender]:
    centre = await ours(backend.settings, arrivals)
    return [
        Contender(
            OURS,
            centre.one,
            lambda: rig.pids("worker"),
            backend.servers,
            centre.events,
        ),
        Contender(
            FLOOR, bare.one, lambda: rig.pids("floor"), backend.servers, bare.events
        ),
    ]
