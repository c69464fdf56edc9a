"""A provider that is away: how long it is waited for, and what goes on meanwhile."""

from datetime import timedelta
from itertools import pairwise

from temporalio.testing import WorkflowEnvironment

from centre.delivery.contracts import DeliveryResult
from core.errors import (
    ProviderDown,
    RateLimited,
    RecipientRefused,
)
from core.models import (
    Cancel,
)
from core.words import Outcome, Priority, Reason, Status
from tests.support.workflows.fakes import (
    FakeActivities,
    message,
)
from tests.support.workflows.outages import (
    DOWN,
    HALF_AN_HOUR,
    MINUTE,
    away,
    only,
    waits,
)
from tests.support.workflows.rig import begin
from tests.support.workflows.scenes import SMS, WECHAT, WECOM, centre, outcomes
from workflows.message import DeliverMessage


async def test_what_never_left_is_tried_again_until_the_provider_is_back(
    time_skipping: WorkflowEnvironment,
) -> None:
    fakes = FakeActivities()
    away(fakes, SMS, tries=6)
    now = await time_skipping.get_current_time()
    sent = message(only(SMS), now=now, retry=HALF_AN_HOUR)
    async with centre(time_skipping, fakes):
        doc = await (await begin(time_skipping.client, sent)).result()
    assert doc.status is Status.DELIVERED
    assert outcomes(doc) == {SMS: (Outcome.ACCEPTED, None)}
    assert [task.waited for task in fakes.calls] == [0, 0, 0, 1, 2, 3, 4, 5, 6, 7]
    assert {task.again for task in fakes.calls} == {False}
    took = doc.updated_at - now
    assert MINUTE / 2 < took < HALF_AN_HOUR


async def test_the_pauses_grow_and_the_document_says_what_is_waited_for(
    time_skipping: WorkflowEnvironment,
) -> None:
    fakes = FakeActivities()
    away(fakes, SMS, tries=20)
    now = await time_skipping.get_current_time()
    sent = message(only(SMS), now=now, retry=timedelta(hours=2))
    async with centre(time_skipping, fakes):
        doc = await (await begin(time_skipping.client, sent)).result()
    shown = [r.status for r in fakes.records if r.status.waiting]
    assert {d.status for d in shown} == {Status.DELIVERING}
    assert {d.delivery(SMS).outcome for d in shown} == {Outcome.SENDING}
    waiting = [d.waiting for d in shown if d.waiting]
    assert {(w.reason, w.channel) for w in waiting} == {(Reason.UNREACHABLE, SMS)}
    moments = [w.until for w in waiting]
    pauses = [b - a for a, b in pairwise(moments)]
    assert pauses[0] < timedelta(seconds=10)
    assert pauses[-1] > MINUTE
    assert doc.waiting is None


async def test_what_is_waited_for_in_vain_fails_and_says_that_it_goes_out_by_itself(
    time_skipping: WorkflowEnvironment,
) -> None:
    fakes = FakeActivities()
    away(fakes, SMS, tries=1000)
    now = await time_skipping.get_current_time()
    sent = message(only(SMS), now=now, retry=HALF_AN_HOUR)
    async with centre(time_skipping, fakes):
        handle = await begin(time_skipping.client, sent)
        doc = await handle.result()
    assert doc.status is Status.FAILED
    assert outcomes(doc) == {SMS: (Outcome.FAILED, Reason.UNREACHABLE)}
    assert doc.resends_on == (SMS,)
    ended = next(r.status for r in fakes.records if r.status.status is Status.FAILED)
    assert HALF_AN_HOUR <= ended.updated_at - now < HALF_AN_HOUR + MINUTE


async def test_a_message_that_expires_is_not_waited_for_longer(
    time_skipping: WorkflowEnvironment,
) -> None:
    fakes = FakeActivities()
    away(fakes, SMS, tries=1000)
    now = await time_skipping.get_current_time()
    soon = timedelta(minutes=5)
    sent = message(only(SMS), now=now, expires_in=soon, retry=HALF_AN_HOUR)
    async with centre(time_skipping, fakes):
        doc = await (await begin(time_skipping.client, sent)).result()
    assert doc.status is Status.EXPIRED
    assert outcomes(doc) == {SMS: (Outcome.FAILED, Reason.EXPIRED)}
    assert doc.resends_on == ()
    assert soon <= doc.updated_at - now < soon + MINUTE


async def test_the_next_channel_need_not_wait(
    time_skipping: WorkflowEnvironment,
) -> None:
    fakes = FakeActivities()
    away(fakes, WECHAT, tries=1000)
    now = await time_skipping.get_current_time()
    async with centre(time_skipping, fakes):
        sent = message(now=now, retry=HALF_AN_HOUR)
        doc = await (await begin(time_skipping.client, sent)).result()
    assert doc.status is Status.DELIVERED
    assert outcomes(doc)[WECHAT] == (Outcome.FAILED, Reason.UNREACHABLE)
    assert outcomes(doc)[SMS] == (Outcome.ACCEPTED, None)
    assert fakes.channels == [WECHAT] * 3 + [SMS]
    assert doc.updated_at - now < MINUTE


async def test_where_the_others_reach_nobody_the_one_that_is_away_is_waited_for(
    time_skipping: WorkflowEnvironment,
) -> None:
    fakes = FakeActivities()
    away(fakes, WECHAT, tries=3)
    away(fakes, WECOM, tries=1000)
    fakes.script[SMS] = [RecipientRefused("no")]
    now = await time_skipping.get_current_time()
    async with centre(time_skipping, fakes):
        sent = message(now=now, retry=HALF_AN_HOUR)
        doc = await (await begin(time_skipping.client, sent)).result()
    assert doc.status is Status.DELIVERED
    assert outcomes(doc) == {
        WECHAT: (Outcome.ACCEPTED, None),
        SMS: (Outcome.FAILED, Reason.INVALID_RECIPIENT),
        WECOM: (Outcome.FAILED, Reason.UNREACHABLE),
    }
    # In the plan's order each time, and none after the first that took it.
    assert fakes.channels[-3:] == [WECHAT, WECOM, WECHAT]
    assert fakes.channels.count(SMS) == 1


async def test_a_cancelled_message_waits_no_longer(
    time_skipping: WorkflowEnvironment,
) -> None:
    fakes = FakeActivities()
    away(fakes, SMS, tries=1000)
    sent = message(only(SMS), retry=HALF_AN_HOUR)
    async with centre(time_skipping, fakes):
        handle = await begin(time_skipping.client, sent)
        await waits(time_skipping, handle, SMS)
        await handle.signal(DeliverMessage.cancel, Cancel(by="his"))
        doc = await handle.result()
    assert doc.status is Status.CANCELLED
    assert outcomes(doc) == {SMS: (Outcome.SKIPPED, Reason.CANCELLED)}


async def test_a_message_whose_batch_was_stopped_waits_no_longer(
    time_skipping: WorkflowEnvironment,
) -> None:
    fakes = FakeActivities()
    away(fakes, SMS, tries=1)
    stopped = DeliveryResult(outcome=Outcome.SKIPPED, reason=Reason.CANCELLED)
    fakes.script[SMS].append(stopped)
    bulk = message(only(SMS), Priority.BULK, retry=HALF_AN_HOUR)
    async with centre(time_skipping, fakes):
        doc = await (await begin(time_skipping.client, bulk)).result()
    assert doc.status is Status.CANCELLED


async def test_once_it_is_back_a_lack_of_room_is_part_of_the_wait(
    time_skipping: WorkflowEnvironment,
) -> None:
    fakes = FakeActivities()
    now = await time_skipping.get_current_time()
    full = [
        DeliveryResult(
            outcome=Outcome.PENDING,
            reason=Reason.RATE_LIMITED,
            not_before=now + timedelta(seconds=s),
        )
        for s in (60, 120, 240)
    ]
    slow = RateLimited("slow down", retry_after=timedelta(minutes=2))
    fakes.script[SMS] = [*[DOWN] * 4, *full, slow]
    async with centre(time_skipping, fakes):
        sent = message(only(SMS), now=now, retry=HALF_AN_HOUR)
        doc = await (await begin(time_skipping.client, sent)).result()
    assert doc.status is Status.DELIVERED
    assert doc.updated_at - now > timedelta(minutes=5)


async def test_a_type_may_wait_for_no_provider(
    time_skipping: WorkflowEnvironment,
) -> None:
    fakes = FakeActivities()
    away(fakes, SMS, tries=1)
    async with centre(time_skipping, fakes):
        doc = await (await begin(time_skipping.client, message(only(SMS)))).result()
    assert doc.status is Status.FAILED
    assert fakes.channels == [SMS] * 3
    assert doc.resends_on == ()


async def test_what_a_provider_itself_refuses_for_now_is_not_waited_for(
    time_skipping: WorkflowEnvironment,
) -> None:
    fakes = FakeActivities()
    fakes.script[SMS] = [busy()] * 3
    async with centre(time_skipping, fakes):
        sent = message(only(SMS), retry=HALF_AN_HOUR)
        doc = await (await begin(time_skipping.client, sent)).result()
    assert doc.status is Status.FAILED
    assert outcomes(doc) == {SMS: (Outcome.FAILED, Reason.UNREACHABLE)}
    assert len(fakes.calls) == 3
    assert doc.resends_on == ()


async def test_but_it_is_where_that_provider_is_only_just_coming_back(
    time_skipping: WorkflowEnvironment,
) -> None:
    fakes = FakeActivities()
    fakes.script[SMS] = [*[DOWN] * 4, busy(), busy()]
    async with centre(time_skipping, fakes):
        sent = message(only(SMS), retry=HALF_AN_HOUR)
        doc = await (await begin(time_skipping.client, sent)).result()
    assert doc.status is Status.DELIVERED
    assert len(fakes.calls) == 7


def busy() -> ProviderDown:
    """Return what a provider says that has the message and can't take it now."""
    error = ProviderDown("busy")
    error.answered = True
    return error
