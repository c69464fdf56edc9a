"""`/v1/admin/queues` and `/failed-messages`: what waits, and what waits for people."""

from datetime import timedelta
from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import ConfigDict, Field, StrictBool

from api.admin.common import PREFIX, CodePath
from api.auth.callers import PEOPLE, Looker, Operator
from api.context import ContextDep
from api.http.checked_bodies import CheckedBody
from api.http.paging import Nothing, PagingDep
from api.messages.views import MessagePage, Time, page_of
from centre.flows.queue_figures import QueueFigures
from centre.messages.contracts import MessageFilter
from centre.messages.finding import list_failed
from centre.orders import bulk_resend as bulk
from centre.orders.cancel_resend import ResendOrder
from centre.queues import steering
from centre.queues.models import (
    LEAST_PER_SECOND,
    MOST_PER_SECOND,
    QueueSample,
    QueueSettings,
)
from centre.watch.overview import Overview, shared_overview
from core.base import Model
from core.fields import Code
from core.text.plain_text import MaybePlainText
from db.pages import Page

router = APIRouter(
    prefix=PREFIX, tags=["admin: work"], dependencies=PEOPLE, route_class=CheckedBody
)


class FailedFilter(Model):
    """Which failed messages; `from` is inclusive, `to` is not."""

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)

    client: Code | None = None
    type: Code | None = None
    reference: MaybePlainText = Field(default=None, min_length=1, max_length=64)
    since: Time | None = Field(default=None, alias="from")
    until: Time | None = Field(default=None, alias="to")

    def wanted(self) -> MessageFilter:
        """Return what is asked for."""
        return MessageFilter(
            client=self.client,
            type=self.type,
            reference=self.reference,
            since=self.since,
            until=self.until,
        )


class FailedQuery(FailedFilter):
    """Which failed messages to list."""

    limit: int = Field(default=50, ge=1, le=200)
    cursor: str | None = Field(default=None, min_length=1, max_length=512)


class BulkResend(ResendOrder):
    """Which failed messages go out again, why, and on which channels (all)."""

    filter: FailedFilter


class BulkAnswer(Model):
    """How many were sent again and how many not; `more` where others are left."""

    resent: int
    skipped: int
    more: bool


_PerSecond = Annotated[
    float, Field(ge=LEAST_PER_SECOND, le=MOST_PER_SECOND, strict=True)
]


class LimitBody(Model):
    """How many calls to providers a second may go out of a queue; null: no limit."""

    per_second: (
        Annotated[float, Field(ge=LEAST_PER_SECOND, le=MOST_PER_SECOND, strict=True)]
        | None
    )


class QueuePatch(Model):
    """Whether critical messages go out while the client's queue is paused."""

    critical_passes_pause: StrictBool


@router.get("/queues")
async def list_queues(
    paging: PagingDep, caller: Looker, context: ContextDep
) -> Page[QueueFigures]:
    """Show each client's queue, as Temporal counts it."""
    return await steering.queues(context, paging.cursor, paging.limit)


@router.get("/queues/{code}/samples")
async def list_queue_samples(
    code: CodePath,
    caller: Looker,
    context: ContextDep,
    minutes: Annotated[int, Query(ge=1, le=24 * 60)] = 60,
) -> Page[QueueSample]:
    """List what was seen of a queue of late, every 10 seconds, the earliest first."""
    found = await steering.samples_of(context, code, timedelta(minutes=minutes))
    return Page[QueueSample](items=found)


@router.post("/queues/{code}/pause")
async def pause_queue(
    code: CodePath, caller: Operator, context: ContextDep, _: Nothing | None = None
) -> QueueSettings:
    """Let a client's queue stand still: what is in it waits until it is resumed."""
    return await steering.pause(context, code, caller.actor)


@router.post("/queues/{code}/resume")
async def resume_queue(
    code: CodePath, caller: Operator, context: ContextDep, _: Nothing | None = None
) -> QueueSettings:
    """Let the workers serve a client's queue again, within 5 seconds."""
    return await steering.resume(context, code, caller.actor)


@router.put("/queues/{code}/limit")
async def limit_queue(
    code: CodePath, body: LimitBody, caller: Operator, context: ContextDep
) -> QueueSettings:
    """Set how many calls to providers a second a queue makes, or take it away."""
    return await steering.limit(context, code, body.per_second, caller.actor)


@router.patch("/queues/{code}")
async def change_queue(
    code: CodePath, body: QueuePatch, caller: Operator, context: ContextDep
) -> QueueSettings:
    """Set whether critical messages accepted from now on pass a pause."""
    passes = body.critical_passes_pause
    return await steering.let_critical_pass(context, code, passes, caller.actor)


@router.get("/overview")
async def get_overview(caller: Looker, context: ContextDep) -> Overview:
    """Tell whether all is well, as it was at most 10 seconds ago."""
    return await shared_overview(context)


@router.get("/failed-messages")
async def list_failed_messages(
    query: Annotated[FailedQuery, Query()], caller: Looker, context: ContextDep
) -> MessagePage:
    """List the messages that wait for somebody to send them again."""
    wanted = query.wanted()
    return page_of(await list_failed(context, wanted, query.cursor, query.limit))


@router.post("/failed-messages/resend")
async def resend_failed_messages(
    body: BulkResend, caller: Operator, context: ContextDep
) -> BulkAnswer:
    """Send failed messages again, at most 200 in one call."""
    wanted = body.filter.wanted()
    order = ResendOrder(reason=body.reason, channels=body.channels)
    done = await bulk.resend_failed(context, wanted, order, caller.actor, pages=1)
    return BulkAnswer(resent=done.resent, skipped=done.skipped, more=done.more)
