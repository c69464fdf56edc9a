"""One batch: wait until it is due, then begin its messages page by page, at its rate.

Only numbers pass through here: who is written to stays in the store.
"""

from datetime import datetime, timedelta
from uuid import UUID

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from activities.batches import BatchActivities
    from centre.batches.contracts import BatchPage
    from centre.batches.rules import page_size
    from centre.flows.batches import OVER, BatchState, Steering
    from core.base import Model, evolve
    from core.codec import Summary
    from workflows.options import PAGE, PAGES_A_RUN


class BatchOrder(Model):
    """The input: which batch, and where to go on.

    `steering`: None where it has not begun.
    """

    batch_id: UUID
    next: int = 0
    steering: Steering | None = None


@workflow.defn
class DeliverBatch:
    """Begins a batch's messages; its workflow id is `batch-<id>`."""

    @workflow.init
    def __init__(self, order: BatchOrder) -> None:
        self._order = order
        self._next = order.next
        self._steering = order.steering

    @workflow.run
    async def run(self, order: BatchOrder) -> None:
        if order.steering is None and not await self._begin():
            return
        for _ in range(PAGES_A_RUN):
            await workflow.wait_condition(lambda: not self._in(BatchState.PAUSED))
            if self._in(*OVER):
                return
            await self._send_page()
        workflow.continue_as_new(self._progress())

    @workflow.query
    def progress(self) -> BatchOrder:
        """How far the batch is, and how it is driven."""
        return self._progress()

    @workflow.signal
    def steer(self, steering: Steering) -> None:
        """Pause, go on, stop, or change the rate: what was written last holds."""
        if self._steering is None or steering.revision > self._steering.revision:
            self._steering = steering

    def _progress(self) -> BatchOrder:
        return evolve(self._order, next=self._next, steering=self._steering)

    def _in(self, *states: BatchState) -> bool:
        return self._steering is not None and self._steering.state in states

    async def _begin(self) -> bool:
        """Wait until the batch is due; False where there is none."""
        begun = await workflow.execute_activity_method(
            BatchActivities.begin_batch,
            self._order.batch_id,
            **(PAGE | {"summary": Summary("look at the batch")}),
        )
        if begun is None:
            return False
        self.steer(begun.steering)
        if begun.send_at is not None:
            await self._wait(begun.send_at)
        return True

    async def _send_page(self) -> None:
        """Begin one page's messages, and let the time pass that it has."""
        began, size = workflow.now(), page_size(self._rate)
        page = BatchPage(batch_id=self._order.batch_id, first=self._next, size=size)
        done = await workflow.execute_activity_method(
            BatchActivities.send_page,
            page,
            **(PAGE | {"summary": Summary(f"begin {size} from {page.first}")}),
        )
        self.steer(done.steering)
        count, self._next = done.next - page.first, done.next
        while count and not self._in(*OVER):
            rate = self._rate
            await self._wait(began + timedelta(seconds=count / rate), rate)
            if rate == self._rate:
                return

    @property
    def _rate(self) -> float:
        assert self._steering is not None
        return self._steering.rate_per_second

    async def _wait(self, until: datetime, rate: float | None = None) -> None:
        """Wait until a time; less where the batch is stopped or its rate changes."""
        try:
            await workflow.wait_condition(
                lambda: self._in(*OVER) or (rate is not None and rate != self._rate),
                timeout=max(until - workflow.now(), timedelta(0)),
            )
        except TimeoutError:
            return
