"""`/v1/batches`: send one type to many people, and steer that."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Body, Query, Request, Response

from api.auth.callers import CLIENTS, BatchSender
from api.context import ContextDep
from api.http.paging import Nothing, Paging
from api.http.whole_bodies import WholeBody
from api.messages.accepting import client_of, idempotency_key
from api.messages.batch_views import (
    BatchAccepted,
    BatchDocument,
    BatchPage,
    RateBody,
    batch_document,
    line,
)
from api.messages.examples import BATCHES
from api.messages.routes import Key
from centre.batches import control as batch_orders
from centre.batches import queries as batches
from centre.batches.accept import submit
from centre.batches.rules import BatchRequest

PREFIX = "/v1/batches"
router = APIRouter(
    prefix=PREFIX, tags=["batches"], dependencies=CLIENTS, route_class=WholeBody
)
_ONE = "/{batch_id:uuid}"

BatchBody = Annotated[BatchRequest, Body(openapi_examples=BATCHES)]
PagingDep = Annotated[Paging, Query()]


@router.post("", status_code=202)
async def send_batch(
    body: BatchBody,
    request: Request,
    response: Response,
    caller: BatchSender,
    context: ContextDep,
    _: Key = None,
) -> BatchAccepted:
    """Accept a batch of at most 10,000 messages, or refuse all of it.

    202 means that it is durable. Its messages go out behind all others.
    """
    client, key = client_of(caller), idempotency_key(request)
    context.rates.take(client.code, client.rate_per_minute)
    done = await submit(context, client, body, key, caller.actor)
    response.headers["Location"] = f"{PREFIX}/{done.batch.id}"
    if done.replayed:
        response.headers["Idempotent-Replayed"] = "true"
    batch = done.batch
    return BatchAccepted(
        id=batch.id,
        count=batch.count,
        duplicate_count=batch.repeats.count,
        duplicates=batch.repeats.first,
    )


@router.get("")
async def list_batches(
    paging: PagingDep, caller: BatchSender, context: ContextDep
) -> BatchPage:
    """List this client's batches, newest first."""
    async with context.store.sessions() as session:
        page = await batches.list_batches(
            session, caller.only, paging.cursor, paging.limit
        )
    return BatchPage(items=[line(b) for b in page.items], next=page.next)


@router.get(_ONE)
async def get_batch(
    batch_id: UUID, caller: BatchSender, context: ContextDep
) -> BatchDocument:
    """Return how a batch stands, its messages counted by status."""
    return batch_document(await batch_orders.look(context, batch_id, caller.only))


@router.post(_ONE + "/cancel", status_code=202)
async def cancel_batch(
    batch_id: UUID, caller: BatchSender, context: ContextDep, _: Nothing | None = None
) -> BatchDocument:
    """Stop a batch: what has not gone out yet stays here."""
    return batch_document(
        await batch_orders.cancel(context, batch_id, caller.actor, caller.only)
    )


@router.post(_ONE + "/pause", status_code=202)
async def pause_batch(
    batch_id: UUID, caller: BatchSender, context: ContextDep, _: Nothing | None = None
) -> BatchDocument:
    """Let what has not begun wait until the batch is resumed."""
    return batch_document(
        await batch_orders.pause(context, batch_id, caller.actor, caller.only)
    )


@router.post(_ONE + "/resume", status_code=202)
async def resume_batch(
    batch_id: UUID, caller: BatchSender, context: ContextDep, _: Nothing | None = None
) -> BatchDocument:
    """Let a paused batch go on."""
    return batch_document(
        await batch_orders.resume(context, batch_id, caller.actor, caller.only)
    )


@router.put(_ONE + "/rate")
async def set_batch_rate(
    batch_id: UUID, body: RateBody, caller: BatchSender, context: ContextDep
) -> BatchDocument:
    """Set how many messages of a batch begin in a second."""
    rate = body.rate_per_second
    return batch_document(
        await batch_orders.set_rate(context, batch_id, rate, caller.actor, caller.only)
    )
