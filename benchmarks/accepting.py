"""How long the API takes to answer 202, beside the bare start of a workflow."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from benchmarks.floor import Floor
from benchmarks.measure import Timing, burst, cpu_ms, pace
from benchmarks.ours import CLIENT, request
from benchmarks.rig import Rig
from core.settings import Settings
from deploy.credentials import client_key
from deploy.remote import Refused, as_client
from deploy.up import api_url

PER_SECOND = 10.0
# So many callers at once are more than one API process serves.
AT_ONCE = 16
_SETTLE_SECONDS = 2.0


@dataclass(frozen=True)
class Pace:
    """How many turns at the pace, how long each is, and how many at saturation."""

    turns: int
    seconds: float
    saturating: int


@dataclass
class Accepts:
    """What one side showed: times in ms at the pace and at saturation."""

    paced: list[float] = field(default_factory=list)
    saturated: list[float] = field(default_factory=list)
    per_second: float = 0.0
    refused: int = 0


@dataclass
class Accepting:
    """Both sides, and the CPU of the API's process in ms a message."""

    ours: Accepts
    floor: Accepts
    api_cpu: float


class Clocked:
    """Times a call; what the centre refuses is counted and has no time."""

    def __init__(self, call: Callable[[], Awaitable[object]]) -> None:
        self._call = call
        self.times: list[float] = []
        self.refused = 0

    async def one(self) -> Timing:
        """Make the call once."""
        began = time.monotonic()
        try:
            await self._call()
        except Refused:
            self.refused += 1
        ended = time.monotonic()
        self.times.append((ended - began) * 1000)
        return Timing(began, ended, ended)

    def taken(self) -> list[float]:
        """Return the times since the last call of this."""
        times, self.times = self.times, []
        return times


async def accept(rig: Rig, settings: Settings, floor: Floor, plan: Pace) -> Accepting:
    """Measure both sides in turns, then each as quickly as it can."""
    body = request().model_dump(mode="json", exclude_none=True)
    async with as_client(
        api_url(settings), *client_key(settings.state_dir, CLIENT)
    ) as remote:
        api = Clocked(lambda: remote.post("/v1/messages", body))
        bare = Clocked(floor.start)
        for side in (api, bare):
            await pace(side.one, 10, PER_SECOND)
            side.taken()
        ours, theirs = Accepts(), Accepts()
        for _ in range(plan.turns):
            for side, found in ((api, ours), (bare, theirs)):
                await pace(side.one, int(plan.seconds * PER_SECOND), PER_SECOND)
                found.paced += side.taken()
        used = cpu_ms(rig.pids("api"))
        for side, found in ((api, ours), (bare, theirs)):
            await _saturate(side, found, plan.saturating)
            await asyncio.sleep(_SETTLE_SECONDS)
        used = cpu_ms(rig.pids("api")) - used
        ours.refused = api.refused
    return Accepting(ours, theirs, used / plan.saturating)


async def _saturate(side: Clocked, found: Accepts, count: int) -> None:
    timings = await burst(side.one, count, AT_ONCE)
    took = max(t.ended for t in timings) - min(t.began for t in timings)
    found.saturated = side.taken()
    found.per_second = count / took
