"""Bulk resends under way: they go on when their page is closed."""

import asyncio
from dataclasses import dataclass

import structlog

from centre.audit.audit import Actor
from centre.messages.contracts import MessageFilter
from centre.orders.bulk_resend import BulkProgress, resend_failed
from centre.orders.cancel_resend import ResendOrder
from console.kit.context import ConsoleContext
from core.errors import Conflict, MessageCentreError
from core.process.logs import describe

_log = structlog.get_logger("console")


@dataclass
class Job:
    """One person's bulk resend: how far it is, and how it ended."""

    count: int
    progress: BulkProgress
    error: MessageCentreError | None = None
    broken: bool = False
    task: asyncio.Task[None] | None = None

    @property
    def over(self) -> bool:
        """Whether nothing more happens."""
        return self.task is None or self.task.done()


# By who ordered it; the last one stays to be looked at.
_JOBS: dict[str, Job] = {}


def job_of(who: str) -> Job | None:
    """Return somebody's bulk resend, under way or over."""
    return _JOBS.get(who)


def begin(
    context: ConsoleContext,
    wanted: MessageFilter,
    order: ResendOrder,
    actor: Actor,
    count: int,
) -> Job:
    """Begin a bulk resend; Conflict while this person's last one is under way."""
    last = _JOBS.get(actor.who)
    if last is not None and not last.over:
        raise Conflict("Your last bulk resend is still under way.")
    job = Job(count=count, progress=BulkProgress(more=True))
    job.task = asyncio.create_task(_work(job, context, wanted, order, actor))
    _JOBS[actor.who] = job
    return job


async def _work(
    job: Job,
    context: ConsoleContext,
    wanted: MessageFilter,
    order: ResendOrder,
    actor: Actor,
) -> None:
    def report(progress: BulkProgress) -> None:
        job.progress = progress

    try:
        await resend_failed(context, wanted, order, actor, report=report)
    except MessageCentreError as error:
        job.error = error
    except Exception as error:
        job.broken = True
        _log.error("unexpected", page="failed", **describe(error))
