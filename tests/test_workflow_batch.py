"""A batch's workflow: when it begins, how fast it goes, how it is stopped.

Time is skipped; who is written to is counted by a scripted activity.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID, uuid4

from temporalio import activity
from temporalio.client import Client, WorkflowHandle
from temporalio.testing import WorkflowEnvironment
from temporalio.worker import Worker

from activities.models import BatchBegun, BatchPage, BatchPageDone
from core.batches import BatchState, Steering
from tests.workflow_rig import encrypting
from workflows.batch import BatchOrder, DeliverBatch
from workflows.options import PAGES_A_RUN

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


async def test_a_batch_goes_out_at_its_rate(time_skipping: WorkflowEnvironment) -> None:
    pages = Pages(count=400, rate=20)
    async with serving(time_skipping, pages) as client:
        await (await begin(client)).result()
    assert pages.each_once()
    assert 18 <= pages.took() <= 21


async def test_a_batch_waits_until_it_is_due(
    time_skipping: WorkflowEnvironment,
) -> None:
    due = await time_skipping.get_current_time() + timedelta(days=40)
    pages = Pages(count=3, send_at=due, state=BatchState.SENDING)
    async with serving(time_skipping, pages) as client:
        await (await begin(client)).result()
    assert pages.each_once()
    assert pages.begun[0][1] >= due


async def test_a_paused_batch_begins_nothing(
    time_skipping: WorkflowEnvironment,
) -> None:
    pages = Pages(count=400)
    async with serving(time_skipping, pages) as client:
        handle = await begin(client)
        await time_skipping.sleep(5)
        await steer(handle, pages.order(BatchState.PAUSED))
        stood = len(pages.begun)
        assert 0 < stood < 400
        await time_skipping.sleep(3600)
        assert len(pages.begun) == stood
        await steer(handle, pages.order(BatchState.SENDING))
        await handle.result()
    assert pages.each_once()


async def test_a_pause_that_only_the_store_knows_holds_too(
    time_skipping: WorkflowEnvironment,
) -> None:
    pages = Pages(count=400)
    async with serving(time_skipping, pages) as client:
        handle = await begin(client)
        await time_skipping.sleep(5)
        pages.order(BatchState.PAUSED)
        await time_skipping.sleep(60)
        stood, looks = len(pages.begun), pages.looks
        await time_skipping.sleep(3600)
        assert (len(pages.begun), pages.looks) == (stood, looks)
        await steer(handle, pages.order(BatchState.SENDING))
        await handle.result()
    assert pages.each_once()


async def test_a_cancelled_batch_ends_in_the_middle(
    time_skipping: WorkflowEnvironment,
) -> None:
    pages = Pages(count=10_000)
    async with serving(time_skipping, pages) as client:
        handle = await begin(client)
        await time_skipping.sleep(5)
        await steer(handle, pages.order(BatchState.CANCELLED))
        await handle.result()
        history = await handle.fetch_history()
    (told,) = (
        event.event_time.ToDatetime()
        for event in history.events
        if event.HasField("workflow_execution_signaled_event_attributes")
    )
    ended = history.events[-1].event_time.ToDatetime()
    assert ended - told < timedelta(seconds=5)
    assert 0 < len(pages.begun) < 500


async def test_a_cancelled_batch_that_is_not_due_ends_at_once(
    time_skipping: WorkflowEnvironment,
) -> None:
    now = await time_skipping.get_current_time()
    pages = Pages(count=10, send_at=now + timedelta(days=1))
    async with serving(time_skipping, pages) as client:
        handle = await begin(client)
        await time_skipping.sleep(5)
        await steer(handle, pages.order(BatchState.CANCELLED))
        await handle.result()
    assert pages.begun == []


async def test_the_rate_is_changed_on_the_way(
    time_skipping: WorkflowEnvironment,
) -> None:
    pages = Pages(count=1000, rate=0.01)
    async with serving(time_skipping, pages) as client:
        handle = await begin(client)
        await time_skipping.sleep(5)
        await steer(handle, pages.order(BatchState.SENDING, 200))
        await handle.result()
    assert pages.each_once()
    assert pages.took() < 30


async def test_an_older_order_changes_nothing(
    time_skipping: WorkflowEnvironment,
) -> None:
    pages = Pages(count=100)
    async with serving(time_skipping, pages) as client:
        handle = await begin(client)
        await time_skipping.sleep(1)
        late = pages.steering.model_copy(
            update={"state": BatchState.CANCELLED, "revision": 0}
        )
        await steer(handle, late)
        await handle.result()
    assert pages.each_once()


async def test_a_long_batch_goes_on_in_a_new_run(
    time_skipping: WorkflowEnvironment,
) -> None:
    pages = Pages(count=PAGES_A_RUN + 30, rate=0.5)
    async with serving(time_skipping, pages) as client:
        handle = await begin(client)
        await handle.result()
        first = client.get_workflow_handle(
            handle.id, run_id=handle.first_execution_run_id
        )
        history = await first.fetch_history()
    assert pages.each_once()
    assert len(history.events) < 2000
    ended = history.events[-1]
    assert ended.HasField("workflow_execution_continued_as_new_event_attributes")


async def test_a_batch_that_was_never_accepted_does_nothing(
    time_skipping: WorkflowEnvironment,
) -> None:
    pages = Pages(count=0)
    async with serving(time_skipping, pages) as client:
        await (await begin(client)).result()
    assert pages.begun == []


async def test_progress_is_told(time_skipping: WorkflowEnvironment) -> None:
    pages = Pages(count=10_000)
    async with serving(time_skipping, pages) as client:
        handle = await begin(client)
        await time_skipping.sleep(5)
        seen = await handle.query(DeliverBatch.progress)
        await steer(handle, pages.order(BatchState.CANCELLED))
        await handle.result()
    assert 0 < seen.next <= len(pages.begun)
    assert seen.steering is not None
