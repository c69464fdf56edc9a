"""Sending many failed messages again, telling how far it is."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from centre.audit.audit import Actor
from centre.audit.roles import OPERATORS
from centre.context import Context
from centre.messages import queries as messages
from centre.messages.contracts import MessageFilter
from centre.orders.cancel_resend import ResendOrder, resend_one
from core.clock import utc_now
from core.errors import MessageCentreError
from core.fields import check_times
from core.models import MessageStatus
from db.pages import MAX_LIMIT, Page

_AT_ONCE = 8


@dataclass(frozen=True)
class BulkProgress:
    """How many went out again and how many did not; `more` where some are left."""

    resent: int = 0
    skipped: int = 0
    more: bool = False


_NOTHING = BulkProgress()
Report = Callable[[BulkProgress], None]


def _nobody(_: BulkProgress) -> None:
    """Nobody wants to know how far it is."""


async def resend_failed(
    context: Context,
    wanted: MessageFilter,
    order: ResendOrder,
    actor: Actor,
    *,
    pages: int | None = None,
    report: Report = _nobody,
) -> BulkProgress:
    """Send the failed messages of a filter again: all, or so many pages of 200.

    `report` hears of every message. One that has failed again meanwhile is
    not sent twice.
    """
    actor.must_be(*OPERATORS)
    check_times(wanted.since, wanted.until)
    await context.flows.check()
    now, cursor = utc_now(), None
    progress, read = BulkProgress(more=True), 0
    while progress.more and read != pages:
        page = await _page(context, wanted, now, cursor)
        progress = await resend_each(
            context, page.items, order, actor, progress=progress, report=report
        )
        progress = replace(progress, more=page.next is not None)
        cursor, read = page.next, read + 1
    report(progress)
    return progress


async def _page(
    context: Context, wanted: MessageFilter, now: datetime, cursor: str | None
) -> Page[MessageStatus]:
    async with context.store.sessions() as session:
        return await messages.list_failed(session, wanted, now, cursor, MAX_LIMIT)


async def resend_each(
    context: Context,
    docs: Sequence[MessageStatus],
    order: ResendOrder,
    actor: Actor,
    *,
    automatic: bool = False,
    progress: BulkProgress = _NOTHING,
    report: Report = _nobody,
) -> BulkProgress:
    """Send these again, a few at a time; return what that adds to the progress."""
    few = asyncio.Semaphore(_AT_ONCE)

    async def one(doc: MessageStatus) -> None:
        nonlocal progress
        async with few:
            sent = await _sent(context, doc, order, actor, automatic)
        if sent:
            progress = replace(progress, resent=progress.resent + 1)
        else:
            progress = replace(progress, skipped=progress.skipped + 1)
        report(progress)

    await asyncio.gather(*map(one, docs))
    return progress


async def _sent(
    context: Context,
    doc: MessageStatus,
    order: ResendOrder,
    actor: Actor,
    automatic: bool,
) -> bool:
    """Tell whether a message was sent again; one in another state by now is not."""
    try:
        await resend_one(context, doc, order, actor, automatic=automatic)
    except MessageCentreError:
        return False
    return True
