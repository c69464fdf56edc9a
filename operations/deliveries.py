"""The edges' side of the workflows: a protocol, and Temporal behind it."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from typing import Protocol
from uuid import UUID

from temporalio.client import Client
from temporalio.service import RPCError

from core.batches import Batch, Steering
from core.crypto import Keyring
from core.errors import Unavailable
from core.models import (
    Acknowledgement,
    Cancel,
    Message,
    MessageStatus,
    RecallOrder,
    Receipt,
    Resend,
)
from core.settings import Settings
from operations.queues import QueueFigures, describe_queue, live_pollers
from operations.visibility import RunningMessage, running_messages
from workflows import start as flows
from workflows.connection import connect
from workflows.start import Started
from workflows.start_batch import start_batch, steer_batch

# Each call has a shorter time-out of its own; this one holds for connecting too.
_LONGEST = timedelta(seconds=7)


class Deliveries(Protocol):
    """What edges ask of the workflows.

    Every function raises Unavailable where they can't be reached, but
    `status_of`, which then knows nothing.
    """

    async def start(self, message: Message) -> Started:
        """Start a message; the same id twice starts it once."""
        ...

    async def status_of(self, message_id: UUID) -> MessageStatus | None:
        """Ask how a message stands; None where nobody answers."""
        ...

    async def accepted_message(self, message_id: UUID) -> Message | None:
        """Return a message as it was accepted; None if it never was."""
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

    async def start_batch(self, batch: Batch) -> None:
        """Start a batch; the same id twice starts it once."""
        ...

    async def steer_batch(self, batch_id: UUID, steering: Steering) -> None:
        """Tell a batch how it is driven."""
        ...

    async def queue(self, client: str, *, both: bool = False) -> QueueFigures:
        """Return how much waits in a client's queue, or in both of its queues."""
        ...

    async def running(self, before: datetime, most: int) -> tuple[RunningMessage, ...]:
        """Return messages begun before then that have not ended, the first ones."""
        ...

    async def pollers(self, client: str) -> int:
        """Return how many workers serve a client's queue."""
        ...

    async def check(self) -> None:
        """Return if the workflows can be reached."""
        ...


class TemporalDeliveries:
    """The workflows over a connection that is made by the first call."""

    def __init__(self, client: Client) -> None:
        self._client = client

    @classmethod
    async def open(cls, settings: Settings, keyring: Keyring) -> "TemporalDeliveries":
        """Return at once, whether Temporal is up or not."""
        return cls(await connect(settings, keyring, lazy=True))

    async def start(self, message: Message) -> Started:
        async with _reached():
            return await flows.start(self._client, message)

    async def status_of(self, message_id: UUID) -> MessageStatus | None:
        try:
            async with _reached():
                return await flows.status_of(self._client, message_id)
        except Unavailable:
            return None

    async def accepted_message(self, message_id: UUID) -> Message | None:
        async with _reached():
            return await flows.accepted_message(self._client, message_id)

    async def resend(self, message_id: UUID, order: Resend) -> None:
        async with _reached():
            await flows.signal_resend(self._client, message_id, order)

    async def restart(self, message: Message, last: int, order: Resend) -> None:
        async with _reached():
            await flows.restart(self._client, message, last, order)

    async def cancel(self, message_id: UUID, order: Cancel) -> None:
        async with _reached():
            await flows.signal_cancel(self._client, message_id, order)

    async def acknowledge(self, message_id: UUID, given: Acknowledgement) -> None:
        async with _reached():
            await flows.signal_acknowledge(self._client, message_id, given)

    async def receipt(self, message_id: UUID, receipt: Receipt) -> None:
        async with _reached():
            await flows.signal_receipt(self._client, message_id, receipt)

    async def recall(self, order: RecallOrder) -> None:
        async with _reached():
            await flows.start_recall(self._client, order)

    async def tell(self, message: Message, doc: MessageStatus) -> None:
        async with _reached():
            await flows.tell_client(self._client, message, doc)

    async def start_batch(self, batch: Batch) -> None:
        async with _reached():
            await start_batch(self._client, batch)

    async def steer_batch(self, batch_id: UUID, steering: Steering) -> None:
        async with _reached():
            await steer_batch(self._client, batch_id, steering)

    async def queue(self, client: str, *, both: bool = False) -> QueueFigures:
        async with _reached():
            return await describe_queue(self._client, client, both=both)

    async def running(self, before: datetime, most: int) -> tuple[RunningMessage, ...]:
        async with _reached():
            return await running_messages(self._client, before, most)

    async def pollers(self, client: str) -> int:
        async with _reached():
            return await live_pollers(self._client, client)

    async def check(self) -> None:
        async with _reached():
            if await self._client.service_client.check_health(
                timeout=timedelta(seconds=2)
            ):
                return
        raise Unavailable("Temporal is not serving.")


@asynccontextmanager
async def _reached() -> AsyncIterator[None]:
    """Turn the ways in which Temporal can't be reached into Unavailable.

    The SDK raises RuntimeError where a lazy client can't connect.
    """
    try:
        async with asyncio.timeout(_LONGEST.total_seconds()):
            yield
    except (TimeoutError, RPCError, RuntimeError, OSError) as error:
        if isinstance(error, RuntimeError) and "connect" not in str(error).lower():
            raise
        raise Unavailable("Temporal does not answer; nothing was changed.") from None
