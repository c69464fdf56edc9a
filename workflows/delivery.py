"""One message on one channel: send, clear up an unknown end, wait for a receipt."""

from datetime import timedelta

from temporalio import workflow
from temporalio.exceptions import ActivityError, ApplicationError, TimeoutType
from temporalio.exceptions import TimeoutError as ActivityTimeout

with workflow.unsafe.imports_passed_through():
    from activities.delivery import DeliveryActivities
    from activities.models import DeliveryResult, DeliveryTask, Prepared, Refusal
    from core.codec import Summary
    from core.errors import NotTaken, SafeToRepeat, Undeliverable
    from core.progress import RANK, REACHED
    from core.words import Channel, Outcome, Priority, Reason
    from workflows.ledger import Ledger
    from workflows.options import (
        ASK,
        ASK_AFTER,
        RATE_LIMIT_PATIENCE,
        SEND,
        SEND_CRITICAL,
        SEND_WHOLE,
    )

# Every other error class means that the delivery failed.
_OUTCOMES = {
    SafeToRepeat.__name__: Outcome.UNKNOWN,
    Undeliverable.__name__: Outcome.SKIPPED,
}
_NOT_SENT = DeliveryResult(outcome=Outcome.FAILED, reason=Reason.UNREACHABLE)
_TOO_LATE = DeliveryResult(outcome=Outcome.FAILED, reason=Reason.EXPIRED)


class DeliveryRun:
    """The deliveries of one run of a plan."""

    def __init__(self, ledger: Ledger, prepared: Prepared) -> None:
        self._ledger = ledger
        self._prepared = prepared

    async def deliver(self, channel: Channel) -> bool:
        """Deliver on one channel; tell whether that counts as delivered."""
        withheld = self._prepared.withheld.get(channel)
        if withheld is not None:
            self._ledger.move(channel, Outcome.SKIPPED, withheld)
            return False
        self._ledger.move(channel, Outcome.SENDING)
        result = await self._send(channel)
        self._note(channel, result)
        if result.outcome is Outcome.UNKNOWN:
            await self._clear_up(channel, result)
        return await self._counts(channel)

    async def _clear_up(self, channel: Channel, result: DeliveryResult) -> None:
        """Find out what became of a call that had no end; repeat it if right.

        What is known not to have been sent is sent again; what stays unknown
        is sent again only for critical messages that have not expired, and
        passed over otherwise.
        """
        found = await self._find_out(channel, result)
        repeats = self._critical and self._time_left() > timedelta(0)
        if found is _NOT_SENT or (found is None and repeats):
            again = await self._send(channel, again=True)
            self._note(channel, again)
            unknown = again.outcome is Outcome.UNKNOWN
            found = await self._find_out(channel, again) if unknown else None
        if found is not None:
            self._note(channel, found)

    async def _find_out(
        self, channel: Channel, result: DeliveryResult
    ) -> DeliveryResult | None:
        """Wait for a receipt, then ask; None where nobody can say."""
        if await self._moves_past(channel, Outcome.UNKNOWN, ASK_AFTER):
            return DeliveryResult(outcome=self._ledger.delivery(channel).outcome)
        return await self._ask(channel) if result.askable else None

    async def _counts(self, channel: Channel) -> bool:
        """Tell whether the delivery counts, waiting for its receipt if it must."""
        confirm = self._ledger.message.confirm.get(channel)
        outcome = self._ledger.delivery(channel).outcome
        if outcome is Outcome.ACCEPTED and confirm and confirm.receipt:
            limit = timedelta(seconds=confirm.within_seconds)
            await self._moves_past(channel, Outcome.ACCEPTED, limit)
            outcome = self._ledger.delivery(channel).outcome
            return outcome in (Outcome.DELIVERED, Outcome.READ)
        return outcome in REACHED

    async def _moves_past(
        self, channel: Channel, outcome: Outcome, limit: timedelta
    ) -> bool:
        """Wait for a receipt that moves a delivery on; tell whether it came."""

        def moved() -> bool:
            return RANK[self._ledger.delivery(channel).outcome] > RANK[outcome]

        try:
            await workflow.wait_condition(moved, timeout=limit)
        except TimeoutError:
            return False
        return True

    async def _send(self, channel: Channel, again: bool = False) -> DeliveryResult:
        left = self._time_left()
        if not left:
            return _TOO_LATE
        task = self._task(channel, again)
        stage = self._ledger.delivery(channel).stage
        options = (SEND_CRITICAL if self._critical else SEND) | {
            "schedule_to_close_timeout": left,
            "summary": Summary(f"{channel}, stage {stage}, run {task.run}"),
        }
        try:
            return await workflow.execute_activity_method(
                DeliveryActivities.deliver, task, **options
            )
        except ActivityError as error:
            return _failed(error)

    async def _ask(self, channel: Channel) -> DeliveryResult | None:
        """Return what the provider says, or None where it does not say."""
        try:
            return await workflow.execute_activity_method(
                DeliveryActivities.ask,
                self._task(channel),
                **(ASK | {"summary": Summary(f"{channel}, ask what became of it")}),
            )
        except ActivityError as error:
            if _type(error) == NotTaken.__name__:
                return _NOT_SENT
            failed = _failed(error)
            unreachable = failed.reason in (Reason.UNREACHABLE, Reason.RATE_LIMITED)
            return None if unreachable else failed

    def _task(self, channel: Channel, again: bool = False) -> DeliveryTask:
        message = self._ledger.message
        return DeliveryTask(
            message_id=message.id,
            type=message.type,
            priority=message.priority,
            channel=channel,
            run=self._ledger.doc.run,
            template_version=message.templates.get(channel, 0),
            address=self._prepared.addresses[channel],
            params=message.params,
            link=message.link,
            created_at=message.created_at,
            patience=RATE_LIMIT_PATIENCE,
            again=again,
            expires_at=message.expires_at,
            acknowledge=message.acknowledge,
            read_back=message.read_back_param is not None,
            doubted=channel in self._prepared.doubted,
        )

    def _time_left(self) -> timedelta:
        expires = self._ledger.message.expires_at
        if expires is None:
            return SEND_WHOLE
        return max(expires - workflow.now(), timedelta(0))

    @property
    def _critical(self) -> bool:
        return self._ledger.message.priority is Priority.CRITICAL

    def _note(self, channel: Channel, result: DeliveryResult) -> None:
        self._ledger.move(
            channel,
            result.outcome,
            result.reason,
            attempts=result.attempts or None,
            provider=result.provider,
            provider_message_id=result.provider_message_id,
        )


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
    )
