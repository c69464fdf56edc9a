"""Temporal's client: what `centre.flows.ports.Flows` promises, each in one call."""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Self, TypeVar
from uuid import UUID

from temporalio.client import (
    Client,
    WorkflowHandle,
    WorkflowQueryFailedError,
    WorkflowQueryRejectedError,
)
from temporalio.common import Priority as TaskPriority
from temporalio.common import WorkflowIDReusePolicy
from temporalio.exceptions import WorkflowAlreadyStartedError
from temporalio.service import RPCError, RPCStatusCode

from centre.flows.batches import Batch, Steering
from centre.flows.ports import Started
from centre.flows.queue_figures import QueueFigures, describe_queue, live_pollers
from centre.flows.replays import replay
from centre.flows.running import RunningMessage, running_messages
from core import search_attributes as search
from core.base import evolve
from core.codec import Summary
from core.crypto import Keyring
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
    workflow_id,
)
from core.settings import Settings
from core.words import Priority
from workflows.batch import BatchOrder, DeliverBatch
from workflows.callback import TellClient, notice_id, notice_of
from workflows.connection import connect, reaching
from workflows.message import DeliverMessage
from workflows.options import AFTER_QUERY, QUERY_WAIT, RPC_WAIT
from workflows.recall import RecallMessage

_ONCE = WorkflowIDReusePolicy.REJECT_DUPLICATE
_NOT_ACCEPTED = "Temporal does not answer; nothing was accepted."
_AWAY = "Temporal does not answer."
_NEVER_QUERIED = (WorkflowQueryFailedError, WorkflowQueryRejectedError)

_Value = TypeVar("_Value", Acknowledgement, Cancel, Resend, Receipt)
Handle = WorkflowHandle[DeliverMessage, MessageStatus]


class TemporalFlows:
    """The workflows over a connection that is made by the first call."""

    def __init__(self, client: Client) -> None:
        self._client = client

    @classmethod
    async def open(cls, settings: Settings, keyring: Keyring) -> Self:
        """Return at once, whether Temporal is up or not."""
        return cls(await connect(settings, keyring, lazy=True))

    @reaching
    async def start(self, message: Message) -> Started:
        try:
            await self._start(message, _ONCE)
        except WorkflowAlreadyStartedError:
            first = await self._accepted(message.id)
            if first is None:
                text = "The first request with this key is ending."
                raise Unavailable(text) from None
            return replay(first, message.fingerprint)
        return Started(message=message, replayed=False)

    @reaching
    async def start_once(self, message: Message) -> None:
        """Start a message, unless it was started before: by whatever body."""
        with suppress(WorkflowAlreadyStartedError):
            await self._start(message, _ONCE)

    @reaching
    async def restart(self, message: Message, last: int, order: Resend) -> None:
        again = evolve(
            message, run=last + 1, only=order.channels, send_at=None, expires_at=None
        )
        try:
            await self._start(again, WorkflowIDReusePolicy.ALLOW_DUPLICATE)
        except WorkflowAlreadyStartedError:
            raise Conflict("This message is being sent.") from None

    async def _start(self, message: Message, reuse: WorkflowIDReusePolicy) -> None:
        try:
            await self._client.start_workflow(
                DeliverMessage.run,
                message,
                id=workflow_id(message.id),
                task_queue=task_queue(
                    message.client, passes_pause=message.passes_pause
                ),
                id_reuse_policy=reuse,
                search_attributes=search.attributes(message),
                static_summary=Summary(f"{message.type} from {message.client}"),
                priority=TaskPriority(priority_key=message.priority.key),
                rpc_timeout=RPC_WAIT,
            )
        except RPCError:
            raise Unavailable(_NOT_ACCEPTED) from None

    async def status_of(self, message_id: UUID) -> MessageStatus | None:
        try:
            return await self._status(message_id)
        except (Unavailable, *_NEVER_QUERIED):
            return None

    @reaching
    async def _status(self, message_id: UUID) -> MessageStatus:
        # The SDK itself asks again where Temporal has too many queries waiting.
        async with asyncio.timeout(QUERY_WAIT.total_seconds()):
            return await self._handle(message_id).query(
                DeliverMessage.status, rpc_timeout=QUERY_WAIT
            )

    @reaching
    async def accepted_message(self, message_id: UUID) -> Message | None:
        return await self._accepted(message_id)

    async def _accepted(self, message_id: UUID) -> Message | None:
        """Read a message from its history: no worker is needed for that."""
        try:
            async for event in self._handle(message_id).fetch_history_events(
                page_size=1, rpc_timeout=AFTER_QUERY
            ):
                given = event.workflow_execution_started_event_attributes.input
                decode = self._client.data_converter.decode
                return Message.model_validate(
                    (await decode(given.payloads, [Message]))[0]
                )
        except RPCError as error:
            if error.status is not RPCStatusCode.NOT_FOUND:
                raise Unavailable(_AWAY) from None
        return None

    @reaching
    async def resend(self, message_id: UUID, order: Resend) -> None:
        await self._signal(message_id, DeliverMessage.resend, order)

    @reaching
    async def cancel(self, message_id: UUID, order: Cancel) -> None:
        await self._signal(message_id, DeliverMessage.cancel, order)

    @reaching
    async def acknowledge(self, message_id: UUID, given: Acknowledgement) -> None:
        await self._signal(message_id, DeliverMessage.acknowledge, given)

    @reaching
    async def receipt(self, message_id: UUID, receipt: Receipt) -> None:
        await self._signal(message_id, DeliverMessage.receipt, receipt)

    async def _signal(
        self,
        message_id: UUID,
        signal: Callable[[DeliverMessage, _Value], None],
        value: _Value,
    ) -> None:
        handle = self._handle(message_id)
        try:
            await handle.signal(signal, value, rpc_timeout=AFTER_QUERY)
        except RPCError as error:
            if error.status is RPCStatusCode.NOT_FOUND:
                raise Conflict("This message has ended.") from None
            raise Unavailable(_AWAY) from None

    def _handle(self, message_id: UUID) -> Handle:
        return self._client.get_workflow_handle_for(
            DeliverMessage.run, workflow_id(message_id)
        )

    @reaching
    async def recall(self, order: RecallOrder) -> None:
        try:
            await self._client.start_workflow(
                RecallMessage.run,
                order,
                id=f"recall-{order.message_id}",
                task_queue=task_queue(order.client),
                id_reuse_policy=WorkflowIDReusePolicy.ALLOW_DUPLICATE_FAILED_ONLY,
                static_summary=Summary("take a message back"),
                priority=TaskPriority(priority_key=Priority.CRITICAL.key),
                rpc_timeout=RPC_WAIT,
            )
        except WorkflowAlreadyStartedError:
            raise Conflict("This message is being taken back.") from None

    @reaching
    async def tell(self, message: Message, doc: MessageStatus) -> None:
        notice = notice_of(message, doc)
        with suppress(WorkflowAlreadyStartedError):
            await self._client.start_workflow(
                TellClient.run,
                notice,
                id=notice_id(notice),
                task_queue=task_queue(message.client),
                id_reuse_policy=_ONCE,
                static_summary=Summary(f"tell {message.client}: {doc.status}"),
                rpc_timeout=RPC_WAIT,
            )

    @reaching
    async def start_batch(self, batch: Batch) -> None:
        try:
            # Its few steps go before its messages: an order to stop is heard.
            await self._client.start_workflow(
                DeliverBatch.run,
                BatchOrder(batch_id=batch.id),
                id=_batch_id(batch.id),
                task_queue=task_queue(batch.client),
                id_reuse_policy=_ONCE,
                static_summary=Summary(
                    f"{batch.count} of {batch.type}, {batch.client}"
                ),
                priority=TaskPriority(priority_key=Priority.NORMAL.key),
                rpc_timeout=RPC_WAIT,
            )
        except WorkflowAlreadyStartedError:
            return
        except RPCError:
            raise Unavailable(_NOT_ACCEPTED) from None

    @reaching
    async def steer_batch(self, batch_id: UUID, steering: Steering) -> None:
        of_batch = self._client.get_workflow_handle(_batch_id(batch_id))
        try:
            await of_batch.signal(DeliverBatch.steer, steering, rpc_timeout=RPC_WAIT)
        except RPCError as error:
            # One that is over has nothing to hear.
            if error.status is not RPCStatusCode.NOT_FOUND:
                raise Unavailable(_AWAY) from None

    @reaching
    async def queue(self, client: str, *, both: bool = False) -> QueueFigures:
        return await describe_queue(self._client, client, both=both)

    @reaching
    async def running(self, before: datetime, most: int) -> tuple[RunningMessage, ...]:
        return await running_messages(self._client, before, most)

    @reaching
    async def pollers(self, client: str) -> int:
        return await live_pollers(self._client, client)

    @reaching
    async def check(self) -> None:
        two_seconds = timedelta(seconds=2)
        health = self._client.service_client
        if not await health.check_health(timeout=two_seconds):
            raise Unavailable("Temporal is not serving.")


def _batch_id(batch_id: UUID) -> str:
    return f"batch-{batch_id}"
