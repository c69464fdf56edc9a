"""What the rest asks of the workflows: one narrow protocol for each kind of asking."""

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol
from uuid import UUID

from centre.flows.batches import Batch, Steering
from centre.flows.queue_figures import QueueFigures
from centre.flows.running import RunningMessage
from core.models import (
    Acknowledgement,
    Cancel,
    Message,
    MessageStatus,
    RecallOrder,
    Receipt,
    Resend,
)


@dataclass(frozen=True)
class Started:
    """A message that Temporal has; `replayed` where it had it before."""

    message: Message
    replayed: bool


class MessageReader(Protocol):
    """How messages stand, as their workflows know it."""

    async def status_of(self, message_id: UUID) -> MessageStatus | None:
        """Ask how a message stands; None where nobody answers."""
        ...

    async def accepted_message(self, message_id: UUID) -> Message | None:
        """Return a message as it was accepted; None if it never was."""
        ...


class MessageFlows(MessageReader, Protocol):
    """Messages' workflows: started, ordered about, told of receipts."""

    async def start(self, message: Message) -> Started:
        """Start a message; the same id twice starts it once.

        Raises Invalid where the id stands for another body.
        """
        ...

    async def resend(self, message_id: UUID, order: Resend) -> None:
        """Send a failed message again; Conflict where its workflow has ended."""
        ...

    async def restart(self, message: Message, last: int, order: Resend) -> None:
        """Send a message again whose workflow has ended, as run `last` + 1."""
        ...

    async def cancel(self, message_id: UUID, order: Cancel) -> None:
        """Stop a message; Conflict where its workflow has ended."""
        ...

    async def acknowledge(self, message_id: UUID, given: Acknowledgement) -> None:
        """Note that somebody confirmed; Conflict where its workflow has ended."""
        ...

    async def receipt(self, message_id: UUID, receipt: Receipt) -> None:
        """Pass on what a provider reported; Conflict where its workflow has ended."""
        ...

    async def recall(self, order: RecallOrder) -> None:
        """Take a message back; Conflict where that is being done."""
        ...

    async def tell(self, message: Message, doc: MessageStatus) -> None:
        """Tell the client how its message ended, however often this is asked once."""
        ...


class BatchFlows(Protocol):
    """Batches' workflows."""

    async def start_batch(self, batch: Batch) -> None:
        """Start a batch; the same id twice starts it once."""
        ...

    async def steer_batch(self, batch_id: UUID, steering: Steering) -> None:
        """Tell a batch how it is driven."""
        ...


class QueueReader(Protocol):
    """What waits in the clients' queues, and who serves them."""

    async def queue(self, client: str, *, both: bool = False) -> QueueFigures:
        """Return how much waits in a client's queue, or in both of its queues."""
        ...

    async def running(self, before: datetime, most: int) -> tuple[RunningMessage, ...]:
        """Return messages begun before then that have not ended, the first ones."""
        ...

    async def pollers(self, client: str) -> int:
        """Return how many workers serve a client's queue."""
        ...


class Reachable(Protocol):
    """Whether the workflows can be reached."""

    async def check(self) -> None:
        """Return if they can."""
        ...


class Flows(MessageFlows, BatchFlows, QueueReader, Reachable, Protocol):
    """All of it: what a context has.

    Every function raises Unavailable where the workflows can't be reached, but
    `status_of`, which then knows nothing.
    """
