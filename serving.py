"""Task queues as one process serves them: a Worker for each, lean where many."""

import asyncio
import zlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import structlog
from temporalio.client import Client
from temporalio.worker import (
    Interceptor,
    PollerBehaviorSimpleMaximum,
    UnsandboxedWorkflowRunner,
    Worker,
)

from activities.failures import FailureInterceptor
from workflows.batch import DeliverBatch
from workflows.callback import TellClient
from workflows.message import DeliverMessage
from workflows.recall import RecallMessage

WORKFLOWS = (DeliverBatch, DeliverMessage, RecallMessage, TellClient)

# A deploy waits this long for provider calls under way.
_GRACE = timedelta(seconds=10)
# Temporal keeps a queue's last limit until a worker names another.
_UNLIMITED = 100_000.0
# Long polls of a process, over all its queues: each costs the server a goroutine
# and a call a minute, and brings work in only while there is a backlog.
_POLLS_IN_ALL = 400
_MOST_POLLS = 4
# The SDK wants two: one for new work, one for what it has in its cache.
_LEAST_WORKFLOW_POLLS = 2
# Workflows of a process kept in memory between their tasks; one that is not
# there is replayed. Some 50 kB each.
_CACHED_IN_ALL = 10_000
_MOST_CACHED, _LEAST_CACHED = 500, 20
# Tasks of a queue that a process has in hand: what it took, nothing overtakes.
# Calls mostly wait for the provider; workflow tasks hold the process and the
# store, so few of one client's stand before another's (docs/decisions/0013).
_CALLS_AT_ONCE = 20
_WORKFLOW_TASKS_AT_ONCE = 4
# So many Workers begin at once, then the process breathes.
_TOGETHER, _PAUSE = 10, 0.04

Activity = Callable[..., Any]

log = structlog.get_logger("worker")


@dataclass(frozen=True)
class WorkerQuota:
    """How much one queue gets of its process: long polls, cached workflows."""

    workflow_polls: int
    activity_polls: int
    cached: int


AMPLE_QUOTA = WorkerQuota(_MOST_POLLS, _MOST_POLLS, _MOST_CACHED)


def quota_for(queues: int) -> WorkerQuota:
    """Return what each of so many queues gets; the fewer, the more."""
    polls = max(1, min(_MOST_POLLS, _POLLS_IN_ALL // (2 * max(1, queues))))
    cached = _CACHED_IN_ALL // max(1, queues)
    return WorkerQuota(
        workflow_polls=max(_LEAST_WORKFLOW_POLLS, polls),
        activity_polls=polls,
        cached=max(_LEAST_CACHED, min(_MOST_CACHED, cached)),
    )


@dataclass(frozen=True)
class Part:
    """A share of the clients: number `number` of `parts`, by their codes' hash."""

    number: int = 1
    parts: int = 1

    def has(self, client: str) -> bool:
        """Tell whether a client is in this part; the same in every process."""
        return zlib.crc32(client.encode()) % self.parts == self.number - 1


WHOLE = Part()


@dataclass(frozen=True)
class Serving:
    """A queue being served: its Worker, the task it runs in, the limit it has."""

    worker: Worker
    running: asyncio.Task[None]
    per_second: float | None


class Queues:
    """One Worker per task queue; follows what is wanted as it runs.

    Workflows and activities of a client share its queue, so a client's trouble
    stays its own (layout B of docs/decisions/0002 and 0013).
    """

    def __init__(self, client: Client, activities: Sequence[Activity]) -> None:
        self._client = client
        self._activities = activities
        self._serving: dict[str, Serving] = {}
        self._leaving: dict[str, asyncio.Task[None]] = {}

    async def follow(self, wanted: Mapping[str, float | None]) -> None:
        """Serve exactly these task queues, each with its limit a second.

        One that is left stops polling at once. Two Workers of a queue would
        meet in the SDK, so a new one begins when the calls under way are over.
        """
        for queue, serving in list(self._serving.items()):
            if queue not in wanted or wanted[queue] != serving.per_second:
                self._leave(queue)
        new = wanted.keys() - self._serving.keys() - self._leaving.keys()
        room = quota_for(len(wanted))
        for number, queue in enumerate(sorted(new), start=1):
            self._begin(queue, wanted[queue], room)
            if number % _TOGETHER == 0:
                await asyncio.sleep(_PAUSE)

    async def stop(self) -> None:
        """Stop serving, once the provider calls under way have ended."""
        for queue in list(self._serving):
            self._leave(queue)
        await asyncio.gather(*self._leaving.values())

    def _begin(self, queue: str, per_second: float | None, room: WorkerQuota) -> None:
        worker = make_worker(
            self._client,
            queue,
            WORKFLOWS,
            self._activities,
            FailureInterceptor(),
            per_second=per_second,
            room=room,
        )
        running = asyncio.create_task(worker.run())
        self._serving[queue] = Serving(worker, running, per_second)
        log.info("queue.serving", queue=queue, per_second=per_second)

    def _leave(self, queue: str) -> None:
        stopping = self._stop(queue, self._serving.pop(queue))
        self._leaving[queue] = asyncio.create_task(stopping)

    async def _stop(self, queue: str, serving: Serving) -> None:
        try:
            await serving.worker.shutdown()
            await serving.running
        finally:
            del self._leaving[queue]
        log.info("queue.left", queue=queue)


def make_worker(
    client: Client,
    queue: str,
    workflows: Sequence[type],
    activities: Sequence[Activity],
    *interceptors: Interceptor,
    per_second: float | None = None,
    room: WorkerQuota = AMPLE_QUOTA,
) -> Worker:
    """Return the worker of one queue, with what it gets of its process.

    Temporal holds the limit for all workers of a queue together.
    """
    workflow_polls = PollerBehaviorSimpleMaximum(room.workflow_polls)
    return Worker(
        client,
        task_queue=queue,
        workflows=workflows,
        activities=activities,
        interceptors=interceptors,
        # The sandbox costs a third of the worker's CPU; the tests run in it.
        workflow_runner=UnsandboxedWorkflowRunner(),
        workflow_task_poller_behavior=workflow_polls,
        activity_task_poller_behavior=PollerBehaviorSimpleMaximum(room.activity_polls),
        max_cached_workflows=room.cached,
        max_concurrent_workflow_tasks=_WORKFLOW_TASKS_AT_ONCE,
        max_concurrent_activities=_CALLS_AT_ONCE,
        max_task_queue_activities_per_second=per_second or _UNLIMITED,
        # What a worker hands to itself passes the limit by.
        disable_eager_activity_execution=per_second is not None,
        graceful_shutdown_timeout=_GRACE,
    )
