"""A message that another one tells of, and one that tells of others."""

from datetime import timedelta

import pytest
from temporalio.testing import WorkflowEnvironment

from core.models import Cancel, Resend
from core.words import Outcome, Reason, Status
from tests.support.workflows.digests import CARRIER, DigestActivities
from tests.support.workflows.fakes import message
from tests.support.workflows.rig import begin
from tests.support.workflows.scenes import WECHAT, centre, outcomes, status, until
from workflows.message import DeliverMessage

HOUR = timedelta(hours=1)


async def test_it_waits_for_its_carrier_and_ends_as_that(
    time_skipping: WorkflowEnvironment,
) -> None:
    fakes = DigestActivities(HOUR, HOUR, Status.DELIVERED)
    async with centre(time_skipping, fakes):
        handle = await begin(time_skipping.client, message())
        await until(time_skipping, handle, Status.SCHEDULED)
        doc = await status(handle)
        assert doc.digested_into == CARRIER
        assert doc.waiting is not None
        assert doc.waiting.reason is Reason.DIGESTED
        doc = await handle.result()
    assert doc.status is Status.DELIVERED
    assert (doc.digested_into, doc.waiting) == (CARRIER, None)
    assert set(outcomes(doc).values()) == {(Outcome.SKIPPED, Reason.DIGESTED)}
    assert fakes.calls == []


@pytest.mark.parametrize("cancels", [True, False])
async def test_what_is_told_of_can_not_be_called_back(
    time_skipping: WorkflowEnvironment, cancels: bool
) -> None:
    """Neither by a cancel nor by its own deadline: the carrier's end is its end."""
    now = await time_skipping.get_current_time()
    fakes = DigestActivities(HOUR, HOUR, HOUR, Status.DELIVERED)
    soon = None if cancels else timedelta(minutes=90)
    async with centre(time_skipping, fakes):
        held = message(now=now, expires_in=soon)
        handle = await begin(time_skipping.client, held)
        await until(time_skipping, handle, Status.SCHEDULED)
        if cancels:
            await handle.signal(DeliverMessage.cancel, Cancel(by="his"))
        doc = await handle.result()
    assert doc.status is Status.DELIVERED


async def test_handed_back_it_sends_its_own(time_skipping: WorkflowEnvironment) -> None:
    fakes = DigestActivities(HOUR, None)
    async with centre(time_skipping, fakes):
        doc = await (await begin(time_skipping.client, message())).result()
    assert doc.status is Status.DELIVERED
    assert doc.digested_into is None
    [call] = fakes.calls
    assert call.digest is None


async def test_handed_back_a_cancel_holds(time_skipping: WorkflowEnvironment) -> None:
    fakes = DigestActivities(HOUR, None)
    async with centre(time_skipping, fakes):
        handle = await begin(time_skipping.client, message())
        await until(time_skipping, handle, Status.SCHEDULED)
        await handle.signal(DeliverMessage.cancel, Cancel(by="his"))
        doc = await handle.result()
    assert doc.status is Status.CANCELLED
    assert fakes.calls == []


async def test_a_failed_carrier_leaves_it_failed_and_resendable(
    time_skipping: WorkflowEnvironment,
) -> None:
    fakes = DigestActivities(HOUR, Status.FAILED, None)
    async with centre(time_skipping, fakes):
        handle = await begin(time_skipping.client, message())
        await until(time_skipping, handle, Status.SCHEDULED)
        await time_skipping.sleep(HOUR)
        await until(time_skipping, handle, Status.FAILED)
        assert (await status(handle)).resendable_until is not None
        await handle.signal(DeliverMessage.resend, Resend(reason="again", by="li"))
        doc = await handle.result()
    assert (doc.status, doc.run) == (Status.DELIVERED, 2)
    assert doc.digested_into is None
    assert outcomes(doc)[WECHAT] == (Outcome.ACCEPTED, None)


async def test_a_carrier_says_of_how_many(time_skipping: WorkflowEnvironment) -> None:
    fakes = DigestActivities(3)
    async with centre(time_skipping, fakes):
        doc = await (await begin(time_skipping.client, message())).result()
    assert (doc.status, doc.digest_of) == (Status.DELIVERED, 3)
    [call] = fakes.calls
    assert call.digest is not None
    assert (call.digest.type, call.digest.count) == ("held", 3)
