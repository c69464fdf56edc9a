"""Deliveries on a real store, with a scripted provider: nothing is sent unnoticed."""

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import ClassVar

import pytest
from temporalio.testing import ActivityEnvironment

from activities.delivery import DeliveryActivities
from centre.catalog import message_types, templates
from centre.catalog.models import MessageTypeChanges, TemplateDraft
from centre.delivery import attempt_writes
from centre.delivery.contracts import DeliveryResult, DeliveryTask
from centre.delivery.links import Links
from centre.delivery.models import Attempt
from channels.base import Acceptance, Sending
from channels.router import Route, Router
from core.errors import (
    NotTaken,
    OutcomeUnknown,
    RateLimited,
    RecipientRefused,
    SafeToRepeat,
    Undeliverable,
)
from core.words import Channel, Outcome, Reason
from db.store import Store
from tests.support.stores.within import within
from tests.support.workflows.activities import ACTOR, TYPE, booking_store
from tests.support.workflows.deliveries import (
    YES,
    AskableSender,
    KeyedSender,
    ScriptedSender,
    deliver,
    rows,
    task,
)


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    async with booking_store(tmp_path) as store:
        yield store


async def crashed(store: Store, work: DeliveryTask) -> Attempt:
    """Leave the row of a call in whose middle the worker died."""
    async with store.sessions.begin() as session:
        return await attempt_writes.begin_attempt(
            session,
            delivery_id=work.delivery_id,
            message_id=work.message_id,
            channel=work.channel,
            provider="scripted",
        )


async def test_what_is_sent_is_rendered_and_recorded(store: Store) -> None:
    sender, work = ScriptedSender(YES), task()
    result = await deliver(store, sender, work)
    assert result == DeliveryResult(
        outcome=Outcome.ACCEPTED,
        attempts=1,
        provider="scripted",
        provider_message_id="p-7",
    )
    [sent] = sender.sent
    assert sent.content.body == "林小满，请按时就诊"
    assert sent.content.title == "挂号成功"
    assert sent.id == work.delivery_id
    assert await rows(store, work) == [("accepted", None)]


async def test_the_attempt_is_on_disk_before_the_provider_is_called(
    store: Store,
) -> None:
    work = task()

    class Looking(ScriptedSender):
        async def send(self, sending: Sending) -> Acceptance:
            assert await rows(store, work) == [("sending", None)]
            return await super().send(sending)

    await deliver(store, Looking(YES), work)


async def test_a_refusal_is_recorded_with_the_providers_code(store: Store) -> None:
    work = task()
    no = RecipientRefused("refused", code="isv.MOBILE_NUMBER_ILLEGAL")
    with pytest.raises(RecipientRefused):
        await deliver(store, ScriptedSender(no), work)
    assert await rows(store, work) == [("failed", "isv.MOBILE_NUMBER_ILLEGAL")]


async def test_no_answer_is_unknown_and_not_repeated(store: Store) -> None:
    sender, work = ScriptedSender(OutcomeUnknown("no answer")), task()
    result = await deliver(store, sender, work)
    assert result.outcome is Outcome.UNKNOWN
    assert not result.askable
    assert [state for state, _ in await rows(store, work)] == ["unknown"]


async def test_no_answer_may_be_repeated_where_the_provider_drops_duplicates(
    store: Store,
) -> None:
    sender, work = KeyedSender(OutcomeUnknown("no answer"), YES), task()
    with pytest.raises(SafeToRepeat) as raised:
        await deliver(store, sender, work)
    assert raised.value.retryable
    result = await deliver(store, sender, work, attempt=2)
    assert result.outcome is Outcome.ACCEPTED
    assert result.attempts == 2
    assert len({sent.model_dump_json() for sent in sender.sent}) == 1


async def test_after_a_crash_in_mid_call_nothing_is_sent_twice(store: Store) -> None:
    sender, work = ScriptedSender(), task()
    await crashed(store, work)
    result = await deliver(store, sender, work, attempt=2)
    assert result.outcome is Outcome.UNKNOWN
    assert sender.sent == []


async def test_after_a_crash_the_workflow_may_decide_to_repeat(store: Store) -> None:
    sender, work = ScriptedSender(YES), task(again=True)
    await crashed(store, work)
    result = await deliver(store, sender, work)
    assert (result.outcome, result.attempts) == (Outcome.ACCEPTED, 2)


async def test_a_crash_after_the_answer_loses_nothing(store: Store) -> None:
    sender, work = ScriptedSender(YES), task()
    await deliver(store, sender, work)
    result = await deliver(store, sender, work, attempt=2)
    assert result.provider_message_id == "p-7"
    assert len(sender.sent) == 1


async def test_a_duplicate_key_protects_only_within_its_window(store: Store) -> None:
    class Expired(KeyedSender):
        dedupe_window: ClassVar[timedelta | None] = timedelta(0)

    sender, work = Expired(), task()
    await crashed(store, work)
    result = await deliver(store, sender, work, attempt=2)
    assert result.outcome is Outcome.UNKNOWN
    assert sender.sent == []


@pytest.mark.parametrize(("pause", "again"), [(29, True), (31, False)])
async def test_a_later_beyond_patience_is_final(
    store: Store, pause: int, again: bool
) -> None:
    slow = RateLimited("slow down", retry_after=timedelta(seconds=pause))
    with pytest.raises(RateLimited) as raised:
        await deliver(store, ScriptedSender(slow), task())
    assert raised.value.retryable is again


async def switch_off(store: Store, what: str) -> None:
    async with store.sessions.begin() as session:
        if what == "type":
            off = MessageTypeChanges(enabled=False)
            await message_types.update_message_type(within(session), TYPE, off, ACTOR)
        else:
            await templates.set_template_enabled(
                within(session), TYPE, Channel.SMS, False, ACTOR
            )


@pytest.mark.parametrize(
    ("what", "reason"),
    [("type", Reason.TYPE_DISABLED), ("template", Reason.TEMPLATE_DISABLED)],
)
async def test_what_is_switched_off_is_withheld(
    store: Store, what: str, reason: Reason
) -> None:
    await switch_off(store, what)
    sender = ScriptedSender(YES)
    with pytest.raises(Undeliverable) as raised:
        await deliver(store, sender, task())
    assert raised.value.reason is reason
    assert sender.sent == []


async def test_a_template_nobody_wrote_is_withheld(store: Store) -> None:
    with pytest.raises(Undeliverable) as raised:
        await deliver(store, ScriptedSender(YES), task(template_version=9))
    assert raised.value.reason is Reason.NO_TEMPLATE


@pytest.mark.parametrize("pinned", [0, 1])
async def test_a_resend_says_what_was_mended(store: Store, pinned: int) -> None:
    async with store.sessions.begin() as session:
        mended = TemplateDraft(body="{{name}}，请到新院区就诊")
        await templates.add_template(session, TYPE, Channel.SMS, mended, ACTOR)
    sender = ScriptedSender(YES, YES)
    if pinned:
        await deliver(store, sender, task(template_version=pinned))
    await deliver(store, sender, task(template_version=pinned, run=2))
    before = ["林小满，请按时就诊"] if pinned else []
    said = [sent.content.body for sent in sender.sent]
    assert said == [*before, "林小满，请到新院区就诊"]


async def test_a_resend_says_nothing_that_it_lacks_the_values_for(
    store: Store,
) -> None:
    async with store.sessions.begin() as session:
        wants_more = TemplateDraft(body="{{name}}，请到{{place}}就诊")
        await templates.add_template(session, TYPE, Channel.SMS, wants_more, ACTOR)
    sender = ScriptedSender(YES)
    await deliver(store, sender, task(run=2))
    assert sender.sent[0].content.body == "林小满，请按时就诊"


@pytest.mark.parametrize("known", [YES, None])
async def test_a_provider_is_asked_what_became_of_it(
    store: Store, known: Acceptance | None
) -> None:
    sender, work = AskableSender(known), task()
    first = await deliver(store, sender, work)
    assert first.askable
    activities = DeliveryActivities(store, Router([Route(sender)]), Links("x", b"k"))
    if known is None:
        with pytest.raises(NotTaken):
            await ActivityEnvironment().run(activities.ask, work)
    else:
        found = await ActivityEnvironment().run(activities.ask, work)
        assert (found.outcome, found.attempts) == (Outcome.ACCEPTED, 1)
        assert await rows(store, work) == [("accepted", None)]
