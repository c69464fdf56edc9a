"""Limits in the store: all or none, over several connections, forgotten in time."""

import asyncio
from datetime import timedelta

from centre.rate_limits import counter_queries
from centre.rate_limits.tables import LimitCounterRow
from core.rate_limits import Limit
from core.words import Channel
from db.store import Store
from tests.support.stores.rig import START

MINUTE = Limit("sms:minute", 3, 60)
DAY = Limit("sms:day", 4, 86_400)


async def take(store: Store, *wanted: Limit, after: float = 0) -> timedelta | None:
    async with store.sessions.begin() as session:
        now = START + timedelta(seconds=after)
        return await counter_queries.take(session, wanted, now=now)


async def test_what_one_limit_refuses_is_taken_from_none(store: Store) -> None:
    for _ in range(3):
        assert await take(store, MINUTE, DAY) is None
    assert await take(store, MINUTE, DAY) == timedelta(seconds=66)
    # The day's fourth is still there: the refusal took nothing of it.
    assert await take(store, DAY) is None
    wait = await take(store, DAY)
    assert wait is not None
    assert wait > timedelta(hours=23)


async def test_room_comes_back_when_the_window_has_passed(store: Store) -> None:
    for _ in range(3):
        await take(store, MINUTE)
    assert await take(store, MINUTE, after=59) is not None
    assert await take(store, MINUTE, after=66.1) is None


async def test_many_at_once_get_exactly_what_there_is(store: Store) -> None:
    # Named in either order: locks are taken in one order, so nobody waits for ever.
    both = [(MINUTE, DAY), (DAY, MINUTE)]
    answers = await asyncio.gather(*(take(store, *both[n % 2]) for n in range(12)))
    assert answers.count(None) == 3


async def test_nothing_is_asked_where_nothing_is_limited(store: Store) -> None:
    assert await take(store) is None


async def test_old_counters_are_forgotten(store: Store) -> None:
    await take(store, MINUTE, DAY)
    async with store.sessions.begin() as session:
        await counter_queries.purge(session, START + timedelta(hours=2))
    async with store.sessions() as session:
        assert await session.get(LimitCounterRow, MINUTE.key) is None
        assert await session.get(LimitCounterRow, DAY.key) is not None


async def test_alarms_are_counted(store: Store) -> None:
    async with store.sessions.begin() as session:
        await counter_queries.alarm(session, Channel.SMS, "per_recipient_per_day")
        await counter_queries.alarm(session, Channel.SMS, "per_recipient_per_day")
    async with store.sessions() as session:
        found = await counter_queries.alarms(session)
    assert found == {(Channel.SMS, "per_recipient_per_day"): 2}
