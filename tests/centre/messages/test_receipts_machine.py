"""Receipts in any order, any number of times, around the call and the end."""

from datetime import datetime, timedelta

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from centre.messages import status as progress
from core.models import Receipt, delivery_id
from core.words import Channel, Outcome, Status
from tests.support.workflows.fakes import message

REPORTED = st.sampled_from(
    [Outcome.ACCEPTED, Outcome.FAILED, Outcome.DELIVERED, Outcome.READ]
)
CHANNELS = st.sampled_from([Channel.WECHAT, Channel.SMS, Channel.WECOM])
_ORDER = progress.RANK


class Receipts(RuleBasedStateMachine):
    """One message whose providers report as they like, resends among it."""

    def __init__(self) -> None:
        super().__init__()
        self.message = message()
        self.doc = progress.begin(self.message)
        self.now = self.message.created_at
        self.furthest: dict[tuple[Channel, int], int] = {}
        self.sent: list[Receipt] = []

    def _later(self) -> datetime:
        self.now += timedelta(seconds=1)
        return self.now

    def _take(self, receipt: Receipt) -> None:
        before = self.doc
        late = self.doc.status in (Status.DELIVERED, Status.FAILED)
        take = progress.with_late_receipt if late else progress.with_receipt
        self.doc = take(before, receipt, self._later())
        run = 1
        while delivery_id(before.id, receipt.channel, run) != receipt.delivery_id:
            run += 1
        if run != before.run:
            assert self.doc is before
            return
        key = (receipt.channel, run)
        self.furthest[key] = max(self.furthest.get(key, 0), _ORDER[receipt.outcome])

    @rule(channel=CHANNELS, outcome=REPORTED, earlier=st.integers(0, 3))
    def report(self, channel: Channel, outcome: Outcome, earlier: int) -> None:
        run = max(1, self.doc.run - earlier)
        receipt = Receipt(
            channel=channel,
            outcome=outcome,
            at=self.now,
            provider_message_id=f"{channel}-{run}",
            delivery_id=delivery_id(self.message.id, channel, run),
        )
        self.sent.append(receipt)
        self._take(receipt)

    @precondition(lambda self: self.sent)
    @rule(data=st.data())
    def repeat_many_times(self, data: st.DataObject) -> None:
        receipt = data.draw(st.sampled_from(self.sent))
        self._take(receipt)
        once = self.doc
        for _ in range(100):
            self._take(receipt)
        assert self.doc is once or self.doc == once

    @rule(
        channel=CHANNELS, outcome=st.sampled_from([Outcome.UNKNOWN, Outcome.ACCEPTED])
    )
    def call_ends(self, channel: Channel, outcome: Outcome) -> None:
        if self.doc.delivery(channel).outcome is Outcome.SKIPPED:
            return
        self.doc = progress.with_outcome(self.doc, channel, outcome, self._later())
        key = (channel, self.doc.run)
        self.furthest[key] = max(self.furthest.get(key, 0), _ORDER[outcome])

    @rule(status=st.sampled_from([Status.DELIVERED, Status.FAILED]))
    def message_ends(self, status: Status) -> None:
        began = progress.with_status(self.doc, Status.DELIVERING, self._later())
        self.doc = progress.with_status(began, status, self._later())

    @precondition(lambda self: self.doc.status is Status.FAILED)
    @rule()
    def resend(self) -> None:
        plan = self.doc.plan
        self.doc = progress.begin_again(self.doc, plan, self._later())

    @invariant()
    def each_delivery_stands_at_the_furthest_that_was_told(self) -> None:
        for delivery in self.doc.deliveries:
            told = self.furthest.get((delivery.channel, self.doc.run), 0)
            assert _ORDER[delivery.outcome] == told


TestReceipts = Receipts.TestCase
TestReceipts.settings = settings(max_examples=60, stateful_step_count=40, deadline=None)
