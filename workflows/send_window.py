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
    from centre.delivery.contracts import Prepared
    from core.codec import Summary
    from core.models import Waiting
    from core.words import Status
    from workflows.options import LEAST_WAIT, STORE
    from workflows.state import MessageState


class SendWindow:
    """When one message may go out."""

    def __init__(
        self, state: MessageState, record: Callable[[], Awaitable[None]]
    ) -> None:
        self._state = state
        self._record = record
        self._waiting: list[Waiting] = []

    async def open(self) -> Prepared | None:
        """Return the deliveries as prepared once they may begin; None: stopped before.

        `cancelled`: its batch was stopped, or it was taken back.
        """
        while True:
            prepared = await workflow.execute_local_activity_method(
                RecordActivities.prepare,
                self._state.beginning,
                **(STORE | {"summary": Summary("find addresses")}),
            )
            followed = self._state.follows
            self._state.digested(prepared)
            if prepared.cancelled:
                return prepared
            if followed and not self._state.follows and self._state.stop:
                return None
            if prepared.waiting is None:
                self._state.stored()
                self._state.stand(Status.DELIVERING)
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
            self._state.stand(Status.SCHEDULED)
            self._state.publish()
        await self._record()
        with suppress(TimeoutError):
            await workflow.wait_condition(
                lambda: bool(self._state.stop or enough()),
                timeout=self._time_to(waiting),
                timeout_summary=summary or Summary(waiting.reason),
            )
        self._waiting.remove(waiting)
        self._show()
        return not self._state.stop and not enough()

    def _time_to(self, waiting: Waiting) -> timedelta:
        """Return how long to wait; a message that expires is not waited for longer."""
        now, expires = workflow.now(), self._state.message.expires_at
        wait = max(waiting.until - now, LEAST_WAIT)
        if self._state.follows:
            return wait
        return min(wait, max(expires - now, timedelta(0))) if expires else wait

    def _show(self) -> None:
        """Say what is waited for: the earliest, where channels wait apart."""
        first = min(self._waiting, key=lambda w: w.until, default=None)
        self._state.waits(first)
