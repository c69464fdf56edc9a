"""The edges' side of the workflows: a protocol, and Temporal behind it."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from uuid import UUID

from temporalio.client import Client
from temporalio.service import RPCError

from centre.flows.batches import Batch, Steering
from centre.flows.ports import Started
from centre.flows.queue_figures import QueueFigures, describe_queue, live_pollers
from centre.flows.running import RunningMessage, running_messages
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
from workflows import start as flows
from workflows.connection import connect
from workflows.start_batch import start_batch, steer_batch

# Each call has a shorter time-out of its own; this one holds for connecting too.
_LONGEST = timedelta(seconds=7)


class TemporalFlows:
    """The workflows over a connection that is made by the first call."""

    def __init__(self, client: Client) -> None:
        self._client = client

    @classmethod
    async def open(cls, settings: Settings, keyring: Keyring) -> "TemporalFlows":
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
