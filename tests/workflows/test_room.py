"""A limit of ours has no room: how long a message waits, and what follows."""

from datetime import datetime, timedelta

from temporalio.testing import WorkflowEnvironment

from centre.delivery.contracts import DeliveryResult
from core.words import Outcome, Priority, Reason, Status
from tests.support.workflows.fakes import FakeActivities, Step, message
from tests.support.workflows.rig import begin
from tests.support.workflows.scenes import SMS, WECHAT, centre, outcomes


def no_room(now: datetime, *seconds: float) -> list[Step]:
    """Return what the activity says while our own limit has no room."""
    return [
        DeliveryResult(
            outcome=Outcome.PENDING,
            reason=Reason.RATE_LIMITED,
            not_before=now + timedelta(seconds=s),
        )
        for s in seconds
    ]


async def test_room_in_a_limit_of_ours_is_waited_for_without_a_try_spent(
    time_skipping: WorkflowEnvironment,
) -> None:
    fakes = FakeActivities()
    now = await time_skipping.get_current_time()
    fakes.script[WECHAT] = no_room(now, 2, 5, 10, 20, 29)
    async with centre(time_skipping, fakes):
        doc = await (await begin(time_skipping.client, message(now=now))).result()
    assert doc.status is Status.DELIVERED
    assert fakes.channels == [WECHAT] * 6
    assert [task.held for task in fakes.calls] == [0, 1, 2, 3, 4, 5]
    waiting = [r.status.waiting for r in fakes.records if r.status.waiting]
    assert {w.reason for w in waiting} == {Reason.RATE_LIMITED}
    assert doc.waiting is None


async def test_a_limit_of_ours_is_not_waited_for_longer_than_the_next_channel_can(
    time_skipping: WorkflowEnvironment,
) -> None:
    fakes = FakeActivities()
    now = await time_skipping.get_current_time()
    fakes.script[WECHAT] = no_room(now, 10, 20, 45)
    async with centre(time_skipping, fakes):
        doc = await (await begin(time_skipping.client, message(now=now))).result()
    assert fakes.channels == [WECHAT] * 3 + [SMS]
    assert outcomes(doc)[WECHAT] == (Outcome.FAILED, Reason.RATE_LIMITED)


async def test_what_is_sent_in_bulk_waits_for_room_for_hours(
    time_skipping: WorkflowEnvironment,
) -> None:
    fakes = FakeActivities()
    now = await time_skipping.get_current_time()
    fakes.script[WECHAT] = no_room(now, *range(300, 6 * 3600, 300))
    bulk = message(now=now, priority=Priority.BULK)
    async with centre(time_skipping, fakes):
        doc = await (await begin(time_skipping.client, bulk)).result()
    assert doc.status is Status.DELIVERED
    assert set(fakes.channels) == {WECHAT}


async def test_what_was_held_back_ends_with_its_batch(
    time_skipping: WorkflowEnvironment,
) -> None:
    fakes = FakeActivities()
    now = await time_skipping.get_current_time()
    stopped = DeliveryResult(outcome=Outcome.SKIPPED, reason=Reason.CANCELLED)
    fakes.script[WECHAT] = [*no_room(now, 300), stopped]
    bulk = message(now=now, priority=Priority.BULK)
    async with centre(time_skipping, fakes):
        doc = await (await begin(time_skipping.client, bulk)).result()
    assert doc.status is Status.CANCELLED
    assert set(fakes.channels) == {WECHAT}
    assert {d.reason for d in doc.deliveries} == {Reason.CANCELLED}
