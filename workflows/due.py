"""Holds a message while it must not go out: quiet hours, windows, caps.

What is allowed is found out by activities, at the workflow's time; here it is
only waited for, by durable timers, so that a replay decides the same.
"""

from collections.abc import Awaitable, Callable
from contextlib import suppress
from datetime import timedelta

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from activities.records import RecordActivities
    from centre.delivery.contracts import Prepared, Snapshot
    from centre.messages import status as progress
    from core.codec import Summary
    from core.models import Waiting
    from core.words import Status
    from workflows.ledger import Ledger
    from workflows.options import LEAST_WAIT, STORE


class Due:
    """When one message may go out; `stopped` says that it must not any more."""

    def __init__(
        self,
        ledger: Ledger,
        record: Callable[[], Awaitable[None]],
        stopped: Callable[[], object],
    ) -> None:
        self._ledger = ledger
        self._record = record
        self._stopped = stopped
        self._waiting: list[Waiting] = []
        # Whether its batch was stopped, or it was taken back.
        self.called_off = False

    async def prepare(self) -> Prepared | None:
        """Prepare the deliveries once they may begin; None: stopped before."""
        while True:
            prepared = await workflow.execute_local_activity_method(
                RecordActivities.prepare,
                self._snapshot(),
                **(STORE | {"summary": Summary("find addresses")}),
            )
            followed = self._follows
            self._ledger.digested(prepared)
            if prepared.cancelled:
                self.called_off = True
                return None
            if followed and not self._follows and self._stopped():
                return None
            if prepared.waiting is None:
                self._ledger.stored()
                self._ledger.stand(Status.DELIVERING)
                return prepared
            if not await self.wait(prepared.waiting):
                return None

    async def wait(
        self,
        waiting: Waiting,
        summary: Summary | None = None,
        enough: Callable[[], object] = lambda: False,
    ) -> bool:
        """Wait until a time; False where the message was stopped before.

        Likewise where it is enough: there is nothing to wait for any more.
        """
        self._waiting.append(waiting)
        self._show()
        if waiting.channel is None:
            self._ledger.stand(Status.SCHEDULED)
            self._ledger.publish()
        await self._record()
        with suppress(TimeoutError):
            await workflow.wait_condition(
                lambda: bool(self._stopped() or enough()),
                timeout=self._time_to(waiting),
                timeout_summary=summary or Summary(waiting.reason),
            )
        self._waiting.remove(waiting)
        self._show()
        return not self._stopped() and not enough()

    @property
    def stopped(self) -> bool:
        """Whether nothing more may go out."""
        return bool(self._stopped())

    @property
    def _follows(self) -> bool:
        """Whether another message tells of this one: then that one's end is ours."""
        return self._ledger.doc.digested_into is not None

    def _snapshot(self) -> Snapshot:
        """Return the message as it stands once it is being delivered."""
        now = workflow.now()
        doc = progress.with_status(self._ledger.doc, Status.DELIVERING, now)
        return Snapshot(message=self._ledger.message, status=doc, at=now)

    def _time_to(self, waiting: Waiting) -> timedelta:
        """Return how long to wait; a message that expires is not waited for longer."""
        now, expires = workflow.now(), self._ledger.message.expires_at
        wait = max(waiting.until - now, LEAST_WAIT)
        if self._follows:
            return wait
        return min(wait, max(expires - now, timedelta(0))) if expires else wait

    def _show(self) -> None:
        """Say what is waited for: the earliest, where channels wait apart."""
        first = min(self._waiting, key=lambda w: w.until, default=None)
        self._ledger.waits(first)
