"""Outcomes that nobody knows, and receipts that are asked for, with time skipped."""

from datetime import timedelta

import pytest
from temporalio.testing import WorkflowEnvironment

from core.errors import ProviderDown, RecipientRefused
from core.models import Message, MessageStatus, Receipt
from core.policies import Confirm, Unknown
from core.words import Channel, Outcome, Priority, Reason, StepKind, StepWhy, Then
from tests.support.workflows.fakes import (
    ASKABLE,
    CRITICAL,
    TAKEN,
    UNKNOWN,
    FakeActivities,
    message,
)
from tests.support.workflows.rig import begin
from tests.support.workflows.scenes import (
    SMS,
    WECHAT,
    accepted_on,
    centre,
    outcomes,
    status,
)
from workflows.message import DeliverMessage
from workflows.options import ASK_AFTER, POLL_AFTER

WAIT = 600
KNOWN = TAKEN.model_copy(update={"outcome": Outcome.DELIVERED})
ASKED_LATER = TAKEN.model_copy(update={"askable": True})
Steps = list[tuple[StepKind, StepWhy | None, Outcome | None]]


def rule(then: Then, wait: int = WAIT) -> dict[Channel, Unknown]:
    return {WECHAT: Unknown(wait_seconds=wait, then=then)}


def steps(doc: MessageStatus, channel: Channel = WECHAT) -> Steps:
    return [(s.kind, s.why, s.outcome) for s in doc.steps if s.channel is channel]


async def run(
    env: WorkflowEnvironment, fakes: FakeActivities, what: Message
) -> tuple[MessageStatus, timedelta]:
    """Run a message to its end; return how it stands, and how long it took."""
    async with centre(env, fakes):
        before = await env.get_current_time()
        doc = await (await begin(env.client, what)).result()
    return doc, doc.updated_at - before


async def test_a_policy_waits_and_passes_over(
    time_skipping: WorkflowEnvironment,
) -> None:
    fakes = FakeActivities()
    fakes.script[WECHAT] = [UNKNOWN]
    doc, took = await run(time_skipping, fakes, message(unknown=rule(Then.NEXT)))
    assert fakes.channels == [WECHAT, SMS]
    assert timedelta(seconds=WAIT) <= took < timedelta(seconds=WAIT + 5)
    assert steps(doc) == [
        (StepKind.WAITED, None, None),
        (StepKind.PASSED_OVER, StepWhy.POLICY, None),
    ]


async def test_a_policy_waits_and_repeats(time_skipping: WorkflowEnvironment) -> None:
    fakes = FakeActivities()
    fakes.script[WECHAT] = [UNKNOWN, TAKEN]
    doc, took = await run(time_skipping, fakes, message(unknown=rule(Then.REPEAT)))
    assert fakes.channels == [WECHAT, WECHAT]
    assert [task.again for task in fakes.calls] == [False, True]
    assert took >= timedelta(seconds=WAIT)
    assert steps(doc) == [
        (StepKind.WAITED, None, None),
        (StepKind.REPEATED, StepWhy.POLICY, None),
    ]


async def test_what_is_unknown_twice_is_passed_over(
    time_skipping: WorkflowEnvironment,
) -> None:
    fakes = FakeActivities()
    fakes.script[WECHAT] = [UNKNOWN, UNKNOWN]
    doc, _ = await run(time_skipping, fakes, message(unknown=rule(Then.REPEAT, 0)))
    assert fakes.channels == [WECHAT, WECHAT, SMS]
    assert steps(doc) == [
        (StepKind.REPEATED, StepWhy.POLICY, None),
        (StepKind.PASSED_OVER, StepWhy.AGAIN, None),
    ]


async def test_a_policy_may_pass_over_even_what_is_critical(
    time_skipping: WorkflowEnvironment,
) -> None:
    fakes = FakeActivities()
    fakes.script[WECHAT] = [UNKNOWN]
    urgent = message(CRITICAL, Priority.CRITICAL, unknown=rule(Then.NEXT, 0))
    doc, took = await run(time_skipping, fakes, urgent)
    assert fakes.channels.count(WECHAT) == 1
    assert took < ASK_AFTER + timedelta(seconds=5)
    assert steps(doc) == [(StepKind.PASSED_OVER, StepWhy.POLICY, None)]


async def test_without_a_policy_the_reason_is_told(
    time_skipping: WorkflowEnvironment,
) -> None:
    fakes = FakeActivities()
    fakes.script[WECHAT] = [UNKNOWN]
    doc, _ = await run(time_skipping, fakes, message())
    assert steps(doc) == [(StepKind.PASSED_OVER, StepWhy.DEFAULT, None)]
    fakes = FakeActivities()
    fakes.script[WECHAT] = [UNKNOWN, TAKEN]
    doc, _ = await run(time_skipping, fakes, message(CRITICAL, Priority.CRITICAL))
    assert steps(doc) == [(StepKind.REPEATED, StepWhy.CRITICAL, None)]


async def test_the_provider_is_asked_first_and_once_more_after_the_wait(
    time_skipping: WorkflowEnvironment,
) -> None:
    fakes = FakeActivities()
    fakes.script[WECHAT] = [ASKABLE]
    fakes.asked[WECHAT] = [*[ProviderDown("can't say")] * 3, KNOWN]
    doc, took = await run(time_skipping, fakes, message(unknown=rule(Then.REPEAT)))
    assert fakes.channels == [WECHAT]
    assert took >= timedelta(seconds=WAIT) - ASK_AFTER
    assert outcomes(doc)[WECHAT] == (Outcome.DELIVERED, None)
    assert steps(doc) == [
        (StepKind.ASKED, None, None),
        (StepKind.WAITED, None, None),
        (StepKind.ASKED, None, Outcome.DELIVERED),
    ]


async def test_what_the_provider_does_not_know_is_repeated_at_once(
    time_skipping: WorkflowEnvironment,
) -> None:
    fakes = FakeActivities()
    fakes.script[WECHAT] = [ASKABLE, TAKEN]
    doc, took = await run(time_skipping, fakes, message(unknown=rule(Then.NEXT)))
    assert fakes.channels == [WECHAT, WECHAT]
    assert took < timedelta(seconds=60)
    assert steps(doc) == [
        (StepKind.ASKED, StepWhy.NOT_TAKEN, None),
        (StepKind.REPEATED, StepWhy.NOT_TAKEN, None),
    ]


async def test_a_receipt_ends_the_wait(time_skipping: WorkflowEnvironment) -> None:
    fakes = FakeActivities()
    fakes.script[WECHAT] = [UNKNOWN]
    async with centre(time_skipping, fakes):
        what = message(unknown=rule(Then.REPEAT))
        handle = await begin(time_skipping.client, what)
        while (await status(handle)).delivery(WECHAT).outcome is not Outcome.UNKNOWN:
            await time_skipping.sleep(0.05)
        await time_skipping.sleep(60)
        at = await time_skipping.get_current_time()
        good = Receipt(channel=WECHAT, outcome=Outcome.DELIVERED, at=at)
        await handle.signal(DeliverMessage.receipt, good)
        doc = await handle.result()
    assert fakes.channels == [WECHAT]
    assert steps(doc) == [(StepKind.WAITED, None, Outcome.DELIVERED)]


async def test_no_wait_goes_past_the_expiry(
    time_skipping: WorkflowEnvironment,
) -> None:
    fakes = FakeActivities()
    fakes.script[WECHAT] = [UNKNOWN]
    now = await time_skipping.get_current_time()
    soon = timedelta(seconds=30)
    what = message(now=now, expires_in=soon, unknown=rule(Then.REPEAT))
    doc, took = await run(time_skipping, fakes, what)
    assert fakes.channels == [WECHAT]
    assert took < soon + timedelta(seconds=5)
    assert steps(doc)[-1] == (StepKind.PASSED_OVER, StepWhy.EXPIRED, None)


def confirm(seconds: int) -> dict[Channel, Confirm]:
    return {WECHAT: Confirm(within_seconds=seconds)}


async def test_a_receipt_that_is_waited_for_is_asked_for(
    time_skipping: WorkflowEnvironment,
) -> None:
    fakes = FakeActivities()
    fakes.script[WECHAT] = [ASKED_LATER]
    fakes.asked[WECHAT] = [ASKED_LATER, ProviderDown("busy"), KNOWN]
    doc, took = await run(time_skipping, fakes, message(confirm=confirm(3600)))
    assert fakes.channels == [WECHAT]
    assert len(fakes.questions) == 3
    assert sum(POLL_AFTER[:3], timedelta()) <= took < sum(POLL_AFTER[:4], timedelta())
    assert outcomes(doc)[WECHAT] == (Outcome.DELIVERED, None)
    assert steps(doc)[0] == (StepKind.ASKED, None, Outcome.DELIVERED)


async def test_an_answer_of_failure_means_the_next_channel_at_once(
    time_skipping: WorkflowEnvironment,
) -> None:
    fakes = FakeActivities()
    fakes.script[WECHAT] = [ASKED_LATER]
    fakes.asked[WECHAT] = [RecipientRefused("gone")]
    doc, took = await run(time_skipping, fakes, message(confirm=confirm(3600)))
    assert fakes.channels == [WECHAT, SMS]
    assert took < POLL_AFTER[0] + timedelta(seconds=10)
    assert outcomes(doc)[WECHAT] == (Outcome.FAILED, Reason.INVALID_RECIPIENT)
    assert steps(doc)[-1] == (StepKind.PASSED_OVER, StepWhy.RECEIPT_FAILED, None)


@pytest.mark.parametrize("seconds", [10, 100])
async def test_asking_ends_with_the_wait(
    time_skipping: WorkflowEnvironment, seconds: int
) -> None:
    fakes = FakeActivities()
    fakes.script[WECHAT] = [ASKED_LATER]
    doc, took = await run(time_skipping, fakes, message(confirm=confirm(seconds)))
    assert fakes.channels == [WECHAT, SMS]
    # The last question is at the end of the wait: it may know by then.
    assert len(fakes.questions) == {10: 1, 100: 3}[seconds]
    assert timedelta(0) <= took - timedelta(seconds=seconds) < timedelta(seconds=5)
    assert outcomes(doc)[WECHAT][0] is Outcome.ACCEPTED
    assert steps(doc) == [
        (StepKind.WAITED, None, None),
        (StepKind.PASSED_OVER, StepWhy.NO_RECEIPT, None),
    ]


async def test_a_receipt_comes_before_the_question(
    time_skipping: WorkflowEnvironment,
) -> None:
    fakes = FakeActivities()
    fakes.script[WECHAT] = [ASKED_LATER]
    async with centre(time_skipping, fakes):
        what = message(confirm=confirm(3600))
        handle = await begin(time_skipping.client, what)
        at = await accepted_on(time_skipping, handle, WECHAT)
        good = Receipt(channel=WECHAT, outcome=Outcome.DELIVERED, at=at)
        await handle.signal(DeliverMessage.receipt, good)
        doc = await handle.result()
    assert not fakes.questions
    assert steps(doc) == [(StepKind.WAITED, None, Outcome.DELIVERED)]
