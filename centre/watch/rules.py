"""When something about a client's queue becomes an alarm, and when it is over: pure.

A figure that swings about its threshold is one incident, not many: an alarm is
raised when the figure has stood at the threshold or above for a while, and
cleared when it has stayed well below it (hysteresis).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Annotated

from pydantic import ConfigDict, Field

from core.base import Model, evolve
from core.fields import CODE
from core.words import Priority

# Below this share of its threshold a figure is well again.
CLEAR_SHARE = 0.8
CLEAR_AFTER = timedelta(seconds=30)

Count = Annotated[int, Field(ge=1, le=10_000_000, strict=True)]
Seconds = Annotated[float, Field(gt=0, le=31 * 86_400, strict=True)]
Share = Annotated[float, Field(gt=0, le=1, strict=True)]


class AlarmKind(StrEnum):
    """What is wrong with a client's queue, or with a person's sign-ins."""

    BACKLOG = "backlog"
    OLDEST_AGE = "oldest_age"
    NO_POLLER = "no_poller"
    FAILURE_RATE = "failure_rate"
    STUCK = "stuck"
    MISCONFIGURED = "misconfigured"
    SIGN_IN = "sign_in"


class Thresholds(Model):
    """From when on a figure is an alarm.

    `failure_share` is of the messages of the last 15 minutes that have ended,
    where these are `failure_at_least`.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    backlog: Count = 2000
    oldest_age_seconds: Seconds = 300.0
    no_poller_seconds: Seconds = 60.0
    failure_share: Share = 0.2
    failure_at_least: Count = 20


class OwnThresholds(Model):
    """What differs for one client; null: the default holds."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    backlog: Count | None = None
    oldest_age_seconds: Seconds | None = None
    no_poller_seconds: Seconds | None = None
    failure_share: Share | None = None
    failure_at_least: Count | None = None

    def over(self, defaults: Thresholds) -> Thresholds:
        """Return the thresholds in force."""
        return evolve(defaults, **self.model_dump(exclude_none=True))


_EXPECTED: Mapping[Priority, float] = {
    Priority.CRITICAL: 60.0,
    Priority.HIGH: 300.0,
    Priority.NORMAL: 900.0,
    Priority.BULK: 21_600.0,
}


class Expected(Model):
    """Within how many seconds a message under way makes a step, by priority.

    A type's own time goes before that of its priority.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    seconds: dict[Priority, Seconds] = {}
    types: dict[Annotated[str, Field(pattern=CODE)], Seconds] = Field(
        default={}, max_length=500
    )

    def within(self, priority: Priority, kind: str) -> timedelta:
        """Return how long a message of this priority and type may take."""
        own = self.types.get(kind) or self.seconds.get(priority) or _EXPECTED[priority]
        return timedelta(seconds=own)

    @property
    def shortest(self) -> timedelta:
        """Before this time nothing is late."""
        known = [self.seconds.get(p, _EXPECTED[p]) for p in Priority]
        return timedelta(seconds=min([*known, *self.types.values()]))


@dataclass(frozen=True)
class Reading:
    """One figure of a queue; `hold`: so long it must stand before it is an alarm."""

    kind: AlarmKind
    value: float
    threshold: float
    hold: timedelta = timedelta(0)


@dataclass(frozen=True)
class AlarmState:
    """Whether an alarm is raised, and since when its figure asks for the other."""

    raised: bool = False
    since: datetime | None = None


def step(now: AlarmState, reading: Reading, at: datetime) -> AlarmState:
    """Return how an alarm stands after one more reading."""
    asks_other = (
        reading.value < reading.threshold * CLEAR_SHARE
        if now.raised
        else reading.value >= reading.threshold
    )
    if not asks_other:
        return AlarmState(now.raised)
    since = now.since or at
    hold = CLEAR_AFTER if now.raised else reading.hold
    if at - since >= hold:
        return AlarmState(not now.raised)
    return AlarmState(now.raised, since)
