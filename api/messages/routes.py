"""`/v1/messages`: send, look, cancel, send again, and see beforehand."""

import time
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Body, Query, Request, Response

from api.auth.callers import (
    CLIENTS,
    EITHER,
    PEOPLE,
    Acknowledger,
    Canceller,
    Operator,
    Reader,
    SendingClient,
)
from api.context import ContextDep
from api.http.checked_bodies import CheckedBody
from api.messages.examples import MESSAGES
from api.messages.idempotency import Key, idempotency_key
from api.messages.views import (
    Accepted,
    MessagePage,
    MessageQuery,
    Preview,
    StatusDocument,
    found_document,
    page_of,
    plan_view,
)
from centre.messages.accept import accept_message
from centre.messages.acceptance import MessageRequest
from centre.messages.acknowledge import AcknowledgeOrder, acknowledge
from centre.messages.finding import find_messages
from centre.messages.lookup import look_up
from centre.messages.preview import preview
from centre.orders.cancel_resend import CancelOrder, ResendOrder, cancel, resend
from centre.orders.recall import RecallRequest, recall

router = APIRouter(prefix="/v1/messages", tags=["messages"], route_class=CheckedBody)
# With a form of its own, so that `/preview` is no message: GET there is a 405.
_ONE = "/{message_id:uuid}"

MessageBody = Annotated[MessageRequest, Body(openapi_examples=MESSAGES)]


@router.post("", status_code=202, dependencies=CLIENTS)
async def send_message(
    body: MessageBody,
    request: Request,
    response: Response,
    caller: SendingClient,
    context: ContextDep,
    _: Key = None,
) -> Accepted:
    """Accept a message. 202 means that it is durable, whatever happens next."""
    client, key = caller.sender, idempotency_key(request)
    context.rates.take(client.code, client.rate_per_minute)
    began = time.perf_counter()
    started = await accept_message(context, client, body, key)
    seconds = time.perf_counter() - began
    context.metrics.accepted(client.code, started.replayed, seconds)
    message = started.message
    response.headers["Location"] = f"/v1/messages/{message.id}"
    if started.replayed:
        response.headers["Idempotent-Replayed"] = "true"
    return Accepted(
        id=message.id,
        client=message.client,
        type=message.type,
        created_at=message.created_at,
    )


@router.post("/preview", dependencies=CLIENTS)
async def preview_message(
    body: MessageBody, caller: SendingClient, context: ContextDep
) -> Preview:
    """Show the plan and what each channel would say; nothing is sent."""
    found = await preview(context, caller.sender, body)
    return Preview(plan=plan_view(found.plan), channels=dict(found.channels))


@router.get("", dependencies=EITHER)
async def list_messages(
    query: Annotated[MessageQuery, Query()], caller: Reader, context: ContextDep
) -> MessagePage:
    """List messages, newest first: a client's own, or anybody's for people.

    `recipient` finds all messages of whoever has it, whatever they were sent to;
    the audit log keeps that a person searched.
    """
    asked = (query.recipient, query.cursor, query.limit)
    return page_of(await find_messages(context, query.wanted(), caller.actor, *asked))


@router.get(_ONE, dependencies=EITHER)
async def get_message(
    message_id: UUID, caller: Reader, context: ContextDep
) -> StatusDocument:
    """Return how a message stands, from its workflow or else from the store."""
    return found_document(await look_up(context, message_id, caller.only))


@router.post(_ONE + "/cancel", status_code=202, dependencies=EITHER)
async def cancel_message(
    message_id: UUID,
    caller: Canceller,
    context: ContextDep,
    body: CancelOrder | None = None,
) -> StatusDocument:
    """Stop a message: what has not gone out yet stays here."""
    order = body or CancelOrder()
    return found_document(await cancel(context, message_id, order, caller.actor))


@router.post(_ONE + "/recall", status_code=202, dependencies=EITHER)
async def recall_message(
    message_id: UUID, body: RecallRequest, caller: Canceller, context: ContextDep
) -> StatusDocument:
    """Take a message back: stop what waits, withdraw what can be, correct the rest."""
    return found_document(await recall(context, message_id, body, caller.actor))


@router.post(_ONE + "/acknowledge", dependencies=EITHER)
async def acknowledge_message(
    message_id: UUID,
    body: AcknowledgeOrder,
    caller: Acknowledger,
    context: ContextDep,
) -> StatusDocument:
    """Note who confirmed a message; the first confirmation stays."""
    return found_document(await acknowledge(context, message_id, body, caller.actor))


@router.post(_ONE + "/resend", status_code=202, dependencies=PEOPLE)
async def resend_message(
    message_id: UUID, body: ResendOrder, caller: Operator, context: ContextDep
) -> StatusDocument:
    """Send a failed message again, within its window or after it."""
    return found_document(await resend(context, message_id, body, caller.actor))
