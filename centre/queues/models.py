"""How people steer a client's queue, and what was seen of it."""

from datetime import datetime

from core.base import Model
from core.rate_limits import SLOWEST

# How many calls to providers a second a queue may be limited to.
LEAST_PER_SECOND, MOST_PER_SECOND = SLOWEST, 100_000


class QueueSettings(Model):
    """One client's queue: whether it stands still, and how fast it may go.

    `critical_queue`: it has a second queue, for critical messages that pass a
    pause; a queue once begun is served on, as messages may be in it for days.
    """

    client: str
    paused: bool = False
    per_second: float | None = None
    critical_passes_pause: bool = False
    critical_queue: bool = False
    set_by: str | None = None
    set_at: datetime | None = None

    @property
    def critical_runs(self) -> bool:
        """Whether the second queue is served now."""
        return self.critical_queue and (self.critical_passes_pause or not self.paused)


class QueueSample(Model):
    """One queue at one moment; the rates are over the last half minute."""

    client: str
    at: datetime
    backlog: int
    oldest_age_seconds: float
    added_per_second: float
    dispatched_per_second: float
    pollers: int
