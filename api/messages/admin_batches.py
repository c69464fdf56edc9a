"""`/v1/admin/batches`: every client's batches, as people see and steer them."""

from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import Field

from api.auth.callers import PEOPLE, Looker, may_look, may_operate
from api.context import ContextDep
from api.http.checked_bodies import CheckedBody
from api.http.paging import Paging
from api.messages.batch_steering import add_steering
from api.messages.batch_views import BatchPage, batch_page
from centre.batches import control
from core.fields import Code

router = APIRouter(
    prefix="/v1/admin/batches",
    tags=["admin: work"],
    dependencies=PEOPLE,
    route_class=CheckedBody,
)


class BatchQuery(Paging):
    """Which batches to list."""

    client: Code | None = Field(default=None)


@router.get("")
async def list_all_batches(
    query: Annotated[BatchQuery, Query()], caller: Looker, context: ContextDep
) -> BatchPage:
    """List batches, newest first."""
    found = await control.list_batches(context, query.client, query.cursor, query.limit)
    return batch_page(found)


add_steering(router, "any_batch", look=may_look, steer=may_operate, accepted=200)
