"""How one message stands, as its workflow knows it."""

from collections.abc import Collection
from datetime import datetime

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from centre.delivery.contracts import DeliveryResult, Prepared, Record
    from centre.messages import status as progress
    from core.base import evolve
    from core.models import (
        Acknowledgement,
        Delivery,
        Message,
        MessageStatus,
        Receipt,
        Step,
        Waiting,
    )
    from core.search_attributes import STATUS
    from core.words import Channel, Outcome, Reason, Status, StepKind, StepWhy


class Ledger:
    """The message and its status document; every change moves it forward."""

    def __init__(self, message: Message) -> None:
        self.message = message
        self.doc: MessageStatus = progress.begin(message)
        self._stored: Message | None = None

    @property
    def news(self) -> Record:
        """What the store shall be told."""
        new = None if self._stored is self.message else self.message
        return Record(status=self.doc, message=new)

    def stored(self) -> None:
        """Note that the store has the message."""
        self._stored = self.message

    @property
    def confirmed(self) -> bool:
        """Whether a provider has reported that the message arrived."""
        return progress.confirmed(self.doc)

    def delivery(self, channel: Channel) -> Delivery:
        """How one delivery stands."""
        return self.doc.delivery(channel)

    def move(
        self,
        channel: Channel,
        outcome: Outcome,
        reason: Reason | None = None,
    ) -> None:
        """Move one delivery."""
        now = workflow.now()
        self.doc = progress.with_outcome(self.doc, channel, outcome, now, reason)

    def note(self, channel: Channel, result: DeliveryResult) -> None:
        """Move one delivery to what its provider answered."""
        unknown = result.outcome is Outcome.UNKNOWN
        self.doc = progress.with_outcome(
            self.doc,
            channel,
            result.outcome,
            workflow.now(),
            Reason.OUTCOME_UNKNOWN if unknown else result.reason,
            attempts=result.attempts or None,
            provider=result.provider,
            provider_message_id=result.provider_message_id,
        )

    def acknowledge(self, given: Acknowledgement) -> None:
        """Note who confirmed the message; the first one stays."""
        self.doc = progress.with_acknowledgement(self.doc, given)

    def receive(self, receipt: Receipt) -> None:
        """Take in what a provider reported of a delivery of this run."""
        self.doc = progress.with_receipt(self.doc, receipt, workflow.now())

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
        self.doc = progress.with_step(self.doc, done)

    def skip_rest(self, reason: Reason) -> None:
        """Skip every delivery nobody has touched."""
        self.doc = progress.skip_pending(self.doc, reason, workflow.now())

    def stand(self, status: Status) -> None:
        """Move the message."""
        self.doc = progress.with_status(self.doc, status, workflow.now())

    def resendable(
        self, until: datetime | None, missed: Collection[Channel] = ()
    ) -> None:
        """Say until when a resend is possible, and where it is made by itself.

        That is where nothing has left, as the providers were away (`missed`).
        """
        itself = until is not None and self.message.resend_when_back
        on = progress.resends_on(self.doc, missed) if itself else ()
        self.doc = evolve(self.doc, resendable_until=until, resends_on=on)

    def waits(self, waiting: Waiting | None) -> None:
        """Say what the message waits for; None: nothing any more."""
        self.doc = progress.with_waiting(self.doc, waiting, workflow.now())

    def digested(self, prepared: Prepared) -> None:
        """Say which message tells of this one, or of how many this one tells."""
        of = prepared.digest.count if prepared.digest else None
        self.doc = progress.with_digest(
            self.doc, prepared.digested_into, of, workflow.now()
        )

    def publish(self) -> None:
        """Let operators find the message by its status."""
        workflow.upsert_search_attributes([STATUS.value_set(self.doc.status)])
