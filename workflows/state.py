"""How one message stands, as its workflow knows it."""

from collections.abc import Collection
from datetime import datetime, timedelta

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from centre.catalog.plan import narrow
    from centre.delivery.contracts import DeliveryResult, Prepared, Record, Snapshot
    from centre.messages import status as progress
    from core.base import evolve
    from core.models import (
        Acknowledgement,
        Delivery,
        Message,
        MessageStatus,
        Receipt,
        Resend,
        Step,
        Waiting,
    )
    from core.search_attributes import STATUS
    from core.words import Channel, Outcome, Reason, Status, StepKind, StepWhy


class MessageState:
    """The message and its status document; every change moves it forward.

    `prepared`: where this run's deliveries shall go, once that is known.
    """

    def __init__(self, message: Message) -> None:
        self._is = Snapshot(message=message, status=progress.begin(message))
        self.prepared = Prepared()
        self._cancelled = False
        self._stored: Message | None = None

    @property
    def message(self) -> Message:
        """The message as this run has it."""
        return self._is.message

    @property
    def doc(self) -> MessageStatus:
        """The status document."""
        return self._is.status

    def _to(self, doc: MessageStatus) -> None:
        if doc is not self._is.status:
            self._is = evolve(self._is, status=doc)

    def cancel(self) -> None:
        """Note that nothing more may go out: it, or the batch it is of, is stopped."""
        self._cancelled = True

    @property
    def cancelled(self) -> bool:
        """Whether it was cancelled or taken back, or its batch was stopped."""
        return self._cancelled

    @property
    def stop(self) -> Status | None:
        """Why no further channel may be tried, or None.

        What another message tells of can't be called back by itself.
        """
        if self.follows:
            return None
        if self._cancelled:
            return Status.CANCELLED
        expires = self.message.expires_at
        return Status.EXPIRED if expires and expires <= workflow.now() else None

    @property
    def follows(self) -> bool:
        """Whether another message tells of this one: then that one's end is ours."""
        return self.doc.digested_into is not None

    @property
    def confirmed(self) -> bool:
        """Whether a provider has reported that the message arrived."""
        return progress.confirmed(self.doc)

    @property
    def beginning(self) -> Snapshot:
        """The message as it stands once it is being delivered: what is prepared."""
        now = workflow.now()
        doc = progress.with_status(self.doc, Status.DELIVERING, now)
        return evolve(self._is, status=doc, at=now)

    @property
    def news(self) -> Record:
        """What the store shall be told."""
        new = None if self._stored is self.message else self.message
        return Record(status=self.doc, message=new)

    def stored(self) -> None:
        """Note that the store has the message."""
        self._stored = self.message

    def delivery(self, channel: Channel) -> Delivery:
        """How one delivery stands."""
        return self.doc.delivery(channel)

    def outcome(self, channel: Channel) -> Outcome:
        """How far one delivery is."""
        return self.doc.delivery(channel).outcome

    async def moves_past(
        self, channel: Channel, outcome: Outcome, within: timedelta
    ) -> bool:
        """Wait for a receipt that moves a delivery on; tell whether it came."""

        def moved() -> bool:
            return progress.RANK[self.outcome(channel)] > progress.RANK[outcome]

        try:
            await workflow.wait_condition(moved, timeout=within)
        except TimeoutError:
            return False
        return True

    def move(
        self, channel: Channel, outcome: Outcome, reason: Reason | None = None
    ) -> None:
        """Move one delivery."""
        now = workflow.now()
        self._to(progress.with_outcome(self.doc, channel, outcome, now, reason))

    def note(self, channel: Channel, result: DeliveryResult) -> None:
        """Move one delivery to how its call ended; called off, the message stops."""
        if result.reason is Reason.CANCELLED:
            self.cancel()
        unknown = result.outcome is Outcome.UNKNOWN
        doc = progress.with_outcome(
            self.doc,
            channel,
            result.outcome,
            workflow.now(),
            Reason.OUTCOME_UNKNOWN if unknown else result.reason,
            attempts=result.attempts or None,
            provider=result.provider,
            provider_message_id=result.provider_message_id,
        )
        self._to(doc)

    def acknowledge(self, given: Acknowledgement) -> None:
        """Note who confirmed the message; the first one stays."""
        self._to(progress.with_acknowledgement(self.doc, given))

    def receive(self, receipt: Receipt) -> None:
        """Take in what a provider reported of a delivery of this run."""
        self._to(progress.with_receipt(self.doc, receipt, workflow.now()))

    def step(
        self,
        channel: Channel,
        kind: StepKind,
        why: StepWhy | None = None,
        outcome: Outcome | None = None,
    ) -> None:
        """Note what is done about a delivery whose end nobody is sure of."""
        done = Step(
            channel=channel,
            run=self.doc.run,
            kind=kind,
            why=why,
            outcome=outcome,
            at=workflow.now(),
        )
        self._to(progress.with_step(self.doc, done))

    def skip_rest(self, reason: Reason) -> None:
        """Skip every delivery nobody has touched."""
        self._to(progress.skip_pending(self.doc, reason, workflow.now()))

    def stand(self, status: Status) -> None:
        """Move the message."""
        self._to(progress.with_status(self.doc, status, workflow.now()))

    def resendable(
        self, until: datetime | None, missed: Collection[Channel] = ()
    ) -> None:
        """Say until when a resend is possible, and where it is made by itself.

        That is where nothing has left, as the providers were away (`missed`).
        """
        itself = until is not None and self.message.resend_when_back
        on = progress.resends_on(self.doc, missed) if itself else ()
        self._to(evolve(self.doc, resendable_until=until, resends_on=on))

    def waits(self, waiting: Waiting | None) -> None:
        """Say what the message waits for; None: nothing any more."""
        self._to(progress.with_waiting(self.doc, waiting, workflow.now()))

    def digested(self, prepared: Prepared) -> None:
        """Say which message tells of this one, or of how many this one tells."""
        of = prepared.digest.count if prepared.digest else None
        now = workflow.now()
        self._to(progress.with_digest(self.doc, prepared.digested_into, of, now))

    def begin_again(self, resend: Resend) -> None:
        """Start the plan once more; where a person decided, no deadline holds it."""
        message = self.message
        if not resend.automatic:
            message = evolve(message, expires_at=None)
        doc = progress.begin_again(
            self.doc,
            narrow(message.plan, resend.channels),
            workflow.now(),
            automatic=resend.automatic,
        )
        self._is = evolve(self._is, message=message, status=doc)

    def publish(self) -> None:
        """Let operators find the message by its status."""
        workflow.upsert_search_attributes([STATUS.value_set(self.doc.status)])
