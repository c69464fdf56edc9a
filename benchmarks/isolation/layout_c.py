"""Layout C, to be measured beside ours: `python -m benchmarks.isolation.layout_c`.

One queue and one Worker for the workflow tasks of all clients; a Worker for each
client takes its activities alone.
"""

import asyncio
from collections.abc import Mapping
from typing import Any

from temporalio import workflow
from temporalio.client import Interceptor as ClientInterceptor
from temporalio.client import OutboundInterceptor, StartWorkflowInput, WorkflowHandle
from temporalio.worker import (
    Interceptor,
    StartActivityInput,
    WorkflowInboundInterceptor,
    WorkflowInterceptorClassInput,
    WorkflowOutboundInterceptor,
)

from activities.failures import FailureInterceptor
from core import search_attributes as search
from core.models import task_queue
from serving import WORKFLOWS, Queues, Serving, WorkerQuota, make_worker
from worker import Share, run

SHARED = "hmc-workflows"
_ROOM = WorkerQuota(workflow_polls=10, activity_polls=1, cached=5000)


class _ToTheClient(WorkflowOutboundInterceptor):
    """Sends each activity to the queue of the message's client."""

    def start_activity(self, input: StartActivityInput) -> Any:
        found = workflow.info().typed_search_attributes[search.CLIENT]
        input.task_queue = task_queue(found)
        return super().start_activity(input)


class _Inbound(WorkflowInboundInterceptor):
    def init(self, outbound: WorkflowOutboundInterceptor) -> None:
        super().init(_ToTheClient(outbound))


class _Routing(Interceptor):
    def workflow_interceptor_class(
        self, input: WorkflowInterceptorClassInput
    ) -> type[WorkflowInboundInterceptor] | None:
        return _Inbound


class _Outbound(OutboundInterceptor):
    async def start_workflow(
        self, input: StartWorkflowInput
    ) -> WorkflowHandle[Any, Any]:
        input.task_queue = SHARED
        return await super().start_workflow(input)


class OnShared(ClientInterceptor):
    """Starts every workflow on the shared queue."""

    def intercept_client(self, next: OutboundInterceptor) -> OutboundInterceptor:
        return _Outbound(super().intercept_client(next))


class SharedQueues(Queues):
    """Layout C; the first thing it serves is the shared queue."""

    async def follow(self, wanted: Mapping[str, float | None]) -> None:
        """Serve the shared queue, and each client's for its activities."""
        await super().follow({SHARED: None, **wanted})

    def _begin(self, queue: str, per_second: float | None, room: WorkerQuota) -> None:
        shared = queue == SHARED
        interceptors = (FailureInterceptor(), _Routing())
        worker = make_worker(
            self._client,
            queue,
            WORKFLOWS if shared else (),
            # Local activities run where their workflow is.
            self._activities,
            *interceptors,
            room=_ROOM,
        )
        running = asyncio.create_task(worker.run())
        self._serving[queue] = Serving(worker, running, per_second)


if __name__ == "__main__":
    asyncio.run(run(Share(), SharedQueues))
