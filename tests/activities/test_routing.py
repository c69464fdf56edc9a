"""A delivery goes to another account only where the first has not taken it."""

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest

from centre.delivery import attempt_queries
from channels.aliyun.sms import AliyunAccount
from channels.base import Acceptance, Sender
from channels.breaker import Breaker
from channels.provider import Account
from channels.router import Route, Router
from core.clock import utc_now
from core.errors import (
    ContentRefused,
    DeliveryError,
    Misconfigured,
    OutcomeUnknown,
    ProviderDown,
    RateLimited,
    RecipientRefused,
    SafeToRepeat,
)
from core.words import Channel, Outcome, Priority
from db.store import Store
from tests.support.channels.fakes import PORTS
from tests.support.workflows.activities import booking_store
from tests.support.workflows.deliveries import (
    YES,
    AskableSender,
    KeyedSender,
    ScriptedSender,
    ask_through,
    deliver_through,
    task,
)


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    async with booking_store(tmp_path) as store:
        yield store


def route(code: str, weight: int, sender: Sender, rate: float | None = None) -> Route:
    account = Account(
        code=code,
        channel=Channel.SMS,
        provider="scripted",
        weight=weight,
        per_second=rate,
        values=AliyunAccount.sandbox(PORTS),
    )
    return Route(sender, account, Breaker())


def two(first: Sender, second: Sender) -> Router:
    """Return a router that always takes the first first."""
    return Router([route("first", 100, first), route("second", 0, second)])


@pytest.mark.parametrize(
    "error",
    [
        ProviderDown("down"),
        RateLimited("slow down", retry_after=timedelta(hours=1)),
        Misconfigured("no such template"),
    ],
)
async def test_what_tells_of_the_account_goes_on_to_the_next(
    store: Store, error: DeliveryError
) -> None:
    work, second = task(), ScriptedSender(YES)
    result = await deliver_through(store, two(ScriptedSender(error), second), work)
    assert (result.outcome, result.attempts) == (Outcome.ACCEPTED, 2)
    async with store.sessions() as session:
        rows = await attempt_queries.attempts_of(session, work.delivery_id)
    assert [(row.account, row.state) for row in rows] == [
        ("first", "failed"),
        ("second", "accepted"),
    ]


@pytest.mark.parametrize("error", [RecipientRefused("no"), ContentRefused("no")])
async def test_what_tells_of_the_message_ends_it(
    store: Store, error: DeliveryError
) -> None:
    second = ScriptedSender()
    with pytest.raises(type(error)):
        await deliver_through(store, two(ScriptedSender(error), second), task())
    assert not second.sent


async def test_an_unknown_outcome_goes_nowhere_else(store: Store) -> None:
    second, work = ScriptedSender(), task()
    router = two(ScriptedSender(OutcomeUnknown("no answer")), second)
    for attempt in (1, 2):
        result = await deliver_through(store, router, work, attempt)
        assert result.outcome is Outcome.UNKNOWN
    assert not second.sent


async def test_a_safe_repeat_stays_with_its_account(store: Store) -> None:
    first, second = KeyedSender(OutcomeUnknown("no answer"), YES), ScriptedSender()
    work = task()
    with pytest.raises(SafeToRepeat):
        await deliver_through(store, two(first, second), work)
    # The account lost all of its share since, and its breaker opened.
    heavy = Router([route("first", 0, first), route("second", 100, second)])
    only = heavy.route(Channel.SMS, "first")
    assert only
    for _ in range(10):
        only.breaker.fail()
    result = await deliver_through(store, heavy, work, 2)
    assert result.outcome is Outcome.ACCEPTED
    assert len(first.sent) == 2
    assert not second.sent


async def test_where_the_account_is_gone_nobody_else_repeats(store: Store) -> None:
    work, second = task(), ScriptedSender()
    with pytest.raises(SafeToRepeat):
        await deliver_through(
            store, two(KeyedSender(OutcomeUnknown("no answer")), second), work
        )
    left = Router([route("second", 100, second)])
    result = await deliver_through(store, left, work, 2)
    assert (result.outcome, result.askable) == (Outcome.UNKNOWN, False)
    assert not second.sent


async def test_the_account_that_was_used_is_asked(store: Store) -> None:
    work, known = task(), AskableSender(Acceptance(provider="scripted", delivered=True))
    router = two(known, AskableSender(None))
    assert (await deliver_through(store, router, work)).askable
    assert (await ask_through(store, router, work)).outcome is Outcome.DELIVERED


async def test_with_no_account_left_the_channel_is_down(store: Store) -> None:
    first, work = ScriptedSender(), task()
    router = two(first, ScriptedSender())
    for choice in router.choices(Channel.SMS):
        for _ in range(10):
            choice.breaker.fail()
    with pytest.raises(ProviderDown):
        await deliver_through(store, router, work)
    async with store.sessions() as session:
        assert not await attempt_queries.attempts_of(session, work.delivery_id)
    assert not first.sent


async def test_a_refusal_for_good_does_not_hide_one_that_may_pass(
    store: Store,
) -> None:
    router = two(
        ScriptedSender(ProviderDown("down")), ScriptedSender(Misconfigured("key"))
    )
    with pytest.raises(ProviderDown) as raised:
        await deliver_through(store, router, task())
    assert raised.value.retryable


async def test_an_account_at_its_rate_is_passed_over(store: Store) -> None:
    first, second = ScriptedSender(YES), ScriptedSender(YES)
    router = Router(
        [route("first", 100, first, 0.01), route("second", 0, second, 0.01)]
    )
    for _ in range(2):
        await deliver_through(store, router, task())
    assert (len(first.sent), len(second.sent)) == (1, 1)
    with pytest.raises(RateLimited):
        await deliver_through(store, router, task())


async def test_a_critical_message_looks_for_room_every_few_seconds(
    store: Store,
) -> None:
    router = Router([route("only", 100, ScriptedSender(YES), 0.2)])
    await deliver_through(store, router, task())
    waits = []
    for priority in (Priority.CRITICAL, Priority.BULK):
        held = await deliver_through(store, router, task(priority=priority, held=6))
        assert held.not_before is not None
        waits.append(held.not_before - utc_now())
    assert waits[0] <= timedelta(seconds=5)
    assert waits[1] > timedelta(minutes=1)
