"""Every wait of a message: due time, expiry, resend window; with time skipped."""

from datetime import timedelta

from temporalio.testing import WorkflowEnvironment

from core.errors import (
    ProviderDown,
    RateLimited,
    RecipientRefused,
)
from core.models import Cancel, Receipt, Resend
from core.policies import Confirm
from core.words import Outcome, Reason, Status
from tests.support.workflows.fakes import FakeActivities, message
from tests.support.workflows.rig import begin, encrypting
from tests.support.workflows.scenes import (
    SMS,
    WECHAT,
    WECOM,
    centre,
    fail_everywhere,
    outcomes,
    status,
    until,
)
from workflows.client import TemporalFlows
from workflows.message import DeliverMessage


async def test_send_at_is_waited_for_and_the_store_knows_meanwhile(
    time_skipping: WorkflowEnvironment,
) -> None:
    fakes = FakeActivities()
    now = await time_skipping.get_current_time()
    later = message(now=now, send_in=timedelta(days=40))
    async with centre(time_skipping, fakes):
        handle = await begin(time_skipping.client, later)
        await until(time_skipping, handle, Status.SCHEDULED)
        assert fakes.statuses(later.id) == [Status.SCHEDULED]
        assert fakes.calls == []
        doc = await handle.result()
        assert await time_skipping.get_current_time() >= now + timedelta(days=40)
    assert doc.status is Status.DELIVERED


async def test_a_scheduled_message_can_be_cancelled(
    time_skipping: WorkflowEnvironment,
) -> None:
    fakes = FakeActivities()
    now = await time_skipping.get_current_time()
    later = message(now=now, send_in=timedelta(days=2))
    async with centre(time_skipping, fakes):
        handle = await begin(time_skipping.client, later)
        await until(time_skipping, handle, Status.SCHEDULED)
        await handle.signal(DeliverMessage.cancel, Cancel(by="his"))
        doc = await handle.result()
    assert doc.status is Status.CANCELLED
    assert fakes.calls == []
    assert {d.reason for d in doc.deliveries} == {Reason.CANCELLED}
    assert fakes.statuses(later.id)[-1] is Status.CANCELLED


async def test_a_message_past_its_time_is_not_sent(
    time_skipping: WorkflowEnvironment,
) -> None:
    fakes = FakeActivities()
    now = await time_skipping.get_current_time()
    stale = message(now=now, expires_in=timedelta(seconds=5))
    fakes.script[WECHAT] = [ProviderDown("down")] * 9
    async with centre(time_skipping, fakes):
        await time_skipping.sleep(timedelta(seconds=6))
        doc = await (await begin(time_skipping.client, stale)).result()
    assert doc.status is Status.EXPIRED
    assert fakes.calls == []
    assert {d.reason for d in doc.deliveries} == {Reason.EXPIRED}


async def test_a_retry_that_would_come_too_late_is_not_waited_for(
    time_skipping: WorkflowEnvironment,
) -> None:
    fakes = FakeActivities()
    now = await time_skipping.get_current_time()
    short = message(now=now, expires_in=timedelta(seconds=20))
    fakes.script[WECHAT] = [RateLimited("slow", retry_after=timedelta(seconds=15))] * 9
    async with centre(time_skipping, fakes):
        doc = await (await begin(time_skipping.client, short)).result()
    assert fakes.channels == [WECHAT, WECHAT, SMS]
    assert doc.status is Status.DELIVERED


async def test_no_channel_is_tried_past_the_expiry(
    time_skipping: WorkflowEnvironment,
) -> None:
    fakes = FakeActivities()
    now = await time_skipping.get_current_time()
    waits = {WECHAT: Confirm(receipt=True, within_seconds=60)}
    short = message(now=now, expires_in=timedelta(seconds=20), confirm=waits)
    async with centre(time_skipping, fakes):
        doc = await (await begin(time_skipping.client, short)).result()
    assert doc.status is Status.EXPIRED
    assert fakes.channels == [WECHAT]
    assert outcomes(doc)[SMS] == (Outcome.SKIPPED, Reason.EXPIRED)


async def test_a_failed_message_stays_open_for_its_window_then_ends(
    time_skipping: WorkflowEnvironment,
) -> None:
    fakes = FakeActivities()
    async with centre(time_skipping, fakes):
        handle = await fail_everywhere(time_skipping, fakes, message())
        open_doc = await status(handle)
        doc = await handle.result()
        ended = await time_skipping.get_current_time()
    assert open_doc.resendable_until is not None
    assert doc.status is Status.FAILED
    assert ended >= open_doc.resendable_until
    window = open_doc.resendable_until - open_doc.updated_at
    assert window <= timedelta(hours=72)


async def test_a_resend_signal_runs_the_plan_again(
    time_skipping: WorkflowEnvironment,
) -> None:
    fakes = FakeActivities()
    failing = message()
    async with centre(time_skipping, fakes):
        handle = await fail_everywhere(time_skipping, fakes, failing)
        again = Resend(reason="the number was corrected", by="li")
        await handle.signal(DeliverMessage.resend, again)
        doc = await handle.result()
    assert doc.status is Status.DELIVERED
    assert doc.run == 2
    assert fakes.channels == [WECHAT, SMS, WECOM, WECHAT]
    assert fakes.calls[0].delivery_id != fakes.calls[3].delivery_id
    assert fakes.statuses(failing.id)[-1] is Status.DELIVERED


async def test_a_resend_may_name_its_channels_and_fail_again(
    time_skipping: WorkflowEnvironment,
) -> None:
    fakes = FakeActivities()
    async with centre(time_skipping, fakes):
        handle = await fail_everywhere(time_skipping, fakes, message())
        fakes.script[SMS] = [RecipientRefused("no")]
        only_sms = Resend(reason="again", by="li", channels=(SMS,))
        await handle.signal(DeliverMessage.resend, only_sms)
        await time_skipping.sleep(5)
        second = await status(handle)
        assert (second.status, second.run) == (Status.FAILED, 2)
        assert list(outcomes(second)) == [SMS]
        await handle.signal(DeliverMessage.resend, Resend(reason="again", by="li"))
        doc = await handle.result()
    assert (doc.status, doc.run) == (Status.DELIVERED, 3)
    assert set(outcomes(doc)) == {WECHAT, SMS, WECOM}


async def test_two_orders_about_one_run_are_one(
    time_skipping: WorkflowEnvironment,
) -> None:
    fakes = FakeActivities()
    async with centre(time_skipping, fakes):
        handle = await fail_everywhere(time_skipping, fakes, message())
        order = Resend(reason="clicked twice", by="li", channels=(SMS,), run=1)
        for _ in range(2):
            fakes.script[SMS] = [RecipientRefused("no")]
            await handle.signal(DeliverMessage.resend, order)
            await time_skipping.sleep(5)
        doc = await status(handle)
    assert (doc.status, doc.run) == (Status.FAILED, 2)


async def test_a_resend_of_a_message_that_is_not_failed_means_nothing(
    time_skipping: WorkflowEnvironment,
) -> None:
    fakes = FakeActivities()
    now = await time_skipping.get_current_time()
    later = message(now=now, send_in=timedelta(hours=1))
    async with centre(time_skipping, fakes):
        handle = await begin(time_skipping.client, later)
        await until(time_skipping, handle, Status.SCHEDULED)
        await handle.signal(DeliverMessage.resend, Resend(reason="early", by="li"))
        doc = await handle.result()
    assert doc.run == 1
    assert fakes.channels == [WECHAT]


async def test_a_failed_message_can_be_cancelled(
    time_skipping: WorkflowEnvironment,
) -> None:
    fakes = FakeActivities()
    async with centre(time_skipping, fakes):
        handle = await fail_everywhere(time_skipping, fakes, message())
        await handle.signal(DeliverMessage.cancel, Cancel(by="li"))
        doc = await handle.result()
    assert doc.status is Status.CANCELLED
    assert doc.resendable_until is None


async def test_a_late_receipt_turns_a_failed_message_delivered(
    time_skipping: WorkflowEnvironment,
) -> None:
    fakes = FakeActivities()
    async with centre(time_skipping, fakes):
        handle = await fail_everywhere(time_skipping, fakes, message())
        at = await time_skipping.get_current_time()
        late = Receipt(channel=SMS, outcome=Outcome.DELIVERED, at=at)
        await handle.signal(DeliverMessage.receipt, late)
        doc = await handle.result()
    assert doc.status is Status.DELIVERED
    assert doc.resendable_until is None
    assert outcomes(doc)[SMS] == (Outcome.DELIVERED, None)


async def test_the_client_is_told_of_every_end(
    time_skipping: WorkflowEnvironment,
) -> None:
    fakes = FakeActivities()
    failing = message(notify=True)
    async with centre(time_skipping, fakes):
        handle = await fail_everywhere(time_skipping, fakes, failing)
        await handle.signal(DeliverMessage.resend, Resend(reason="again", by="li"))
        await handle.result()
        for _ in range(50):
            if len(fakes.notices) == 2:
                break
            await time_skipping.sleep(0.1)
    told = [(notice.status, notice.run) for notice in fakes.notices]
    assert told == [(Status.FAILED, 1), (Status.DELIVERED, 2)]


async def test_an_end_after_the_end_is_told_once(
    time_skipping: WorkflowEnvironment,
) -> None:
    fakes, client = FakeActivities(), encrypting(time_skipping.client)
    sent = message(notify=True)
    async with centre(time_skipping, fakes):
        doc = await (await begin(time_skipping.client, sent)).result()
        late = doc.model_copy(update={"run": 2})
        for _ in range(3):
            await TemporalFlows(client).tell(sent, late)
        for run in (1, 2):
            name = f"notice-{sent.id}-{run}-delivered"
            assert await client.get_workflow_handle(name).result()
    assert sorted(notice.run for notice in fakes.notices) == [1, 2]
