"""What the watch over the centre shows: alarms, rules, figures."""

from datetime import datetime
from uuid import UUID

from pydantic import Field

from centre.watch.rules import AlarmKind, Expected, OwnThresholds, Thresholds
from core.base import Model
from core.models import Address
from core.words import Channel, Priority

MOST_TOLD = 20


class Alarm(Model):
    """One incident; `value` is the figure that raised it.

    `username` is the person's whose name is under attack; the client is then the
    centre itself.
    """

    id: UUID
    client: str
    kind: AlarmKind
    value: float
    threshold: float
    raised_at: datetime
    cleared_at: datetime | None = None
    told_at: datetime | None = None
    acknowledged_by: str | None = None
    acknowledged_at: datetime | None = None
    username: str | None = None


class WatchRules(Model):
    """What holds for all queues; addresses are masked."""

    thresholds: Thresholds
    expected: Expected
    recipients: tuple[Address, ...] = Field(default=(), max_length=MOST_TOLD)
    set_at: datetime | None = None


class QueueThresholds(Model):
    """One client's thresholds: its own, and what holds."""

    client: str
    own: OwnThresholds
    in_force: Thresholds


class AlarmLimits(Model):
    """The thresholds of every queue."""

    defaults: Thresholds
    own: dict[str, OwnThresholds]

    def of(self, client: str) -> Thresholds:
        """Return the thresholds in force for a client."""
        own = self.own.get(client)
        return own.over(self.defaults) if own else self.defaults


class StuckMessage(Model):
    """A message that has made no step for longer than is expected."""

    id: UUID
    client: str
    type: str
    priority: Priority
    since: datetime
    expected_within_seconds: float


class WaitingFailures(Model):
    """Failed messages that can be sent again, and when the first one no longer."""

    count: int
    more: bool = False
    first_end: datetime | None = None


class ProviderHealth(Model):
    """How a provider's calls ended of late."""

    provider: str
    channel: Channel
    accepted: int = 0
    failed: int = 0
    unknown: int = 0
    refused: int = Field(default=0, description="For this recipient or content only.")

    @property
    def share(self) -> float | None:
        """The share of calls that the provider handled, right or not."""
        handled = self.accepted + self.refused
        whole = handled + self.failed + self.unknown
        return handled / whole if whole else None


class EndingSecret(Model):
    """A client's secret that will soon no longer be taken."""

    client: str
    expires_at: datetime


class Unacknowledged(Model):
    """Messages that somebody still has to confirm, and since when the first waits."""

    count: int
    more: bool = False
    oldest: datetime | None = None
