"""A provider that is away: what is critical, what is in doubt, what is resent."""

from datetime import timedelta

import pytest
from temporalio.testing import WorkflowEnvironment

from centre.delivery.contracts import DeliveryResult
from core.errors import (
    RecipientRefused,
    SafeToRepeat,
    StillInDoubt,
)
from core.models import (
    Acknowledgement,
    Receipt,
    Resend,
)
from core.words import Outcome, Priority, Reason, Status, StepKind, StepWhy
from tests.support.workflows.fakes import (
    ASKABLE,
    CRITICAL,
    TAKEN,
    UNKNOWN,
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
from tests.support.workflows.scenes import (
    SMS,
    WECHAT,
    WECOM,
    Handle,
    centre,
    outcomes,
    status,
)
from workflows.message import DeliverMessage


async def test_a_critical_message_keeps_at_each_channel_beside_its_end(
    time_skipping: WorkflowEnvironment,
) -> None:
    fakes = FakeActivities()
    fakes.script[SMS] = [DOWN] * 12
    now = await time_skipping.get_current_time()
    urgent = message(CRITICAL, Priority.CRITICAL, now=now, retry=HALF_AN_HOUR)
    async with centre(time_skipping, fakes):
        doc = await (await begin(time_skipping.client, urgent)).result()
    assert {o for o, _ in outcomes(doc).values()} == {Outcome.ACCEPTED}
    # The others' end was told at once; only then did the third come through.
    told = [r.status for r in fakes.records if r.status.status is Status.DELIVERED]
    assert told[0].delivery(SMS).outcome is Outcome.SENDING
    assert told[0].updated_at - now < MINUTE
    assert told[-1].delivery(SMS).outcome is Outcome.ACCEPTED
    assert fakes.channels.count(SMS) == 13


async def test_a_critical_message_that_somebody_confirmed_is_kept_at_no_more(
    time_skipping: WorkflowEnvironment,
) -> None:
    fakes = FakeActivities()
    fakes.script[SMS] = [DOWN] * 1000
    urgent = message(CRITICAL, Priority.CRITICAL, retry=HALF_AN_HOUR)
    async with centre(time_skipping, fakes):
        handle = await begin(time_skipping.client, urgent)
        await waits(time_skipping, handle, SMS)
        at = await time_skipping.get_current_time()
        await handle.signal(
            DeliverMessage.acknowledge, Acknowledgement(by="Dr Li", at=at)
        )
        doc = await handle.result()
    assert doc.status is Status.DELIVERED
    assert outcomes(doc)[SMS] == (Outcome.FAILED, Reason.UNREACHABLE)
    assert doc.updated_at - at < MINUTE


async def test_a_critical_message_no_channel_of_which_is_there_waits_for_all(
    time_skipping: WorkflowEnvironment,
) -> None:
    fakes = FakeActivities()
    for channel, tries in ((WECHAT, 8), (SMS, 20), (WECOM, 1000)):
        fakes.script[channel] = [DOWN] * tries
    urgent = message(CRITICAL, Priority.CRITICAL, retry=HALF_AN_HOUR)
    async with centre(time_skipping, fakes):
        doc = await (await begin(time_skipping.client, urgent)).result()
    assert doc.status is Status.DELIVERED
    assert outcomes(doc) == {
        WECHAT: (Outcome.ACCEPTED, None),
        SMS: (Outcome.ACCEPTED, None),
        WECOM: (Outcome.FAILED, Reason.UNREACHABLE),
    }


@pytest.mark.parametrize("step", [UNKNOWN, SafeToRepeat("no answer")], ids=str)
async def test_what_may_have_been_taken_is_never_sent_again_by_the_wait(
    time_skipping: WorkflowEnvironment, step: DeliveryResult | SafeToRepeat
) -> None:
    fakes = FakeActivities()
    fakes.script[SMS] = [step] * 3
    async with centre(time_skipping, fakes):
        sent = message(only(SMS), retry=HALF_AN_HOUR)
        doc = await (await begin(time_skipping.client, sent)).result()
    assert doc.status is Status.FAILED
    assert outcomes(doc) == {SMS: (Outcome.UNKNOWN, Reason.OUTCOME_UNKNOWN)}
    assert len(fakes.calls) == (1 if step is UNKNOWN else 3)
    assert doc.resends_on == ()


async def test_what_becomes_unknown_after_a_wait_is_cleared_up_not_waited_for(
    time_skipping: WorkflowEnvironment,
) -> None:
    fakes = FakeActivities()
    fakes.script[SMS] = [*[DOWN] * 5, UNKNOWN]
    async with centre(time_skipping, fakes):
        sent = message(only(SMS), retry=HALF_AN_HOUR)
        doc = await (await begin(time_skipping.client, sent)).result()
    assert outcomes(doc) == {SMS: (Outcome.UNKNOWN, Reason.OUTCOME_UNKNOWN)}
    assert len(fakes.calls) == 6


async def test_a_provider_that_drops_repeats_gets_its_repeat_when_it_is_back(
    time_skipping: WorkflowEnvironment,
) -> None:
    fakes = FakeActivities()
    fakes.script[SMS] = [SafeToRepeat("no answer"), *[StillInDoubt("gone")] * 6]
    async with centre(time_skipping, fakes):
        sent = message(only(SMS), retry=HALF_AN_HOUR)
        handle = await begin(time_skipping.client, sent)
        await waits(time_skipping, handle, SMS)
        shown = (await status(handle)).delivery(SMS)
        doc = await handle.result()
    assert (shown.outcome, shown.reason) == (Outcome.UNKNOWN, Reason.OUTCOME_UNKNOWN)
    assert outcomes(doc) == {SMS: (Outcome.ACCEPTED, None)}
    # The activity knows of the call before; the workflow allows no other repeat.
    assert {task.again for task in fakes.calls} == {False}


async def test_what_is_in_doubt_at_a_provider_that_is_away_is_asked_after_later(
    time_skipping: WorkflowEnvironment,
) -> None:
    fakes = FakeActivities()
    fakes.script[SMS] = [ASKABLE]
    fakes.asked[SMS] = [DOWN] * 5  # then it says that it took no such delivery
    async with centre(time_skipping, fakes):
        sent = message(only(SMS), retry=HALF_AN_HOUR)
        doc = await (await begin(time_skipping.client, sent)).result()
    assert outcomes(doc) == {SMS: (Outcome.ACCEPTED, None)}
    assert [task.again for task in fakes.calls] == [False, True]
    steps = [(s.kind, s.why) for s in doc.steps][-2:]
    assert steps == [
        (StepKind.ASKED, StepWhy.NOT_TAKEN),
        (StepKind.REPEATED, StepWhy.NOT_TAKEN),
    ]


async def test_what_a_provider_says_it_took_is_not_sent_again_when_it_is_back(
    time_skipping: WorkflowEnvironment,
) -> None:
    fakes = FakeActivities()
    fakes.script[SMS] = [ASKABLE]
    fakes.asked[SMS] = [*[DOWN] * 5, TAKEN]
    async with centre(time_skipping, fakes):
        sent = message(only(SMS), retry=HALF_AN_HOUR)
        doc = await (await begin(time_skipping.client, sent)).result()
    assert outcomes(doc) == {SMS: (Outcome.ACCEPTED, None)}
    assert len(fakes.calls) == 1


async def test_a_receipt_ends_the_wait_for_what_was_in_doubt(
    time_skipping: WorkflowEnvironment,
) -> None:
    fakes = FakeActivities()
    fakes.script[SMS] = [ASKABLE]
    fakes.asked[SMS] = [DOWN] * 1000
    async with centre(time_skipping, fakes):
        sent = message(only(SMS), retry=HALF_AN_HOUR)
        handle = await begin(time_skipping.client, sent)
        await waits(time_skipping, handle, SMS)
        at = await time_skipping.get_current_time()
        arrived = Receipt(channel=SMS, outcome=Outcome.DELIVERED, at=at)
        await handle.signal(DeliverMessage.receipt, arrived)
        doc = await handle.result()
    assert doc.status is Status.DELIVERED
    assert len(fakes.calls) == 1


async def failed_for_it(
    env: WorkflowEnvironment, fakes: FakeActivities, expires_in: timedelta | None
) -> Handle:
    """Return a message that has failed as its provider was away for a minute."""
    away(fakes, WECHAT, tries=1000)
    away(fakes, SMS, tries=1000)
    fakes.script[WECOM] = [RecipientRefused("no")]
    now = await env.get_current_time()
    sent = message(now=now, expires_in=expires_in, retry=MINUTE)
    handle = await begin(env.client, sent)
    while (await status(handle)).status is not Status.FAILED:
        await env.sleep(5)
    fakes.calls.clear()
    return handle


async def test_the_centre_s_own_resend_goes_out_where_the_providers_were_away(
    time_skipping: WorkflowEnvironment,
) -> None:
    fakes = FakeActivities()
    order = Resend(reason="back", by="centre", run=1, automatic=True)
    async with centre(time_skipping, fakes):
        handle = await failed_for_it(time_skipping, fakes, None)
        doc = await status(handle)
        assert doc.resends_on == (WECHAT, SMS)
        fakes.script[WECHAT], fakes.script[SMS] = [], []
        order = order.model_copy(update={"channels": doc.resends_on})
        await handle.signal(DeliverMessage.resend, order)
        doc = await handle.result()
    assert (doc.status, doc.run, doc.automatic_resends) == (Status.DELIVERED, 2, 1)
    assert fakes.channels == [WECHAT]
    assert doc.resends_on == ()


async def test_the_centre_s_own_resend_goes_not_beyond_the_deadline(
    time_skipping: WorkflowEnvironment,
) -> None:
    fakes = FakeActivities()
    order = Resend(reason="back", by="centre", run=1, automatic=True)
    order = order.model_copy(update={"channels": (WECHAT, SMS)})
    async with centre(time_skipping, fakes):
        handle = await failed_for_it(time_skipping, fakes, timedelta(minutes=5))
        await handle.signal(DeliverMessage.resend, order)
        doc = await handle.result()
    assert doc.run == 2
    assert doc.expires_at is not None
    assert doc.updated_at < doc.expires_at + MINUTE
    assert doc.status in (Status.FAILED, Status.EXPIRED)
