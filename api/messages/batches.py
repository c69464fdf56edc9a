"""`/v1/batches`: send one type to many people, and steer that."""

from typing import Annotated

from fastapi import APIRouter, Body, Query, Request, Response

from api.auth.callers import CLIENTS, BatchSender, may_send_batches
from api.context import ContextDep
from api.http.checked_bodies import CheckedBody
from api.http.paging import Paging
from api.messages.batch_steering import add_steering
from api.messages.batch_views import BatchAccepted, BatchPage, batch_page
from api.messages.examples import BATCHES
from api.messages.idempotency import Key, idempotency_key
from centre.batches import control
from centre.batches.accept import accept_batch
from centre.batches.rules import BatchRequest

PREFIX = "/v1/batches"
router = APIRouter(
    prefix=PREFIX, tags=["batches"], dependencies=CLIENTS, route_class=CheckedBody
)

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
    client, key = caller.sender, idempotency_key(request)
    context.rates.take(client.code, client.rate_per_minute)
    done = await accept_batch(context, client, body, key, caller.actor)
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
    only, cursor = caller.only, paging.cursor
    return batch_page(await control.list_batches(context, only, cursor, paging.limit))


add_steering(
    router, "batch", look=may_send_batches, steer=may_send_batches, accepted=202
)
