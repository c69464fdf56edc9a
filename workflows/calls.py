"""The calls to a message's providers, and what the ends of them mean."""

from datetime import timedelta

from temporalio import workflow
from temporalio.exceptions import ActivityError, ApplicationError, TimeoutType
from temporalio.exceptions import TimeoutError as ActivityTimeout
from temporalio.workflow import ActivityConfig

with workflow.unsafe.imports_passed_through():
    from activities.delivery import DeliveryActivities
    from centre.delivery.contracts import (
        DeliveryResult,
        DeliveryTask,
        Refusal,
    )
    from core.codec import Summary
    from core.errors import NotTaken, SafeToRepeat, StillInDoubt, Undeliverable
    from core.models import Waiting
    from core.words import Channel, Outcome, Priority, Reason
    from workflows.away import Away
    from workflows.options import (
        ASK,
        HOLD,
        HOLD_BULK,
        HOLD_CRITICAL,
        POLL,
        RATE_LIMIT_PATIENCE,
        RATE_LIMIT_PATIENCE_BULK,
        SEND,
        SEND_AGAIN,
        SEND_CRITICAL,
        SEND_WHOLE,
    )
    from workflows.send_window import SendWindow
    from workflows.state import MessageState

# Every other error class means that the delivery failed.
_OUTCOMES = {
    SafeToRepeat.__name__: Outcome.UNKNOWN,
    StillInDoubt.__name__: Outcome.UNKNOWN,
    Undeliverable.__name__: Outcome.SKIPPED,
}
# What `ask` returns where the provider knows of no such delivery.
NOT_SENT = DeliveryResult(outcome=Outcome.FAILED, reason=Reason.UNREACHABLE)
# What it returns where the provider can't be asked now.
AWAY = DeliveryResult(outcome=Outcome.UNKNOWN, reason=Reason.UNREACHABLE, askable=True)
_STOPPED = DeliveryResult(outcome=Outcome.SKIPPED, reason=Reason.CANCELLED)
_TOO_LATE = DeliveryResult(outcome=Outcome.FAILED, reason=Reason.EXPIRED)
_NO_ROOM = DeliveryResult(outcome=Outcome.FAILED, reason=Reason.RATE_LIMITED)
_HOLDS = {Priority.CRITICAL: HOLD_CRITICAL, Priority.BULK: HOLD_BULK}


class ProviderCalls:
    """Sends on, and asks after, the deliveries of one run."""

    def __init__(self, state: MessageState, window: SendWindow, away: Away) -> None:
        self._state = state
        self._window = window
        self._away = away

    async def send(self, channel: Channel, again: bool = False) -> DeliveryResult:
        """Hand a delivery to its provider; `again` although an end is not known.

        It waits until it may go out; one that is stopped before is skipped, and
        one that our own limits have no room for fails after a while.
        """
        held = 0
        patient_until = workflow.now() + _HOLDS.get(self._priority, HOLD)
        patient_until = max(patient_until, self._away.patient_until)
        while True:
            result = await self._try(channel, again, held)
            if result.not_before is None:
                return result
            reason = result.reason or Reason.QUIET_HOURS
            if reason is Reason.RATE_LIMITED and result.not_before > patient_until:
                return _NO_ROOM
            held += 1
            waiting = Waiting(reason=reason, until=result.not_before)
            if not await self._window.wait(waiting):
                return self.stopped()

    @property
    def over(self) -> bool:
        """Whether nothing more may go out."""
        return self._state.stop is not None

    def stopped(self) -> DeliveryResult:
        """Return how a delivery ends that was stopped while it waited."""
        return _STOPPED if self.time_left() else _TOO_LATE

    async def _try(self, channel: Channel, again: bool, held: int) -> DeliveryResult:
        left = self.time_left()
        if not left:
            return _TOO_LATE
        task = self._task(channel, again, held)
        stage = self._state.delivery(channel).stage
        first = SEND_CRITICAL if self.critical else SEND
        options = (SEND_AGAIN if task.waited else first) | {
            "schedule_to_close_timeout": left,
            "summary": Summary(f"{channel}, stage {stage}, run {task.run}"),
        }
        try:
            return await workflow.execute_activity_method(
                DeliveryActivities.deliver, task, **options
            )
        except ActivityError as error:
            return _failed(error)

    async def ask(self, channel: Channel) -> DeliveryResult | None:
        """Return what the provider says, or None where it does not say.

        AWAY where it could not be asked at all.
        """
        waited = self._away.tries(channel)
        return await self._question(channel, POLL if waited else ASK)

    async def poll(self, channel: Channel) -> DeliveryResult | None:
        """Ask once after what was taken; None where there is nothing new."""
        found = await self._question(channel, POLL)
        return None if found is NOT_SENT or found is AWAY else found

    async def _question(
        self, channel: Channel, options: ActivityConfig
    ) -> DeliveryResult | None:
        try:
            return await workflow.execute_activity_method(
                DeliveryActivities.ask,
                self._task(channel),
                **(options | {"summary": Summary(f"{channel}, ask what became of it")}),
            )
        except ActivityError as error:
            if _type(error) == NotTaken.__name__:
                return NOT_SENT
            failed = _failed(error)
            if failed.reason is Reason.UNREACHABLE:
                return AWAY
            no_room = failed.reason is Reason.RATE_LIMITED
            unsaid = no_room or failed.outcome is Outcome.UNKNOWN
            return None if unsaid else failed

    def _task(
        self, channel: Channel, again: bool = False, held: int = 0
    ) -> DeliveryTask:
        bulk = self._priority is Priority.BULK
        return DeliveryTask.of(
            self._state.message,
            self._state.prepared,
            channel,
            run=self._state.doc.run,
            at=workflow.now(),
            patience=RATE_LIMIT_PATIENCE_BULK if bulk else RATE_LIMIT_PATIENCE,
            again=again,
            held=held,
            waited=self._away.tries(channel),
        )

    def time_left(self) -> timedelta:
        """Return how long this message may still be sent."""
        expires = self._state.message.expires_at
        if expires is None:
            return SEND_WHOLE
        return max(expires - workflow.now(), timedelta(0))

    @property
    def critical(self) -> bool:
        """Whether lives hang on it."""
        return self._priority is Priority.CRITICAL

    @property
    def _priority(self) -> Priority:
        return self._state.message.priority


def _type(error: ActivityError) -> str | None:
    return error.cause.type if isinstance(error.cause, ApplicationError) else None


def _failed(error: ActivityError) -> DeliveryResult:
    """Return what the end of a failed activity says about its delivery."""
    cause = error.cause
    if isinstance(cause, ActivityTimeout):
        # A call that was under way may have been taken.
        if cause.type is TimeoutType.START_TO_CLOSE or error.started_event_id:
            return DeliveryResult(
                outcome=Outcome.UNKNOWN, reason=Reason.OUTCOME_UNKNOWN
            )
        return _TOO_LATE
    if not isinstance(cause, ApplicationError) or not cause.details:
        return DeliveryResult(outcome=Outcome.FAILED, reason=Reason.INTERNAL_ERROR)
    refusal = Refusal.model_validate(cause.details[0])
    return DeliveryResult(
        outcome=_OUTCOMES.get(cause.type or "", Outcome.FAILED),
        reason=refusal.reason,
        attempts=refusal.attempts,
        account=refusal.account,
        pause=refusal.pause,
        answered=refusal.answered,
    )
