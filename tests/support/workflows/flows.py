"""Workflows in memory, at the seam where the edges reach Temporal."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from uuid import UUID

from centre.catalog.plan import narrow
from centre.flows.batches import Batch, Steering
from centre.flows.ports import Started
from centre.flows.queue_figures import QueueFigures
from centre.flows.replays import replay
from centre.flows.running import RunningMessage
from centre.messages import status as progress
from core.errors import Conflict, Unavailable
from core.models import (
    Acknowledgement,
    Cancel,
    Message,
    MessageStatus,
    RecallOrder,
    Receipt,
    Resend,
    task_queue,
)
from core.words import Outcome, Status

Order = Acknowledgement | Cancel | Receipt | Resend


@dataclass
class FakeFlows:
    """Workflows in memory: what Temporal promises, and how it can be away."""

    down: bool = False
    silent: bool = False
    accepted: dict[UUID, Message] = field(default_factory=dict)
    docs: dict[UUID, MessageStatus] = field(default_factory=dict)
    ended: set[UUID] = field(default_factory=set)
    orders: list[tuple[str, UUID, Order]] = field(default_factory=list)
    recalls: list[RecallOrder] = field(default_factory=list)
    told: list[tuple[UUID, Status]] = field(default_factory=list)
    served: dict[str, int] = field(default_factory=dict)
    batches: dict[UUID, Batch] = field(default_factory=dict)
    steered: list[tuple[UUID, Steering]] = field(default_factory=list)
    idle: tuple[RunningMessage, ...] = ()
    backlog: int = 3

    def _reach(self) -> None:
        if self.down:
            raise Unavailable("Temporal does not answer.")

    async def start(self, message: Message) -> Started:
        self._reach()
        first = self.accepted.get(message.id)
        if first is not None:
            return replay(first, message.fingerprint)
        self.accepted[message.id] = message
        self.docs[message.id] = progress.begin(message)
        return Started(message=message, replayed=False)

    async def status_of(self, message_id: UUID) -> MessageStatus | None:
        return None if self.down or self.silent else self.docs.get(message_id)

    async def accepted_message(self, message_id: UUID) -> Message | None:
        self._reach()
        return self.accepted.get(message_id)

    async def resend(self, message_id: UUID, order: Resend) -> None:
        self._signal("resend", message_id, order)
        plan = narrow(self.accepted[message_id].plan, order.channels)
        doc = self.docs[message_id]
        self.docs[message_id] = progress.begin_again(doc, plan, datetime.now(UTC))

    async def restart(self, message: Message, last: int, order: Resend) -> None:
        self._reach()
        self.ended.discard(message.id)
        self.orders.append(("restart", message.id, order))
        news = {"run": last + 1, "only": order.channels}
        again = message.model_copy(update=news)
        self.docs[message.id] = progress.begin(again)

    async def cancel(self, message_id: UUID, order: Cancel) -> None:
        self._signal("cancel", message_id, order)
        doc = self.docs[message_id]
        now = datetime.now(UTC)
        self.docs[message_id] = progress.with_status(doc, Status.CANCELLED, now)

    async def acknowledge(self, message_id: UUID, given: Acknowledgement) -> None:
        self._signal("acknowledge", message_id, given)
        doc = self.docs[message_id]
        self.docs[message_id] = progress.with_acknowledgement(doc, given)

    async def receipt(self, message_id: UUID, receipt: Receipt) -> None:
        self._signal("receipt", message_id, receipt)
        doc, now = self.docs[message_id], datetime.now(UTC)
        self.docs[message_id] = progress.with_receipt(doc, receipt, now)

    async def recall(self, order: RecallOrder) -> None:
        self._reach()
        self.recalls.append(order)

    async def tell(self, message: Message, doc: MessageStatus) -> None:
        self._reach()
        if (message.id, doc.status) not in self.told:
            self.told.append((message.id, doc.status))

    async def start_batch(self, batch: Batch) -> None:
        self._reach()
        self.batches.setdefault(batch.id, batch)

    async def steer_batch(self, batch_id: UUID, steering: Steering) -> None:
        self._reach()
        self.steered.append((batch_id, steering))

    async def queue(self, client: str, *, both: bool = False) -> QueueFigures:
        self._reach()
        return QueueFigures(
            client=client,
            task_queue=task_queue(client),
            backlog=self.backlog,
            oldest_age_seconds=1.5,
            added_per_second=0.5,
            dispatched_per_second=0.25,
            pollers=self.served.get(client, 0),
            paused=False,
        )

    async def running(self, before: datetime, most: int) -> tuple[RunningMessage, ...]:
        self._reach()
        return self.idle

    async def pollers(self, client: str) -> int:
        self._reach()
        return self.served.get(client, 0)

    async def check(self) -> None:
        self._reach()

    def _signal(self, name: str, message_id: UUID, order: Order) -> None:
        self._reach()
        if message_id in self.ended or message_id not in self.docs:
            raise Conflict("This message has ended.")
        self.orders.append((name, message_id, order))

    def fail(self, message_id: UUID, window: timedelta = timedelta(hours=72)) -> None:
        """Let a message fail on every channel, open for a resend."""
        now = datetime.now(UTC)
        doc = self.docs[message_id]
        for channel in doc.plan.channels:
            doc = progress.with_outcome(doc, channel, Outcome.FAILED, now)
        doc = progress.with_status(doc, Status.FAILED, now)
        until = {"resendable_until": now + window}
        self.docs[message_id] = doc.model_copy(update=until)

    def stand(self, message_id: UUID, status: Status) -> None:
        """Put a message into a state."""
        now = datetime.now(UTC)
        self.docs[message_id] = progress.with_status(self.docs[message_id], status, now)
