"""`/v1/admin/batches`: every client's batches, as people see and steer them."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query
from pydantic import Field

from api.admin.common import PREFIX
from api.auth.callers import PEOPLE, Looker, Operator
from api.context import ContextDep
from api.http.paging import Nothing, Paging
from api.messages.batch_views import (
    BatchDocument,
    BatchPage,
    RateBody,
    batch_document,
    line,
)
from centre.batches import control as batch_orders
from centre.batches import queries as batches
from core.fields import Code

router = APIRouter(
    prefix=f"{PREFIX}/batches", tags=["admin: work"], dependencies=PEOPLE
)
_ONE = "/{batch_id:uuid}"


class BatchQuery(Paging):
    """Which batches to list."""

    client: Code | None = Field(default=None)


@router.get("")
async def list_all_batches(
    query: Annotated[BatchQuery, Query()], caller: Looker, context: ContextDep
) -> BatchPage:
    """List batches, newest first."""
    async with context.store.sessions() as session:
        page = await batches.list_batches(
            session, query.client, query.cursor, query.limit
        )
    return BatchPage(items=[line(b) for b in page.items], next=page.next)


@router.get(_ONE)
async def get_any_batch(
    batch_id: UUID, caller: Looker, context: ContextDep
) -> BatchDocument:
    """Return how a batch stands, its messages counted by status."""
    return batch_document(await batch_orders.look(context, batch_id))


@router.post(_ONE + "/cancel")
async def cancel_any_batch(
    batch_id: UUID, caller: Operator, context: ContextDep, _: Nothing | None = None
) -> BatchDocument:
    """Stop a batch: what has not gone out yet stays here."""
    return batch_document(await batch_orders.cancel(context, batch_id, caller.actor))


@router.post(_ONE + "/pause")
async def pause_any_batch(
    batch_id: UUID, caller: Operator, context: ContextDep, _: Nothing | None = None
) -> BatchDocument:
    """Let what has not begun wait until the batch is resumed."""
    return batch_document(await batch_orders.pause(context, batch_id, caller.actor))


@router.post(_ONE + "/resume")
async def resume_any_batch(
    batch_id: UUID, caller: Operator, context: ContextDep, _: Nothing | None = None
) -> BatchDocument:
    """Let a paused batch go on."""
    return batch_document(await batch_orders.resume(context, batch_id, caller.actor))


@router.put(_ONE + "/rate")
async def set_any_batch_rate(
    batch_id: UUID, body: RateBody, caller: Operator, context: ContextDep
) -> BatchDocument:
    """Set how many messages of a batch begin in a second."""
    rate = body.rate_per_second
    return batch_document(
        await batch_orders.set_rate(context, batch_id, rate, caller.actor)
    )
