"""A batch of scripted activities, and the worker that serves it."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID, uuid4

from temporalio import activity
from temporalio.client import Client, WorkflowHandle
from temporalio.testing import WorkflowEnvironment
from temporalio.worker import Worker

from centre.batches.contracts import BatchBegun, BatchPage, BatchPageDone
from centre.flows.batches import BatchState, Steering
from tests.support.workflows.rig import encrypting
from workflows.batch import BatchOrder, DeliverBatch

Handle = WorkflowHandle[DeliverBatch, None]


@dataclass
class Pages:
    """A batch of so many, as its activities see it."""

    count: int
    rate: float = 20.0
    send_at: datetime | None = None
    state: BatchState = BatchState.SENDING
    revision: int = 1
    begun: list[tuple[int, datetime]] = field(default_factory=list)
    looks: int = 0
    env: WorkflowEnvironment | None = None

    @property
    def steering(self) -> Steering:
        return Steering(
            state=self.state, rate_per_second=self.rate, revision=self.revision
        )

    def order(self, state: BatchState, rate: float | None = None) -> Steering:
        """Write an order down, as an edge does."""
        self.state, self.rate = state, rate or self.rate
        self.revision += 1
        return self.steering

    @activity.defn
    async def begin_batch(self, batch_id: UUID) -> BatchBegun | None:
        if self.count == 0:
            return None
        return BatchBegun(send_at=self.send_at, steering=self.steering)

    @activity.defn
    async def send_page(self, page: BatchPage) -> BatchPageDone:
        assert self.env is not None
        self.looks += 1
        if self.state is not BatchState.SENDING:
            return BatchPageDone(next=page.first, steering=self.steering)
        now = await self.env.get_current_time()
        end = min(page.end, self.count)
        self.begun += [(n, now) for n in range(page.first, end)]
        if end == self.count:
            self.order(BatchState.SENT)
        return BatchPageDone(next=page.end, steering=self.steering)

    def took(self) -> float:
        """Return the seconds from the first message's start to the last's."""
        return (self.begun[-1][1] - self.begun[0][1]).total_seconds()

    def each_once(self) -> bool:
        """Tell whether every message was begun, in order, once."""
        return [n for n, _ in self.begun] == list(range(self.count))


@asynccontextmanager
async def serving(env: WorkflowEnvironment, pages: Pages) -> AsyncIterator[Client]:
    pages.env = env
    client = encrypting(env.client)
    async with Worker(
        client,
        task_queue="client-his",
        workflows=[DeliverBatch],
        activities=[pages.begin_batch, pages.send_page],
    ):
        yield client


async def begin(client: Client) -> Handle:
    return await client.start_workflow(
        DeliverBatch.run,
        BatchOrder(batch_id=uuid4()),
        id=f"batch-{uuid4()}",
        task_queue="client-his",
    )


async def steer(handle: Handle, steering: Steering) -> None:
    await handle.signal(DeliverBatch.steer, steering)
