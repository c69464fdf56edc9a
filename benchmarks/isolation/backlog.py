"""A queue's backlog as it is shown, beside the messages nobody has taken yet."""

import asyncio
import time
from dataclasses import dataclass

from benchmarks.isolation.flood import FLOODED, Say
from benchmarks.isolation.queue_rig import QueueRig, queue_rig
from benchmarks.ours import key_of
from benchmarks.report import table
from core.models import Message
from core.words import Priority
from deploy.supervision.processes import WORKER

_LATE = 3.0
_LOOK_SECONDS = 0.2
_PROVIDER_SECONDS = 0.1
# A worker has 4 workflow tasks and 20 calls in hand: they wait no longer.
_IN_HAND = 24


@dataclass(frozen=True)
class Backlog:
    """Of `count` messages: what was shown while they waited, and the worst gaps."""

    count: int
    waiting: int
    looks: int
    over: float
    under: float


async def backlog(count: int, say: Say) -> Backlog:
    """Let `count` messages wait without a worker, then drain; compare all the way."""
    async with queue_rig(_PROVIDER_SECONDS) as rig:
        say(f"  {count} wait without a worker")
        made = [await rig.begin(FLOODED, Priority.BULK) for _ in range(count)]
        await asyncio.sleep(_LATE)
        waiting = (await rig.shown(FLOODED)).backlog
        say("  they drain")
        await rig.start_workers(WORKER)
        seen = await _drain(rig, made)
    return _compared(count, waiting, seen)


async def _drain(rig: QueueRig, made: list[Message]) -> list[tuple[float, int, int]]:
    """Return each look's time, how many nobody had taken, and what was shown."""
    taken: set[str] = set()

    async def arrive(message: Message) -> None:
        key = key_of(message.id)
        await rig.arrivals.of(key)
        taken.add(key)

    seen = []
    async with asyncio.TaskGroup() as group:
        for message in made:
            group.create_task(arrive(message))
        while len(taken) < len(made):
            shown = (await rig.shown(FLOODED)).backlog
            seen.append((time.monotonic(), len(made) - len(taken), shown))
            await asyncio.sleep(_LOOK_SECONDS)
    return seen


def _compared(count: int, waiting: int, seen: list[tuple[float, int, int]]) -> Backlog:
    """Compare each look with what was true within the time it may be late."""
    over = under = 0.0
    for at, left, shown in seen:
        recent = [true for then, true, _ in seen if at - _LATE <= then <= at]
        over = max(over, shown - max(recent))
        under = max(under, left - _IN_HAND - shown)
    return Backlog(count, waiting, len(seen), over / count, under / count)


def report(found: Backlog) -> str:
    """Return the table, with what is aimed at beside each figure."""
    off = abs(found.waiting - found.count) / found.count
    lines = [
        (f"shown while {found.count} waited", f"{found.waiting} ({off:.1%})", "≤ 5 %"),
        ("most shown too many, draining", f"{found.over:.1%}", "≤ 5 %"),
        ("most shown too few, draining", f"{found.under:.1%}", "≤ 5 %"),
    ]
    about = (
        f"A figure may be {_LATE:.0f} s late; what a worker has in hand (at most"
        f" {_IN_HAND}) waits no longer. {found.looks} looks while they drained."
    )
    return f"### Backlog\n\n{about}\n\n{table(('', '', 'aim'), lines)}"
