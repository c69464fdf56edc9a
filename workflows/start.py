"""Start, ask and signal message workflows: what every edge shares."""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from typing import TypeVar
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

from centre.flows.ports import Started
from core import search_attributes as search
from core.codec import Summary
from core.errors import Conflict, Invalid, Unavailable
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
from core.words import Priority
from workflows.callback import TellClient, notice_id, notice_of
from workflows.message import DeliverMessage
from workflows.options import AFTER_QUERY, QUERY_WAIT, RPC_WAIT
from workflows.recall import RecallMessage

_Value = TypeVar("_Value", Acknowledgement, Cancel, Resend, Receipt)
Handle = WorkflowHandle[DeliverMessage, MessageStatus]


async def start(client: Client, message: Message) -> Started:
    """Start a message's workflow; the same id twice starts it once.

    Raises Invalid where the id stands for another body, Unavailable where
    Temporal does not answer.
    """
    try:
        await _start(client, message, WorkflowIDReusePolicy.REJECT_DUPLICATE)
    except WorkflowAlreadyStartedError:
        first = await accepted_message(client, message.id)
        if first is None:
            raise Unavailable("The first request with this key is ending.") from None
        return replay(first, message)
    return Started(message=message, replayed=False)


async def start_once(client: Client, message: Message) -> None:
    """Start a message's workflow, unless it was started before."""
    with suppress(WorkflowAlreadyStartedError):
        await _start(client, message, WorkflowIDReusePolicy.REJECT_DUPLICATE)


def replay(first: Message, again: Message) -> Started:
    """Return the first message for a request that came again with its key."""
    if first.fingerprint != again.fingerprint:
        raise Invalid("This Idempotency-Key was used with another body.")
    return Started(message=first, replayed=True)


async def restart(client: Client, message: Message, last: int, resend: Resend) -> None:
    """Start a message whose workflow has ended once more, as run `last` + 1."""
    again = message.model_copy(
        update={
            "run": last + 1,
            "only": resend.channels,
            "send_at": None,
            "expires_at": None,
        }
    )
    try:
        await _start(client, again, WorkflowIDReusePolicy.ALLOW_DUPLICATE)
    except WorkflowAlreadyStartedError:
        raise Conflict("This message is being sent.") from None


async def _start(
    client: Client, message: Message, reuse: WorkflowIDReusePolicy
) -> None:
    try:
        await client.start_workflow(
            DeliverMessage.run,
            message,
            id=workflow_id(message.id),
            task_queue=task_queue(message.client, passes_pause=message.passes_pause),
            id_reuse_policy=reuse,
            search_attributes=search.attributes(message),
            static_summary=Summary(f"{message.type} from {message.client}"),
            priority=TaskPriority(priority_key=message.priority.key),
            rpc_timeout=RPC_WAIT,
        )
    except RPCError:
        raise Unavailable("Temporal does not answer; nothing was accepted.") from None


async def start_recall(client: Client, order: RecallOrder) -> None:
    """Start taking a message back; Conflict where that was done."""
    try:
        await client.start_workflow(
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


async def tell_client(client: Client, message: Message, doc: MessageStatus) -> None:
    """Start telling the client system how its message ended; once for each end."""
    notice = notice_of(message, doc)
    try:
        await client.start_workflow(
            TellClient.run,
            notice,
            id=notice_id(notice),
            task_queue=task_queue(message.client),
            id_reuse_policy=WorkflowIDReusePolicy.REJECT_DUPLICATE,
            static_summary=Summary(f"tell {message.client}: {doc.status}"),
            rpc_timeout=RPC_WAIT,
        )
    except WorkflowAlreadyStartedError:
        return


async def status_of(
    client: Client, message_id: UUID, wait: timedelta = QUERY_WAIT
) -> MessageStatus | None:
    """Ask the workflow how its message stands; None where it does not answer."""
    try:
        # The SDK itself asks again where Temporal has too many queries waiting.
        async with asyncio.timeout(wait.total_seconds()):
            return await _handle(client, message_id).query(
                DeliverMessage.status, rpc_timeout=wait
            )
    except (
        TimeoutError,
        RPCError,
        WorkflowQueryFailedError,
        WorkflowQueryRejectedError,
    ):
        return None


async def accepted_message(client: Client, message_id: UUID) -> Message | None:
    """Return the message as its workflow was given it; None if there is none.

    Read from the history, so no worker is needed. Raises Unavailable where
    Temporal does not answer.
    """
    handle = _handle(client, message_id)
    try:
        async for event in handle.fetch_history_events(
            page_size=1, rpc_timeout=AFTER_QUERY
        ):
            payloads = event.workflow_execution_started_event_attributes.input.payloads
            decoded = await client.data_converter.decode(payloads, [Message])
            return Message.model_validate(decoded[0])
    except RPCError as error:
        if error.status is not RPCStatusCode.NOT_FOUND:
            raise Unavailable("Temporal does not answer.") from None
    return None


async def signal_resend(client: Client, message_id: UUID, resend: Resend) -> None:
    """Send a failed message again."""
    await _signal(client, message_id, DeliverMessage.resend, resend)


async def signal_cancel(client: Client, message_id: UUID, cancel: Cancel) -> None:
    """Stop a message."""
    await _signal(client, message_id, DeliverMessage.cancel, cancel)


async def signal_acknowledge(
    client: Client, message_id: UUID, given: Acknowledgement
) -> None:
    """Pass on that somebody confirmed a message."""
    await _signal(client, message_id, DeliverMessage.acknowledge, given)


async def signal_receipt(client: Client, message_id: UUID, receipt: Receipt) -> None:
    """Pass on what a provider reported."""
    await _signal(client, message_id, DeliverMessage.receipt, receipt)


async def _signal(
    client: Client,
    message_id: UUID,
    signal: Callable[[DeliverMessage, _Value], None],
    value: _Value,
) -> None:
    """Signal a running message; Conflict where its workflow has ended."""
    try:
        await _handle(client, message_id).signal(signal, value, rpc_timeout=AFTER_QUERY)
    except RPCError as error:
        if error.status is RPCStatusCode.NOT_FOUND:
            raise Conflict("This message has ended.") from None
        raise Unavailable("Temporal does not answer.") from None


def _handle(client: Client, message_id: UUID) -> Handle:
    return client.get_workflow_handle_for(DeliverMessage.run, workflow_id(message_id))
