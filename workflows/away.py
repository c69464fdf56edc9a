"""Waits for providers that are away, for as long as the message's type says.

Only what is known not to have left is kept here to be sent again; what may have
been taken is kept only to be asked after. The pauses are durable timers, spread so
that messages which began to wait together do not come back together.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from enum import Enum, auto

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from centre.delivery.contracts import DeliveryResult
    from core.codec import Summary
    from core.models import Waiting
    from core.retries import pause
    from core.words import Channel, Outcome, Priority, Reason
    from workflows.options import LEAST_WAIT
    from workflows.send_window import SendWindow
    from workflows.state import MessageState


_NOT_NOW = (Reason.RATE_LIMITED, Reason.UNREACHABLE)


class Next(Enum):
    """What to do about a delivery once its provider is tried again."""

    SEND = auto()
    REPEAT = auto()
    ASK = auto()


class Away:
    """The providers that one run found away; `automatic`: the centre began the run."""

    def __init__(
        self, state: MessageState, window: SendWindow, *, automatic: bool = False
    ) -> None:
        self._state = state
        self._window = window
        self._patience = timedelta(seconds=state.message.retry_seconds)
        self._until = workflow.now() + self._patience if automatic else None
        self._since: datetime | None = None
        self._kept: dict[Channel, tuple[DeliveryResult, Next]] = {}
        self._tries: dict[Channel, int] = {}
        # The channels whose provider was away when it was last tried.
        self.missed: set[Channel] = set()

    def keeps(
        self, channel: Channel, result: DeliveryResult, then: Next = Next.SEND
    ) -> bool:
        """Tell whether a delivery is to be tried again, and keep it if so.

        Once a provider was away, that it can't take it yet is part of the same wait.
        """
        self._kept.pop(channel, None)
        self.missed.discard(channel)
        if not self._never_left(result):
            return False
        self.missed.add(channel)
        if not self._patience:
            return False
        now = workflow.now()
        self._since = self._since or now
        self._until = self._until or now + self._patience
        self._kept[channel] = result, then
        self._tries[channel] = self.tries(channel) + 1
        return True

    def _never_left(self, result: DeliveryResult) -> bool:
        away = result.reason is Reason.UNREACHABLE
        if away and not result.answered:
            return True
        not_now = result.outcome is Outcome.FAILED and result.reason in _NOT_NOW
        return not_now and self._until is not None

    def has(self, channel: Channel) -> bool:
        """Tell whether a delivery waits for its provider."""
        return channel in self._kept

    @property
    def stages(self) -> tuple[tuple[Channel, ...], ...]:
        """The stages of the plan, less what does not wait for its provider."""
        stages = (tuple(filter(self.has, s)) for s in self._state.doc.plan.stages)
        return tuple(stage for stage in stages if stage)

    def next(self, channel: Channel) -> Next:
        """Return what to do about a delivery that waits."""
        return self._kept[channel][1]

    def tries(self, channel: Channel) -> int:
        """Return how often the provider was found away."""
        return self._tries.get(channel, 0)

    @property
    def patient_until(self) -> datetime:
        """Until when a lack of room is waited out as well."""
        return self._until or workflow.now()

    def take(self, channel: Channel) -> DeliveryResult | None:
        """Return how a delivery ends whose provider is waited for no longer."""
        kept = self._kept.pop(channel, None)
        return kept[0] if kept else None

    async def wait(self, channels: Sequence[Channel]) -> bool:
        """Wait until these may be tried again; False where it is enough.

        That is where the time is over, the message was stopped, or somebody has
        got it by another way.
        """
        now = workflow.now()
        if self._until is None or now >= self._until or self._enough():
            return False
        first, until = channels[0], min(now + self._pause(channels, now), self._until)
        waiting = Waiting(
            reason=Reason.UNREACHABLE,
            until=until,
            channel=first,
            account=self._kept[first][0].account,
        )
        number = self.tries(first) + 1
        summary = Summary(f"{first}, provider away, try {number} comes next")
        return await self._window.wait(waiting, summary, self._enough)

    def _pause(self, channels: Sequence[Channel], now: datetime) -> timedelta:
        """Return the pause; no provider is tried sooner than the first allows."""
        priority = self._state.message.priority
        waited = now - (self._since or now)
        own = pause(priority, waited, workflow.random().random())
        asked = min(self._kept[c][0].pause or timedelta() for c in channels)
        return max(own, asked, LEAST_WAIT)

    def _enough(self) -> bool:
        """Tell whether the message has come through without these.

        A critical one goes on by every channel until somebody confirms it.
        """
        if self._state.doc.acknowledgement is not None:
            return True
        critical = self._state.message.priority is Priority.CRITICAL
        return not critical and self._state.confirmed
