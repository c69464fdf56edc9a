"""Stages, retries and refusals of a message, with time skipped."""

from datetime import timedelta

import pytest
from temporalio.testing import WorkflowEnvironment

from core.errors import (
    ContentRefused,
    Misconfigured,
    ProviderDown,
    RateLimited,
    RecipientRefused,
    Undeliverable,
)
from core.words import Outcome, Priority, Reason, Status
from tests.support.workflows.fakes import (
    CRITICAL,
    TAKEN,
    FakeActivities,
    message,
)
from tests.support.workflows.rig import begin
from tests.support.workflows.scenes import (
    SMS,
    WECHAT,
    WECOM,
    centre,
    outcomes,
)


async def test_first_channel_delivers_and_the_rest_is_skipped(
    time_skipping: WorkflowEnvironment,
) -> None:
    fakes = FakeActivities()
    async with centre(time_skipping, fakes):
        doc = await (await begin(time_skipping.client, message())).result()
    assert doc.status is Status.DELIVERED
    assert fakes.channels == [WECHAT]
    assert outcomes(doc) == {
        WECHAT: (Outcome.ACCEPTED, None),
        SMS: (Outcome.SKIPPED, Reason.POLICY_SATISFIED),
        WECOM: (Outcome.SKIPPED, Reason.POLICY_SATISFIED),
    }
    assert doc.delivery(WECHAT).provider_message_id == "p-1"
    assert doc.resendable_until is None


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (RecipientRefused("no"), Reason.INVALID_RECIPIENT),
        (ContentRefused("no"), Reason.REJECTED),
        (Misconfigured("no"), Reason.MISCONFIGURED),
    ],
)
async def test_a_refusal_goes_to_the_next_channel_without_a_retry(
    time_skipping: WorkflowEnvironment, error: Exception, reason: Reason
) -> None:
    fakes = FakeActivities()
    fakes.script[WECHAT] = [error]  # type: ignore[list-item]
    async with centre(time_skipping, fakes):
        doc = await (await begin(time_skipping.client, message())).result()
    assert fakes.channels == [WECHAT, SMS]
    assert outcomes(doc)[WECHAT] == (Outcome.FAILED, reason)
    assert doc.delivery(WECHAT).attempts == 1
    assert outcomes(doc)[SMS] == (Outcome.ACCEPTED, None)


async def test_a_transient_error_is_retried_on_the_same_channel(
    time_skipping: WorkflowEnvironment,
) -> None:
    fakes = FakeActivities()
    fakes.script[WECHAT] = [ProviderDown("down"), ProviderDown("down"), TAKEN]
    async with centre(time_skipping, fakes):
        doc = await (await begin(time_skipping.client, message())).result()
    assert fakes.channels == [WECHAT] * 3
    assert doc.status is Status.DELIVERED


async def test_a_channel_that_stays_down_is_given_up(
    time_skipping: WorkflowEnvironment,
) -> None:
    fakes = FakeActivities()
    fakes.script[WECHAT] = [ProviderDown("down")] * 9
    async with centre(time_skipping, fakes):
        doc = await (await begin(time_skipping.client, message())).result()
    assert fakes.channels == [WECHAT, WECHAT, WECHAT, SMS]
    assert outcomes(doc)[WECHAT] == (Outcome.FAILED, Reason.UNREACHABLE)
    assert doc.delivery(WECHAT).attempts == 3


async def test_retry_after_is_waited_for(time_skipping: WorkflowEnvironment) -> None:
    fakes = FakeActivities()
    pause = timedelta(seconds=20)
    fakes.script[WECHAT] = [RateLimited("slow", retry_after=pause), TAKEN]
    async with centre(time_skipping, fakes):
        before = await time_skipping.get_current_time()
        doc = await (await begin(time_skipping.client, message())).result()
        took = doc.updated_at - before
    assert fakes.channels == [WECHAT, WECHAT]
    assert doc.status is Status.DELIVERED
    assert pause <= took < pause + timedelta(seconds=10)


async def test_a_critical_message_goes_out_on_every_channel_at_once(
    time_skipping: WorkflowEnvironment,
) -> None:
    fakes = FakeActivities()
    fakes.script[SMS] = [RecipientRefused("no")]
    async with centre(time_skipping, fakes):
        urgent = message(CRITICAL, Priority.CRITICAL)
        doc = await (await begin(time_skipping.client, urgent)).result()
    assert sorted(fakes.channels) == sorted([WECHAT, SMS, WECOM])
    assert doc.status is Status.DELIVERED
    assert outcomes(doc)[SMS] == (Outcome.FAILED, Reason.INVALID_RECIPIENT)


async def test_what_is_withheld_is_never_called(
    time_skipping: WorkflowEnvironment,
) -> None:
    fakes = FakeActivities()
    fakes.withheld = {WECHAT: Reason.NO_ADDRESS, SMS: Reason.OPTED_OUT}
    async with centre(time_skipping, fakes):
        doc = await (await begin(time_skipping.client, message())).result()
    assert fakes.channels == [WECOM]
    assert outcomes(doc)[WECHAT] == (Outcome.SKIPPED, Reason.NO_ADDRESS)
    assert outcomes(doc)[SMS] == (Outcome.SKIPPED, Reason.OPTED_OUT)


async def test_a_template_switched_off_at_the_last_moment_is_skipped(
    time_skipping: WorkflowEnvironment,
) -> None:
    fakes = FakeActivities()
    fakes.script[WECHAT] = [Undeliverable(Reason.TEMPLATE_DISABLED)]
    async with centre(time_skipping, fakes):
        doc = await (await begin(time_skipping.client, message())).result()
    assert outcomes(doc)[WECHAT] == (Outcome.SKIPPED, Reason.TEMPLATE_DISABLED)
    assert outcomes(doc)[SMS] == (Outcome.ACCEPTED, None)


@pytest.mark.parametrize("lost", [False, True])
async def test_the_message_is_written_once_unless_the_store_has_lost_it(
    time_skipping: WorkflowEnvironment, lost: bool
) -> None:
    fakes, sent = FakeActivities(), message()
    fakes.lost = lost
    async with centre(time_skipping, fakes):
        await (await begin(time_skipping.client, sent)).result()
    assert [news.message for news in fakes.records] == [sent, sent if lost else None]
    assert fakes.statuses(sent.id) == [Status.DELIVERING, Status.DELIVERED]
