"""What waits in a client's task queue, as Temporal counts it."""

import asyncio
from datetime import UTC, datetime, timedelta

from temporalio.api.enums.v1 import TaskQueueType
from temporalio.api.taskqueue.v1 import TaskQueue
from temporalio.api.workflowservice.v1 import (
    DescribeTaskQueueRequest,
    DescribeTaskQueueResponse,
)
from temporalio.client import Client
from temporalio.service import RPCError

from core.errors import Unavailable
from core.models import Model, task_queue

_WAIT = timedelta(seconds=3)
# A poll lasts up to 60 s, and its beginning is what Temporal remembers.
_POLL = timedelta(seconds=75)
_WORKFLOW = TaskQueueType.TASK_QUEUE_TYPE_WORKFLOW
_ACTIVITY = TaskQueueType.TASK_QUEUE_TYPE_ACTIVITY


class QueueFigures(Model):
    """One client's queue: its workflow tasks and activities together.

    Rates are over the last 30 s; `limit_per_second` is how many calls to
    providers people let out of it.
    """

    client: str
    task_queue: str
    backlog: int
    oldest_age_seconds: float
    added_per_second: float
    dispatched_per_second: float
    pollers: int
    paused: bool
    limit_per_second: float | None = None


async def describe_queue(client: Client, code: str) -> QueueFigures:
    """Ask Temporal for the figures of a client's queue."""
    both = await asyncio.gather(
        _describe(client, code, _WORKFLOW), _describe(client, code, _ACTIVITY)
    )
    stats = [answer.stats for answer in both]
    ages = [s.approximate_backlog_age.ToTimedelta() for s in stats]
    return QueueFigures(
        client=code,
        task_queue=task_queue(code),
        backlog=sum(s.approximate_backlog_count for s in stats),
        oldest_age_seconds=round(max(ages).total_seconds(), 3),
        added_per_second=round(sum(s.tasks_add_rate for s in stats), 3),
        dispatched_per_second=round(sum(s.tasks_dispatch_rate for s in stats), 3),
        pollers=len({who for answer in both for who in _live(answer)}),
        paused=any(_paused(answer) for answer in both),
    )


async def live_pollers(client: Client, code: str) -> int:
    """Return how many workers poll a client's queue for its workflows."""
    return len(_live(await _describe(client, code, _WORKFLOW)))


async def _describe(
    client: Client, code: str, kind: TaskQueueType.ValueType
) -> DescribeTaskQueueResponse:
    request = DescribeTaskQueueRequest(
        namespace=client.namespace,
        task_queue=TaskQueue(name=task_queue(code)),
        task_queue_type=kind,
        report_stats=True,
        report_config=True,
    )
    try:
        return await client.workflow_service.describe_task_queue(request, timeout=_WAIT)
    except RPCError:
        raise Unavailable("Temporal does not answer.") from None


def _live(answer: DescribeTaskQueueResponse) -> set[str]:
    """Return the workers that polled of late; Temporal lists dead ones for minutes."""
    since = datetime.now(UTC) - _POLL
    return {
        poller.identity
        for poller in answer.pollers
        if poller.last_access_time.ToDatetime(UTC) > since
    }


def _paused(answer: DescribeTaskQueueResponse) -> bool:
    limit = answer.config.queue_rate_limit
    return limit.HasField("rate_limit") and limit.rate_limit.requests_per_second == 0
