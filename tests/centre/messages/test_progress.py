"""The status and outcome machines: forward only, whatever comes in which order."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from centre.messages import status as progress
from core import words
from core.models import Message, MessageStatus, Recipient
from core.policies import Plan
from core.words import (
    Channel,
    IdentityType,
    Outcome,
    Priority,
    Reason,
    Status,
    Strategy,
)

NOW = datetime(2026, 3, 1, 8, tzinfo=UTC)
CHANNELS = (Channel.WECHAT, Channel.SMS, Channel.WECOM)
PLAN = Plan(
    strategy=Strategy.THRESHOLD,
    threshold=0.6,
    stages=tuple((c,) for c in CHANNELS),
    weights={Channel.WECHAT: 0.9, Channel.SMS: 0.4, Channel.WECOM: 0.1},
)
MESSAGE = Message(
    id=UUID(int=1),
    client="his",
    type="exam-booking",
    priority=Priority.NORMAL,
    recipient=Recipient(identities={IdentityType.EMPI_ID: "E1"}),
    plan=PLAN,
    reference="R-1",
    created_at=NOW,
)
ENDS = {Status.DELIVERED, Status.CANCELLED, Status.EXPIRED}
channels = st.sampled_from(CHANNELS)
outcomes = st.sampled_from(Outcome)
times = st.integers(-3600, 3600).map(lambda s: NOW + timedelta(seconds=s))


def began() -> MessageStatus:
    return progress.begin(MESSAGE)


def at_status(status: Status) -> MessageStatus:
    return began().model_copy(update={"status": status})


class Machine(RuleBasedStateMachine):
    """Calls, receipts and ends of one message, in any order and repeated."""

    def __init__(self) -> None:
        super().__init__()
        self.doc = began()
        self.before = self.doc

    @rule(channel=channels, outcome=outcomes, at=times, times=st.integers(1, 3))
    def report(
        self, channel: Channel, outcome: Outcome, at: datetime, times: int
    ) -> None:
        """A report and its repetitions change the document once."""
        self.before = self.doc
        self.doc = once = progress.with_outcome(
            self.doc, channel, outcome, at, Reason.REJECTED
        )
        for _ in range(times):
            self.doc = progress.with_outcome(
                self.doc, channel, outcome, at, Reason.UNREACHABLE
            )
        assert self.doc == once

    @rule(channel=channels, number=st.integers(1, 9), at=times)
    def fact(self, channel: Channel, number: int, at: datetime) -> None:
        """What a late answer tells is kept, and moves nothing."""
        self.before = self.doc
        stood = self.doc.delivery(channel)
        self.doc = progress.with_outcome(
            self.doc, channel, Outcome.PENDING, at, attempts=number, provider=None
        )
        told = {"attempts": number}
        assert self.doc.delivery(channel) == stood.model_copy(update=told)

    @rule(at=times)
    def skip(self, at: datetime) -> None:
        """The end of the plan: what is untouched is skipped, the rest stands."""
        self.before = self.doc
        self.doc = progress.skip_pending(self.doc, Reason.POLICY_SATISFIED, at)
        for old, new in zip(self.before.deliveries, self.doc.deliveries, strict=True):
            if old.outcome is Outcome.PENDING:
                assert new.outcome is Outcome.SKIPPED
                assert new.reason is Reason.POLICY_SATISFIED
            else:
                assert new == old

    @rule(status=st.sampled_from(Status), at=times)
    def move(self, status: Status, at: datetime) -> None:
        """A status moves where it may, and touches no delivery."""
        self.before = self.doc
        self.doc = progress.with_status(self.doc, status, at)
        assert self.doc.deliveries == self.before.deliveries
        moved = progress.may_follow(self.before.status, status)
        assert self.doc.status is (status if moved else self.before.status)

    @invariant()
    def only_forward(self) -> None:
        for old, new in zip(self.before.deliveries, self.doc.deliveries, strict=True):
            assert new.channel is old.channel
            if old.outcome is Outcome.SKIPPED:
                assert new.outcome is Outcome.SKIPPED
            elif new.outcome is not Outcome.SKIPPED:
                assert progress.RANK[new.outcome] >= progress.RANK[old.outcome]
            if old.outcome == new.outcome:
                assert (new.reason, new.at) == (old.reason, old.at)
            else:
                assert progress.outcome_moves(old.outcome, new.outcome)

    @invariant()
    def skipped_only_before_the_call(self) -> None:
        uncalled = (Outcome.PENDING, Outcome.SENDING, Outcome.SKIPPED)
        for old, new in zip(self.before.deliveries, self.doc.deliveries, strict=True):
            if new.outcome is Outcome.SKIPPED:
                assert old.outcome in uncalled

    @invariant()
    def time_never_goes_back(self) -> None:
        assert self.doc.updated_at >= self.before.updated_at

    @invariant()
    def an_end_is_an_end(self) -> None:
        if self.before.status in ENDS:
            assert self.doc.status is self.before.status


TestMachine = Machine.TestCase


reports = st.lists(st.sampled_from(list(progress.RANK)), max_size=6)


@given(reports.flatmap(lambda r: st.tuples(st.just(r), st.permutations(r))))
def test_the_order_of_receipts_does_not_matter(
    orders: tuple[list[Outcome], list[Outcome]],
) -> None:
    ends = set()
    for order in orders:
        doc = began()
        for outcome in order:
            doc = progress.with_outcome(doc, Channel.SMS, outcome, NOW)
        ends.add(doc.delivery(Channel.SMS).outcome)
    highest = max([Outcome.PENDING, *orders[0]], key=lambda o: progress.RANK[o])
    assert ends == {highest}


def test_a_positive_receipt_outranks_a_failure() -> None:
    doc = progress.with_outcome(
        began(), Channel.SMS, Outcome.FAILED, NOW, Reason.OUTCOME_UNKNOWN
    )
    doc = progress.with_outcome(doc, Channel.SMS, Outcome.DELIVERED, NOW)
    delivery = doc.delivery(Channel.SMS)
    assert (delivery.outcome, delivery.reason) == (Outcome.DELIVERED, None)
    late = progress.with_outcome(doc, Channel.SMS, Outcome.FAILED, NOW, Reason.REJECTED)
    assert late == doc


def test_a_receipt_that_overtakes_the_call_keeps_the_calls_facts() -> None:
    doc = progress.with_outcome(began(), Channel.SMS, Outcome.SENDING, NOW, attempts=1)
    doc = progress.with_outcome(doc, Channel.SMS, Outcome.DELIVERED, NOW)
    doc = progress.with_outcome(
        doc,
        Channel.SMS,
        Outcome.ACCEPTED,
        NOW,
        provider="aliyun",
        provider_message_id="B1",
    )
    delivery = doc.delivery(Channel.SMS)
    assert delivery.outcome is Outcome.DELIVERED
    assert (delivery.provider, delivery.provider_message_id) == ("aliyun", "B1")
    assert delivery.attempts == 1


ALLOWED = {
    Status.ACCEPTED: set(Status) - {Status.ACCEPTED},
    Status.SCHEDULED: set(Status) - {Status.ACCEPTED, Status.SCHEDULED},
    Status.DELIVERING: {
        Status.DELIVERED,
        Status.FAILED,
        Status.CANCELLED,
        Status.EXPIRED,
    },
    # A late receipt makes a failed message delivered.
    Status.FAILED: {Status.DELIVERING, Status.DELIVERED, Status.CANCELLED},
}


@pytest.mark.parametrize("now", Status)
@pytest.mark.parametrize("then", Status)
def test_the_status_machine(now: Status, then: Status) -> None:
    doc = at_status(now)
    moved = progress.with_status(doc, then, NOW + timedelta(seconds=1))
    if then in ALLOWED.get(now, set()):
        assert (moved.status, moved.updated_at) == (then, NOW + timedelta(seconds=1))
    else:
        assert moved is doc


def test_a_message_begins_untouched() -> None:
    doc = began()
    assert doc.status is Status.ACCEPTED
    assert (doc.id, doc.client, doc.reference, doc.run) == (
        UUID(int=1),
        "his",
        "R-1",
        1,
    )
    assert [d.channel for d in doc.deliveries] == list(CHANNELS)
    assert [d.stage for d in doc.deliveries] == [1, 2, 3]
    assert [d.weight for d in doc.deliveries] == [0.9, 0.4, 0.1]
    assert {d.outcome for d in doc.deliveries} == {Outcome.PENDING}
    with pytest.raises(KeyError):
        doc.delivery(Channel.EMAIL)


def test_a_run_may_use_a_part_of_the_plan() -> None:
    whole = MESSAGE.model_copy(update={"run": 2, "only": (Channel.SMS,)})
    doc = progress.begin(whole)
    assert doc.plan.stages == ((Channel.SMS,),)
    assert [(d.channel, d.stage) for d in doc.deliveries] == [(Channel.SMS, 1)]


def test_a_resend_begins_the_plan_again() -> None:
    failed = progress.with_outcome(
        at_status(Status.FAILED), Channel.SMS, Outcome.FAILED, NOW, Reason.REJECTED
    ).model_copy(update={"resendable_until": NOW})
    later = NOW + timedelta(hours=1)
    again = progress.begin_again(failed, PLAN, later)
    assert (again.status, again.run) == (Status.DELIVERING, 2)
    assert (again.resendable_until, again.updated_at) == (None, later)
    assert again.deliveries == progress.pending(PLAN)


@pytest.mark.parametrize("status", sorted(set(Status) - {Status.FAILED}))
def test_only_a_failed_message_begins_again(status: Status) -> None:
    doc = at_status(status)
    assert progress.begin_again(doc, PLAN, NOW) is doc


def test_a_clock_that_lags_does_not_turn_the_document_back() -> None:
    doc = progress.with_outcome(
        began(), Channel.SMS, Outcome.ACCEPTED, NOW - timedelta(minutes=5)
    )
    assert doc.updated_at == NOW
    assert doc.delivery(Channel.SMS).at == NOW - timedelta(minutes=5)


def test_reached_means_a_provider_took_it() -> None:
    assert (
        frozenset({Outcome.ACCEPTED, Outcome.DELIVERED, Outcome.READ}) == words.REACHED
    )
    assert set(progress.RANK) == set(Outcome) - {Outcome.SKIPPED}
