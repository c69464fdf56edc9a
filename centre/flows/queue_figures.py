"""What waits in a client's task queue, as Temporal counts it."""

import asyncio
from collections.abc import Sequence
from datetime import UTC, timedelta

from temporalio.api.enums.v1 import TaskQueueType
from temporalio.api.taskqueue.v1 import TaskQueue, TaskQueueStats
from temporalio.api.workflowservice.v1 import (
    DescribeTaskQueueRequest,
    DescribeTaskQueueResponse,
)
from temporalio.client import Client
from temporalio.service import RPCError

from core.base import Model
from core.clock import utc_now
from core.errors import Unavailable
from core.models import task_queue
from core.words import Priority

_WAIT = timedelta(seconds=3)
# A poll lasts up to 60 s, and its beginning is what Temporal remembers.
_POLL = timedelta(seconds=75)
_WORKFLOW = TaskQueueType.TASK_QUEUE_TYPE_WORKFLOW
_ACTIVITY = TaskQueueType.TASK_QUEUE_TYPE_ACTIVITY


class PriorityFigures(Model):
    """What waits of one priority."""

    backlog: int = 0
    oldest_age_seconds: float = 0.0


class QueueFigures(Model):
    """One client's queue: its workflow tasks and activities together.

    Rates are over the last 30 s; `limit_per_second` is how many calls to
    providers people let out of it. A second queue of the client, for critical
    messages that pass a pause, is counted in.
    """

    client: str
    task_queue: str
    backlog: int
    oldest_age_seconds: float
    by_priority: dict[Priority, PriorityFigures] = {}
    added_per_second: float
    dispatched_per_second: float
    pollers: int
    paused: bool
    limit_per_second: float | None = None
    critical_passes_pause: bool = False


async def describe_queue(
    client: Client, code: str, *, both: bool = False
) -> QueueFigures:
    """Ask Temporal for the figures of a client's queue, or of both its queues."""
    plain = task_queue(code)
    names = [plain, task_queue(code, passes_pause=True)] if both else [plain]
    kinds = (_WORKFLOW, _ACTIVITY)
    asked = (_describe(client, name, kind) for name in names for kind in kinds)
    answers = await asyncio.gather(*asked)
    stats = [answer.stats for answer in answers]
    return QueueFigures(
        client=code,
        task_queue=plain,
        backlog=sum(s.approximate_backlog_count for s in stats),
        oldest_age_seconds=max(map(_age, stats)),
        by_priority=_by_priority(answers),
        added_per_second=round(sum(s.tasks_add_rate for s in stats), 3),
        dispatched_per_second=round(sum(s.tasks_dispatch_rate for s in stats), 3),
        # The second queue is served while the first one rests.
        pollers=len({who for answer in answers[:2] for who in _live(answer)}),
        paused=any(_paused(answer) for answer in answers[:2]),
    )


def _age(stats: TaskQueueStats) -> float:
    return round(stats.approximate_backlog_age.ToTimedelta().total_seconds(), 3)


def _by_priority(
    answers: Sequence[DescribeTaskQueueResponse],
) -> dict[Priority, PriorityFigures]:
    """Return the figures of each priority; Temporal knows them by its keys."""
    return {
        priority: _summed([a.stats_by_priority_key[priority.key] for a in answers])
        for priority in Priority
    }


def _summed(stats: Sequence[TaskQueueStats]) -> PriorityFigures:
    return PriorityFigures(
        backlog=sum(s.approximate_backlog_count for s in stats),
        oldest_age_seconds=max(map(_age, stats)),
    )


async def live_pollers(client: Client, code: str) -> int:
    """Return how many workers poll a client's queue for its workflows."""
    return len(_live(await _describe(client, task_queue(code), _WORKFLOW)))


async def _describe(
    client: Client, name: str, kind: TaskQueueType.ValueType
) -> DescribeTaskQueueResponse:
    request = DescribeTaskQueueRequest(
        namespace=client.namespace,
        task_queue=TaskQueue(name=name),
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
    since = utc_now() - _POLL
    return {
        poller.identity
        for poller in answer.pollers
        if poller.last_access_time.ToDatetime(UTC) > since
    }


def _paused(answer: DescribeTaskQueueResponse) -> bool:
    limit = answer.config.queue_rate_limit
    return limit.HasField("rate_limit") and limit.rate_limit.requests_per_second == 0
