"""One message: wait until it is due, run its plan, stay open while it can be resent."""

from collections.abc import Callable
from datetime import datetime

from temporalio import workflow
from temporalio.workflow import ParentClosePolicy

with workflow.unsafe.imports_passed_through():
    from activities.records import RecordActivities
    from centre.delivery.contracts import Record
    from core.codec import Summary
    from core.models import (
        Acknowledgement,
        Cancel,
        Message,
        MessageStatus,
        Receipt,
        Resend,
    )
    from core.words import Reason, Status
    from workflows.away import Away
    from workflows.callback import TellClient, notice_id, notice_of
    from workflows.delivery import Stages
    from workflows.options import STORE
    from workflows.send_window import SendWindow
    from workflows.state import MessageState

# Why the channels nobody tried were not needed.
_REST = {
    Status.DELIVERED: Reason.POLICY_SATISFIED,
    Status.CANCELLED: Reason.CANCELLED,
    Status.EXPIRED: Reason.EXPIRED,
}


@workflow.defn
class DeliverMessage:
    """Delivers one message; its workflow id is `message-<id>`."""

    @workflow.init
    def __init__(self, message: Message) -> None:
        self._state = MessageState(message)
        self._resend: Resend | None = None
        self._recorded: MessageStatus | None = None
        self._window = SendWindow(self._state, self._record)
        self._automatic = False
        self._stages: Stages | None = None

    @workflow.run
    async def run(self, message: Message) -> MessageStatus:
        await self._wait_until_due()
        await self._deliver()
        while await self._asked_to_resend():
            await self._deliver()
        await self._record_news()
        return self._state.doc

    @workflow.query
    def status(self) -> MessageStatus:
        """How the message stands."""
        return self._state.doc

    @workflow.signal
    def resend(self, resend: Resend) -> None:
        """Send a failed message again; means nothing in any other state or run."""
        doc = self._state.doc
        if resend.run not in (None, doc.run) or self._resend is not None:
            return
        if doc.status is Status.FAILED:
            self._resend = resend

    @workflow.signal
    def cancel(self, cancel: Cancel) -> None:
        """Stop before the next stage; what is on its way can't be called back."""
        self._state.cancel()

    @workflow.signal
    def receipt(self, receipt: Receipt) -> None:
        """Take in what a provider reported: in any order, any number of times."""
        self._state.receive(receipt)

    @workflow.signal
    def acknowledge(self, given: Acknowledgement) -> None:
        """Take in that somebody confirmed the message."""
        self._state.acknowledge(given)

    async def _wait_until_due(self) -> None:
        due = self._state.message.send_at
        if due is None or due <= workflow.now():
            return
        self._state.stand(Status.SCHEDULED)
        self._state.publish()
        await self._record()
        await _wait(lambda: self._state.cancelled, until=due)

    async def _deliver(self) -> None:
        """Run the plan once, and say how that ended.

        What a critical message still waits for goes on beside its end.
        """
        end = await self._run_plan()
        if end in _REST:
            self._state.skip_rest(_REST[end])
        until = workflow.now() + self._state.message.resend_window
        await self._end(end, resendable_until=until if end is Status.FAILED else None)
        if self._stages is not None:
            await self._stages.rest()

    async def _run_plan(self) -> Status:
        """Prepare the deliveries and run the plan's stages; return the end."""
        self._stages = None
        if self._state.stop or not self._state.doc.plan.stages:
            return self._state.stop or Status.FAILED
        prepared = await self._window.open()
        if prepared is None or prepared.cancelled:
            if prepared is not None:
                self._state.cancel()
            return self._state.stop or Status.FAILED
        if prepared.ended is not None:
            self._state.skip_rest(Reason.DIGESTED)
            return prepared.ended
        self._state.prepared = prepared
        away = Away(self._state, self._window, automatic=self._automatic)
        self._stages = Stages(self._state, self._window, away, self._record)
        delivered = await self._stages.deliver()
        return Status.DELIVERED if delivered else self._state.stop or Status.FAILED

    async def _asked_to_resend(self) -> bool:
        """Wait out a failed message's window; tell whether its plan runs again.

        A provider's late "delivered" ends the wait as well.
        """
        window = self._state.doc.resendable_until
        if self._state.doc.status is not Status.FAILED or window is None:
            return False
        await _wait(
            lambda: self._state.cancelled or self._resend or self._state.confirmed,
            until=window,
        )
        if self._state.confirmed:
            await self._end(Status.DELIVERED)
        elif self._state.cancelled:
            await self._end(Status.CANCELLED)
        elif self._resend is not None:
            resend, self._resend = self._resend, None
            self._automatic = resend.automatic
            self._state.begin_again(resend)
            return True
        return False

    async def _end(
        self, status: Status, resendable_until: datetime | None = None
    ) -> None:
        self._state.stand(status)
        missed = self._stages.missed if self._stages else ()
        self._state.resendable(resendable_until, missed)
        self._state.publish()
        await self._record()
        await self._tell_client()

    async def _record_news(self) -> None:
        """Write what was reported while the end was being written, or since."""
        while self._recorded is not self._state.doc:
            if not workflow.patched("record-late-receipts"):
                return
            await self._record()

    async def _record(self) -> None:
        self._recorded = doc = self._state.doc
        known = await self._tell_store(self._state.news)
        if known is False:
            await self._tell_store(Record(status=doc, message=self._state.message))
        self._state.stored()

    async def _tell_store(self, news: Record) -> bool | None:
        """Tell whether the store has the message; None, in old histories: it has."""
        return await workflow.execute_local_activity_method(
            RecordActivities.record,
            news,
            **(STORE | {"summary": Summary(f"record {news.status.status}")}),
        )

    async def _tell_client(self) -> None:
        """Start telling the client; that goes on by itself when we have ended."""
        message, doc = self._state.message, self._state.doc
        if not message.notify_client:
            return
        notice = notice_of(message, doc)
        await workflow.start_child_workflow(
            TellClient.run,
            notice,
            id=notice_id(notice),
            parent_close_policy=ParentClosePolicy.ABANDON,
            static_summary=Summary(f"tell {message.client}: {doc.status}"),
        )


async def _wait(met: Callable[[], object], until: datetime) -> None:
    """Wait until a condition is met, or until a time."""
    try:
        await workflow.wait_condition(
            lambda: bool(met()), timeout=until - workflow.now()
        )
    except TimeoutError:
        return
