"""A channel's limits hold before its provider is called, for all but criticals."""

from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, ClassVar
from uuid import uuid4

import pytest
from temporalio.testing import ActivityEnvironment

from activities.delivery import DeliveryActivities
from centre.batches.tables import BatchRow
from centre.catalog import dictionaries
from centre.catalog.models import ChannelChanges
from centre.delivery import attempt_queries, attempt_writes
from centre.delivery.contracts import DeliveryResult, DeliveryTask
from centre.delivery.links import Links
from centre.rate_limits import counter_queries
from centre.seeds import seeds
from channels.base import Acceptance, Sending
from channels.router import Route, Router
from core.clock import utc_now
from core.errors import RateLimited
from core.models import Address
from core.words import Channel, IdentityType, Outcome, Priority, Reason
from db.store import Store
from tests.support.stores.within import within
from tests.support.workflows.activities import ACTOR, TYPE, booking_store


class Yes:
    """A provider that takes everything."""

    channel: ClassVar[Channel] = Channel.SMS
    provider: ClassVar[str] = "yes"
    dedupe_window: ClassVar[timedelta | None] = None

    async def send(self, sending: Sending) -> Acceptance:
        return Acceptance(provider="yes")


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    async with booking_store(tmp_path) as store:
        async with store.sessions.begin() as session:
            await seeds.seed_dictionaries(session)
        yield store


async def limited(store: Store, **most: int) -> DeliveryActivities:
    """Limit SMS so, and return one process's activities."""
    changes = ChannelChanges(limits=most, enabled=True)
    async with store.sessions.begin() as session:
        await dictionaries.update_channel(within(session), Channel.SMS, changes, ACTOR)
    return process(store)


def process(store: Store) -> DeliveryActivities:
    links = Links("https://hospital.example", b"k" * 32)
    return DeliveryActivities(store, Router([Route(Yes())]), links)


def task(phone: str = "+8613812345678", **changes: Any) -> DeliveryTask:
    whole: dict[str, Any] = {
        "message_id": uuid4(),
        "type": TYPE,
        "priority": Priority.NORMAL,
        "channel": Channel.SMS,
        "run": 1,
        "template_version": 1,
        "address": Address(type=IdentityType.MOBILE, value=phone),
        "params": {"name": "林小满"},
        "link": None,
        "created_at": utc_now(),
        "patience": timedelta(hours=2),
    }
    return DeliveryTask(**(whole | changes))


async def deliver(activities: DeliveryActivities, work: DeliveryTask) -> bool:
    """Tell whether it was sent."""
    if await held_until(activities, work) is None:
        return True
    async with activities.store.sessions() as session:
        assert not await attempt_queries.attempts_of(session, work.delivery_id)
    return False


async def held_until(
    activities: DeliveryActivities, work: DeliveryTask
) -> datetime | None:
    """Return from when on there may be room, None where it was sent."""
    result = await ActivityEnvironment().run(activities.deliver, work)
    assert isinstance(result, DeliveryResult)
    if result.not_before is None:
        assert result.outcome is Outcome.ACCEPTED
    else:
        assert (result.outcome, result.reason) == (
            Outcome.PENDING,
            Reason.RATE_LIMITED,
        )
    return result.not_before


async def test_one_person_is_limited_and_nobody_else(store: Store) -> None:
    activities = await limited(store, per_recipient_per_minute=2)
    sent = [await deliver(activities, task()) for _ in range(3)]
    assert sent == [True, True, False]
    assert await deliver(activities, task("+8613900000001"))


async def test_another_process_counts_with_us(store: Store) -> None:
    activities = await limited(store, per_recipient_per_minute=1)
    assert await deliver(activities, task())
    assert not await deliver(process(store), task())


async def test_the_same_words_are_not_sent_twice(store: Store) -> None:
    activities = await limited(store, per_recipient_and_content_per_30_seconds=1)
    assert await deliver(activities, task())
    assert await deliver(activities, task(params={"name": "王芳"}))
    assert not await deliver(activities, task())


async def test_who_is_held_again_comes_back_later(store: Store) -> None:
    activities = await limited(store, per_3_seconds=1)
    assert await deliver(activities, task())
    waits = []
    for held in (0, 3, 200):
        until = await held_until(activities, task(held=held))
        assert until is not None
        waits.append((until - utc_now()).total_seconds())
    assert waits[0] < 5
    assert 20 < waits[1] < 40
    assert 299 < waits[2] <= 300


async def test_a_wait_past_patience_is_left_to_the_next_channel(store: Store) -> None:
    activities = await limited(store, per_recipient_per_day=1)
    assert await deliver(activities, task())
    hasty = task(patience=timedelta(seconds=30))
    with pytest.raises(RateLimited) as caught:
        await ActivityEnvironment().run(activities.deliver, hasty)
    assert not caught.value.retryable


async def test_what_may_have_been_taken_is_not_held_as_if_it_were_new(
    store: Store,
) -> None:
    activities = await limited(store, per_3_seconds=1)
    work = task()
    async with store.sessions.begin() as session:
        await attempt_writes.begin_attempt(
            session,
            delivery_id=work.delivery_id,
            message_id=work.message_id,
            channel=work.channel,
            provider="yes",
        )
    assert await deliver(activities, task())
    with pytest.raises(RateLimited) as caught:
        await ActivityEnvironment().run(
            activities.deliver, work.model_copy(update={"again": True})
        )
    assert caught.value.retryable


async def test_what_was_held_back_is_not_sent_once_its_batch_is_stopped(
    store: Store,
) -> None:
    activities = await limited(store, per_second=1000)
    stopped = uuid4()
    batch = task(batch=stopped, held=1)
    assert await deliver(activities, batch)
    async with store.sessions.begin() as session:
        session.add(
            BatchRow(
                id=stopped,
                client="his",
                type=TYPE,
                count=1,
                state="cancelled",
                rate_per_second=1,
                revision=1,
                started=1,
                created_at=utc_now(),
                created_by="his",
                fingerprint="",
                frame="",
            )
        )
    for held, sent in ((1, False), (0, True)):
        again = batch.model_copy(update={"message_id": uuid4(), "held": held})
        result = await ActivityEnvironment().run(activities.deliver, again)
        assert (result.reason is None) is sent
        assert (result.outcome is Outcome.SKIPPED) is not sent


async def test_a_large_limit_is_taken_in_shares_and_kept(store: Store) -> None:
    activities = await limited(store, per_day=400)
    others = process(store)
    sent = [await deliver((activities, others)[n % 2], task()) for n in range(402)]
    assert sent.count(True) == 400


async def test_a_critical_message_passes_and_is_counted(store: Store) -> None:
    activities = await limited(store, per_recipient_per_day=1, per_second=1000)
    assert await deliver(activities, task())
    for _ in range(2):
        assert await deliver(activities, task(priority=Priority.CRITICAL))
    async with store.sessions() as session:
        passed = await counter_queries.alarms(session)
    assert passed == {(Channel.SMS, "per_recipient_per_day"): 2}
