"""Messages that must not go out yet: held by durable timers, with time skipped."""

import asyncio
from datetime import timedelta

import pytest
from temporalio.testing import WorkflowEnvironment

from centre.schedule.rules import SendingRules
from core.errors import RecipientRefused
from core.models import Cancel
from core.words import Outcome, Reason, Status
from tests.support.workflows.clock import NIGHT, NightlyActivities
from tests.support.workflows.fakes import message
from tests.support.workflows.rig import begin, serving
from tests.support.workflows.scenes import (
    SMS,
    WECHAT,
    Handle,
    centre,
    outcomes,
    status,
    until,
)
from workflows.message import DeliverMessage


@pytest.mark.parametrize(
    ("begins", "sent"),
    [
        ("2026-11-25 23:00", "2026-11-26 08:00"),
        ("2026-11-26 07:59", "2026-11-26 08:00"),
        ("2026-11-30 22:00", "2026-12-01 08:00"),
        ("2026-12-31 23:30", "2027-01-01 08:00"),
        ("2028-02-28 22:30", "2028-02-29 08:00"),
        ("2028-02-29 22:30", "2028-03-01 08:00"),
    ],
)
async def test_it_is_sent_when_the_night_is_over(
    time_skipping: WorkflowEnvironment, begins: str, sent: str
) -> None:
    now = await time_skipping.get_current_time()
    fakes = NightlyActivities(now, begins)
    async with centre(time_skipping, fakes):
        held = message(now=now)
        doc = await (await begin(time_skipping.client, held)).result()
    assert doc.status is Status.DELIVERED
    assert doc.waiting is None
    [call] = fakes.calls
    assert call.at is not None
    # The clock of the test goes on from `now` while the test itself runs.
    assert fakes.local(call.at) in (sent, sent[:-1] + "1")
    assert Status.SCHEDULED in fakes.statuses(held.id)


async def test_why_and_until_when_can_be_seen(
    time_skipping: WorkflowEnvironment,
) -> None:
    now = await time_skipping.get_current_time()
    fakes = NightlyActivities(now, "2026-11-25 23:00")
    async with centre(time_skipping, fakes):
        held = message(now=now)
        handle = await begin(time_skipping.client, held)
        await until(time_skipping, handle, Status.SCHEDULED)
        doc = await status(handle)
        assert doc.waiting is not None
        assert doc.waiting.reason is Reason.QUIET_HOURS
        assert fakes.local(doc.waiting.until) == "2026-11-26 08:00"
        # The store says the same.
        [*_, kept] = [s.status for s in fakes.records if s.status.id == held.id]
        assert kept.waiting == doc.waiting
        await handle.signal(DeliverMessage.cancel, Cancel(by="his"))
        doc = await handle.result()
    assert doc.status is Status.CANCELLED
    assert doc.waiting is None
    assert fakes.calls == []


async def test_it_expires_while_it_waits(time_skipping: WorkflowEnvironment) -> None:
    now = await time_skipping.get_current_time()
    fakes = NightlyActivities(now, "2026-11-25 23:00")
    async with centre(time_skipping, fakes):
        held = message(now=now, expires_in=timedelta(hours=2))
        doc = await (await begin(time_skipping.client, held)).result()
    assert doc.updated_at < now + timedelta(hours=3)
    assert doc.status is Status.EXPIRED
    assert fakes.calls == []


async def test_a_worker_that_was_away_when_the_night_ended(
    time_skipping: WorkflowEnvironment,
) -> None:
    now = await time_skipping.get_current_time()
    fakes = NightlyActivities(now, "2026-11-25 23:00")
    # Without a cache no task waits for the worker that is gone.
    async with serving(time_skipping.client, fakes, cached=0):
        handle = await begin(time_skipping.client, message(now=now))
        await until(time_skipping, handle, Status.SCHEDULED)
    # Time stands still once the timer has fired and nobody takes its task.
    ending = asyncio.create_task(handle.result())
    await _fired(handle)
    assert fakes.calls == []
    async with serving(time_skipping.client, fakes):
        doc = await ending
    assert doc.status is Status.DELIVERED
    assert len(fakes.calls) == 1


async def _fired(handle: Handle) -> None:
    """Wait until a timer of a workflow has fired."""
    for _ in range(100):
        history = await handle.fetch_history()
        if any(e.HasField("timer_fired_event_attributes") for e in history.events):
            return
        await asyncio.sleep(0.05)
    pytest.fail("no timer has fired")


async def test_rules_that_change_meanwhile_hold(
    time_skipping: WorkflowEnvironment,
) -> None:
    """Half way through the night somebody closes the weekdays altogether."""
    now = await time_skipping.get_current_time()
    fakes = NightlyActivities(now, "2026-11-25 23:00")
    async with centre(time_skipping, fakes):
        handle = await begin(time_skipping.client, message(now=now))
        await until(time_skipping, handle, Status.SCHEDULED)
        fakes.rules = SendingRules.model_validate(
            {"windows": [{"days": [6], "start": "10:00", "end": "12:00"}]}
        )
        await handle.result()
    [call] = fakes.calls
    assert call.at is not None
    assert fakes.local(call.at)[:15] == "2026-11-28 10:0"


async def test_one_channel_waits_and_another_does_not(
    time_skipping: WorkflowEnvironment,
) -> None:
    """SMS is held only when its turn comes, in the second stage."""
    now = await time_skipping.get_current_time()
    fakes = NightlyActivities(now, "2026-11-25 23:00", NIGHT, SMS)
    fakes.script[WECHAT] = [RecipientRefused("no")]
    async with centre(time_skipping, fakes):
        handle = await begin(time_skipping.client, message(now=now))
        for _ in range(100):
            if (await status(handle)).waiting:
                break
            await time_skipping.sleep(0.1)
        doc = await status(handle)
        assert doc.status is Status.DELIVERING
        assert doc.waiting is not None
        doc = await handle.result()
    assert outcomes(doc)[SMS] == (Outcome.ACCEPTED, None)
    assert [call.channel for call in fakes.calls] == [WECHAT, SMS]
    at = fakes.calls[-1].at
    assert at is not None
    assert fakes.local(at)[:15] == "2026-11-26 08:0"


async def test_a_channel_that_waits_is_skipped_by_a_cancel(
    time_skipping: WorkflowEnvironment,
) -> None:
    now = await time_skipping.get_current_time()
    fakes = NightlyActivities(now, "2026-11-25 23:00", NIGHT, WECHAT)
    async with centre(time_skipping, fakes):
        handle = await begin(time_skipping.client, message(now=now))
        for _ in range(100):
            if (await status(handle)).waiting:
                break
            await time_skipping.sleep(0.1)
        await handle.signal(DeliverMessage.cancel, Cancel(by="his"))
        doc = await handle.result()
    assert doc.status is Status.CANCELLED
    assert outcomes(doc)[WECHAT] == (Outcome.SKIPPED, Reason.CANCELLED)
    assert fakes.calls == []
