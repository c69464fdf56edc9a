"""Receipts and unknown ends, with time skipped."""

from datetime import timedelta

from temporalio.testing import WorkflowEnvironment

from core.errors import RecipientRefused, SafeToRepeat
from core.models import Receipt, Resend, delivery_id
from core.policies import Confirm
from core.words import Outcome, Priority, Reason, Status
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
    WECOM,
    accepted_on,
    centre,
    fail_everywhere,
    outcomes,
    status,
    until,
)
from workflows.message import DeliverMessage
from workflows.options import ASK_AFTER

CONFIRM = {WECHAT: Confirm(receipt=True, within_seconds=60)}


async def test_a_receipt_that_comes_in_time_counts(
    time_skipping: WorkflowEnvironment,
) -> None:
    fakes = FakeActivities()
    async with centre(time_skipping, fakes):
        handle = await begin(time_skipping.client, message(confirm=CONFIRM))
        at = await accepted_on(time_skipping, handle, WECHAT)
        good = Receipt(channel=WECHAT, outcome=Outcome.DELIVERED, at=at)
        for _ in range(3):
            await handle.signal(DeliverMessage.receipt, good)
        doc = await handle.result()
    assert outcomes(doc)[WECHAT] == (Outcome.DELIVERED, None)
    assert fakes.channels == [WECHAT]


async def test_a_receipt_that_does_not_come_means_the_next_channel(
    time_skipping: WorkflowEnvironment,
) -> None:
    fakes = FakeActivities()
    async with centre(time_skipping, fakes):
        before = await time_skipping.get_current_time()
        doc = await (
            await begin(time_skipping.client, message(confirm=CONFIRM))
        ).result()
        took = doc.updated_at - before
    assert fakes.channels == [WECHAT, SMS]
    assert outcomes(doc)[WECHAT][0] is Outcome.ACCEPTED
    assert timedelta(seconds=60) <= took < timedelta(seconds=70)


async def test_a_receipt_of_failure_means_the_next_channel_at_once(
    time_skipping: WorkflowEnvironment,
) -> None:
    fakes = FakeActivities()
    async with centre(time_skipping, fakes):
        handle = await begin(time_skipping.client, message(confirm=CONFIRM))
        at = await accepted_on(time_skipping, handle, WECHAT)
        bad = Receipt(channel=WECHAT, outcome=Outcome.FAILED, at=at)
        await handle.signal(DeliverMessage.receipt, bad)
        doc = await handle.result()
    assert outcomes(doc)[WECHAT] == (Outcome.FAILED, Reason.RECEIPT_FAILED)
    assert outcomes(doc)[SMS] == (Outcome.ACCEPTED, None)


async def test_an_unknown_end_is_asked_after_and_found(
    time_skipping: WorkflowEnvironment,
) -> None:
    fakes = FakeActivities()
    fakes.script[WECHAT] = [ASKABLE]
    fakes.asked[WECHAT] = [TAKEN]
    async with centre(time_skipping, fakes):
        before = await time_skipping.get_current_time()
        doc = await (await begin(time_skipping.client, message())).result()
        took = doc.updated_at - before
    assert fakes.channels == [WECHAT]
    assert outcomes(doc)[WECHAT] == (Outcome.ACCEPTED, None)
    assert took >= ASK_AFTER


async def test_what_the_provider_does_not_know_is_sent_again(
    time_skipping: WorkflowEnvironment,
) -> None:
    fakes = FakeActivities()
    fakes.script[WECHAT] = [ASKABLE, TAKEN]
    async with centre(time_skipping, fakes):
        doc = await (await begin(time_skipping.client, message())).result()
    assert fakes.channels == [WECHAT, WECHAT]
    assert [task.again for task in fakes.calls] == [False, True]
    assert doc.status is Status.DELIVERED


async def test_an_unknown_end_that_stays_unknown_is_passed_over(
    time_skipping: WorkflowEnvironment,
) -> None:
    fakes = FakeActivities()
    fakes.script[WECHAT] = [UNKNOWN]
    async with centre(time_skipping, fakes):
        doc = await (await begin(time_skipping.client, message())).result()
    assert fakes.channels == [WECHAT, SMS]
    assert outcomes(doc)[WECHAT] == (Outcome.UNKNOWN, Reason.OUTCOME_UNKNOWN)


async def test_a_critical_message_repeats_what_stays_unknown(
    time_skipping: WorkflowEnvironment,
) -> None:
    fakes = FakeActivities()
    fakes.script[WECHAT] = [UNKNOWN, TAKEN]
    urgent = message(CRITICAL, Priority.CRITICAL)
    async with centre(time_skipping, fakes):
        doc = await (await begin(time_skipping.client, urgent)).result()
    assert fakes.channels.count(WECHAT) == 2
    assert outcomes(doc)[WECHAT] == (Outcome.ACCEPTED, None)


async def test_a_receipt_clears_up_an_unknown_end(
    time_skipping: WorkflowEnvironment,
) -> None:
    fakes = FakeActivities()
    fakes.script[WECHAT] = [UNKNOWN]
    async with centre(time_skipping, fakes):
        handle = await begin(time_skipping.client, message())
        for _ in range(20):
            doc = await status(handle)
            if doc.delivery(WECHAT).outcome is Outcome.UNKNOWN:
                break
            await time_skipping.sleep(0.05)
        good = Receipt(
            channel=WECHAT,
            outcome=Outcome.DELIVERED,
            at=await time_skipping.get_current_time(),
        )
        await handle.signal(DeliverMessage.receipt, good)
        doc = await handle.result()
    assert fakes.channels == [WECHAT]
    assert outcomes(doc)[WECHAT] == (Outcome.DELIVERED, None)


async def test_a_provider_with_a_duplicate_key_is_called_again(
    time_skipping: WorkflowEnvironment,
) -> None:
    fakes = FakeActivities()
    fakes.script[WECHAT] = [SafeToRepeat("no answer"), TAKEN]
    async with centre(time_skipping, fakes):
        doc = await (await begin(time_skipping.client, message())).result()
    assert fakes.channels == [WECHAT, WECHAT]
    assert len({task.delivery_id for task in fakes.calls}) == 1
    assert doc.status is Status.DELIVERED


async def test_what_is_not_taken_twice_has_failed(
    time_skipping: WorkflowEnvironment,
) -> None:
    fakes = FakeActivities()
    fakes.script[WECHAT] = [ASKABLE, ASKABLE]
    async with centre(time_skipping, fakes):
        doc = await (await begin(time_skipping.client, message())).result()
    assert fakes.channels == [WECHAT, WECHAT, SMS]
    assert outcomes(doc)[WECHAT] == (Outcome.FAILED, Reason.UNREACHABLE)


async def test_a_critical_message_is_not_repeated_past_its_expiry(
    time_skipping: WorkflowEnvironment,
) -> None:
    fakes = FakeActivities()
    fakes.script[WECHAT] = [UNKNOWN]
    now = await time_skipping.get_current_time()
    urgent = message(
        CRITICAL, Priority.CRITICAL, now=now, expires_in=timedelta(seconds=3)
    )
    async with centre(time_skipping, fakes):
        doc = await (await begin(time_skipping.client, urgent)).result()
    assert fakes.channels.count(WECHAT) == 1
    assert outcomes(doc)[WECHAT] == (Outcome.UNKNOWN, Reason.OUTCOME_UNKNOWN)


async def test_a_failure_reported_while_a_failed_message_waits_is_written_down(
    time_skipping: WorkflowEnvironment,
) -> None:
    fakes = FakeActivities()
    fakes.script[WECHAT] = [UNKNOWN]
    for channel in (SMS, WECOM):
        fakes.script[channel] = [RecipientRefused("no")]
    async with centre(time_skipping, fakes):
        handle = await begin(time_skipping.client, message())
        await until(time_skipping, handle, Status.FAILED)
        at = await time_skipping.get_current_time()
        bad = Receipt(channel=WECHAT, outcome=Outcome.FAILED, at=at)
        await handle.signal(DeliverMessage.receipt, bad)
        doc = await handle.result()
    assert doc.delivery(WECHAT).outcome is Outcome.FAILED
    assert fakes.records[-1].status == doc


async def test_a_receipt_of_an_earlier_run_leaves_the_later_one(
    time_skipping: WorkflowEnvironment,
) -> None:
    fakes = FakeActivities()
    what = message()
    async with centre(time_skipping, fakes):
        handle = await fail_everywhere(time_skipping, fakes, what)
        fakes.script[WECHAT] = [UNKNOWN]
        await handle.signal(DeliverMessage.resend, Resend(reason="again", by="li"))
        at = await time_skipping.get_current_time()
        for run, outcome in ((1, Outcome.READ), (2, Outcome.DELIVERED)):
            late = Receipt(
                channel=WECHAT,
                outcome=outcome,
                at=at,
                delivery_id=delivery_id(what.id, WECHAT, run),
            )
            await handle.signal(DeliverMessage.receipt, late)
        doc = await handle.result()
    assert doc.run == 2
    assert doc.delivery(WECHAT).outcome is Outcome.DELIVERED
