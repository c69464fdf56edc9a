"""Calls to a provider that is away: what they use up, and what stays in doubt."""

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest

from centre.catalog import dictionaries
from centre.catalog.models import ChannelChanges
from centre.seeds import seeds
from channels.breaker import Breaker
from channels.router import Route, Router
from core.errors import OutcomeUnknown, ProviderDown, RateLimited, StillInDoubt
from core.traffic_shares import RoutingRules
from core.words import Channel, Outcome, Priority
from db.store import Store
from tests.support.stores.within import within
from tests.support.workflows.activities import ACTOR, booking_store
from tests.support.workflows.deliveries import (
    YES,
    AskableSender,
    KeyedSender,
    ScriptedSender,
    deliver,
    deliver_through,
    rows,
    task,
)

DOWN = ProviderDown("refused", code="ConnectError")
ONE_A_DAY = {"per_recipient_per_day": 1}


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    async with booking_store(tmp_path) as store:
        async with store.sessions.begin() as session:
            await seeds.seed_dictionaries(session)
        yield store


async def limit(store: Store, **most: int) -> None:
    changes = ChannelChanges(limits=most, enabled=True)
    async with store.sessions.begin() as session:
        await dictionaries.update_channel(within(session), Channel.SMS, changes, ACTOR)


async def test_tries_that_never_left_use_up_one_place_of_a_person_s_limit(
    store: Store,
) -> None:
    await limit(store, **ONE_A_DAY)
    work = task(patience=timedelta(days=2))
    sender = ScriptedSender(DOWN, DOWN, YES, YES)
    for waited in range(2):
        with pytest.raises(ProviderDown):
            await deliver(store, sender, work.model_copy(update={"waited": waited}))
    last = await deliver(store, sender, work.model_copy(update={"waited": 2}))
    assert last.outcome is Outcome.ACCEPTED
    other = await deliver(store, sender, task(patience=timedelta(days=2)))
    assert other.not_before is not None


async def test_a_channel_whose_accounts_rest_uses_up_nothing(store: Store) -> None:
    await limit(store, **ONE_A_DAY)
    breaker = Breaker(RoutingRules(breaker_failures=1))
    breaker.fail()
    sender = ScriptedSender(YES)
    work = task()
    with pytest.raises(ProviderDown) as refused:
        await deliver_through(store, Router([Route(sender, breaker=breaker)]), work)
    assert refused.value.account == "own"
    assert await rows(store, work) == []
    assert (await deliver(store, sender, work)).outcome is Outcome.ACCEPTED


async def test_a_repeat_that_never_left_leaves_the_first_call_in_doubt(
    store: Store,
) -> None:
    sender = KeyedSender(OutcomeUnknown("no answer"), DOWN, DOWN, YES)
    work = task()
    with pytest.raises(OutcomeUnknown):
        await deliver(store, sender, work)
    for attempt in (2, 3):
        with pytest.raises(StillInDoubt) as refused:
            await deliver(store, sender, work, attempt)
        assert refused.value.attempts == attempt
    # The workflow waits and asks again: the same account gets the repeat.
    later = await deliver(store, sender, work.model_copy(update={"waited": 1}))
    assert later.outcome is Outcome.ACCEPTED
    assert [state for state, _ in await rows(store, work)] == [
        *("unknown", "failed", "failed", "accepted"),
    ]


async def test_what_is_in_doubt_is_not_sent_where_a_repeat_would_be_a_second(
    store: Store,
) -> None:
    work = task()
    first = await deliver(store, AskableSender(None), work)
    assert first.outcome is Outcome.UNKNOWN
    sender = ScriptedSender(YES)
    later = await deliver(store, sender, work.model_copy(update={"waited": 3}))
    assert later.outcome is Outcome.UNKNOWN
    assert sender.sent == []


async def test_a_failure_says_which_account_and_how_many_calls(store: Store) -> None:
    slow = ProviderDown("busy", retry_after=timedelta(minutes=5))
    work = task()
    with pytest.raises(ProviderDown) as refused:
        await deliver(store, ScriptedSender(slow), work)
    error = refused.value
    assert (error.account, error.attempts, error.retryable) == ("own", 1, False)
    assert error.retry_after == timedelta(minutes=5)


async def test_a_critical_message_is_held_by_no_limit_on_its_way_back(
    store: Store,
) -> None:
    await limit(store, **ONE_A_DAY)
    sender = ScriptedSender(*[DOWN] * 3, YES)
    work = task(priority=Priority.CRITICAL)
    for waited in range(3):
        with pytest.raises(ProviderDown):
            await deliver(store, sender, work.model_copy(update={"waited": waited}))
    done = await deliver(store, sender, work.model_copy(update={"waited": 3}))
    assert done.outcome is Outcome.ACCEPTED


async def test_a_provider_that_slows_us_down_is_not_away(store: Store) -> None:
    slow = RateLimited("slow down", retry_after=timedelta(seconds=1))
    with pytest.raises(RateLimited):
        await deliver(store, ScriptedSender(slow), task())
