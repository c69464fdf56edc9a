"""Traffic moves away from a slow account and back, by what all processes measured."""

import asyncio
import random
from collections import Counter
from datetime import datetime, timedelta
from uuid import UUID, uuid4

import httpx

from centre.accounts.live_channels import LiveChannels
from centre.accounts.routing import route_once, run_rebalancer
from centre.accounts.routing_writes import put_rules
from centre.accounts.traffic_queries import deductions, measured, traffic
from centre.accounts.traffic_writes import forget_traffic, put_open
from centre.audit import audit
from centre.audit.audit import AuditFilter
from centre.delivery.tables import AttemptRow
from channels.provider import Accounts, SandboxPorts, Tools
from channels.registry import sandbox_accounts
from channels.router import Router
from core.clock import utc_now
from core.traffic_shares import RoutingRules
from core.words import Channel
from db.sql import table_of
from db.store import Store
from tests.support.channels.accounts import route
from tests.support.channels.fakes import no_deposit
from tests.support.waiting import eventually

# A quarter of an hour is nine seconds here.
RULES = RoutingRules(
    slow_call_seconds=1,
    slow_window_seconds=9,
    slow_pause_seconds=3,
    quiet_seconds=9,
    error_window_seconds=3,
    error_pause_seconds=1,
    errors=10,
)


def accounts(*codes: str) -> Accounts:
    ports = SandboxPorts("http://127.0.0.1:9000", 9025)
    sms = next(a for a in sandbox_accounts(ports) if a.channel is Channel.SMS)
    return tuple(sms.model_copy(update={"code": code, "weight": 50}) for code in codes)


async def calls(
    store: Store,
    code: str,
    at: datetime,
    *seconds: float,
    state: str = "accepted",
    reason: str | None = None,
) -> None:
    """Write the rows of calls that took so long."""
    rows = [
        {
            "id": UUID(int=(int(at.timestamp() * 1000) << 80) + random.getrandbits(62)),
            "delivery_id": uuid4(),
            "message_id": uuid4(),
            "channel": "sms",
            "provider": "aliyun",
            "account": code,
            "number": 1,
            "state": state,
            "reason": reason,
            "started_at": at,
            "ended_at": at + timedelta(seconds=took),
        }
        for took in seconds
    ]
    async with store.sessions.begin() as session:
        connection = await session.connection()
        await connection.execute(table_of(AttemptRow).insert(), rows)


async def points(store: Store) -> dict[str, int]:
    async with store.sessions() as session:
        taken = await deductions(session)
    return {code: d.points for code, d in taken.get(Channel.SMS, {}).items()}


async def share_of(store: Store, code: str) -> float:
    """Return the share of 2,000 messages that an account would get."""
    router = Router([route("a", 50), route("b", 50)], random.Random(3).random)
    async with store.sessions() as session:
        router.weigh(await deductions(session))
    drawn = Counter(router.choices(Channel.SMS)[0].code for _ in range(2000))
    return drawn[code] / 2000


async def step(store: Store, now: datetime, *codes: str) -> None:
    assert await route_once(store, accounts(*(codes or "ab")), RULES, "me", now)


async def test_a_slow_account_loses_traffic_within_a_window_and_gets_it_back(
    store: Store,
) -> None:
    start = utc_now()
    for second in range(9):
        now = start + timedelta(seconds=second)
        await calls(store, "a", now, 1.5, 0.1, 0.1)
        await calls(store, "b", now, 0.1, 0.1, 0.1)
        await step(store, now + timedelta(seconds=0.9))
    lost = (await points(store))["a"]
    assert lost >= 20
    assert await share_of(store, "a") < 0.45
    last = start + timedelta(seconds=9)
    for second in range(0, 63, 3):
        now = last + timedelta(seconds=second)
        await calls(store, "a", now, 0.1)
        await step(store, now + timedelta(seconds=0.9))
    assert (await points(store))["a"] == 0
    assert abs(await share_of(store, "a") - 0.5) < 0.05
    async with store.sessions() as session:
        log = await audit.list_audit(session, AuditFilter())
    causes = [entry.after["cause"] for entry in log.items if entry.after]
    assert {"slow", "quiet"} == set(causes)
    assert all(entry.action == "move-traffic" for entry in log.items)


async def test_where_all_are_slow_nothing_moves(store: Store) -> None:
    now = utc_now()
    for code in "ab":
        await calls(store, code, now, *[1.5] * 10)
    await step(store, now + timedelta(seconds=2))
    assert await points(store) == {}


async def test_errors_of_the_last_minute_move_traffic(store: Store) -> None:
    now = utc_now()
    long_ago = now - timedelta(seconds=5)
    await calls(store, "a", now, *[0.1] * 5, state="failed", reason="unreachable")
    await calls(store, "a", now, *[0.1] * 5, state="unknown", reason="outcome_unknown")
    await calls(store, "a", now, *[0.1] * 9, state="failed", reason="rejected")
    await calls(store, "b", long_ago, *[0.1] * 20, state="failed", reason="unreachable")
    async with store.sessions() as session:
        seen = (await measured(session, now, RULES))[Channel.SMS]
    assert (seen["a"].calls, seen["a"].errors, seen["b"].errors) == (19, 10, 0)
    await step(store, now)
    assert await points(store) == {"a": 10}


async def test_one_process_at_a_time_applies_the_rules(store: Store) -> None:
    now = utc_now()
    await calls(store, "a", now, *[1.5] * 10)
    assert await route_once(store, accounts("a", "b"), RULES, "first", now)
    assert not await route_once(store, accounts("a", "b"), RULES, "second", now)
    assert await points(store) == {"a": 10}


async def test_a_channel_with_one_account_has_nothing_to_move(store: Store) -> None:
    await calls(store, "a", utc_now(), *[1.5] * 10)
    assert not await route_once(store, accounts("a"), RULES, "me")
    assert await points(store) == {}


async def test_an_open_breaker_is_known_to_all_until_its_account_goes(
    store: Store,
) -> None:
    until = utc_now()
    async with store.sessions.begin() as session:
        await put_open(session, Channel.SMS, "a", until)
        await put_open(session, Channel.SMS, "b", None)
    async with store.sessions.begin() as session:
        found = {one.code: one.open_until for one in await traffic(session)}
        assert found == {"a": until, "b": None}
        await forget_traffic(session, Channel.SMS, "a")
        assert [one.code for one in await traffic(session, Channel.SMS)] == ["b"]


async def test_rules_that_people_set_hold_without_a_restart(store: Store) -> None:
    sms, start = accounts("a", "b"), RoutingRules(every_seconds=0.1)
    # Asked for again at once, while the calls are still of late.
    strict = RULES.model_copy(update={"every_seconds": 0.1, "slow_window_seconds": 60})
    await calls(store, "a", utc_now(), *[1.5] * 10)
    async with httpx.AsyncClient() as http:
        live = LiveChannels(Tools(http, no_deposit), sms, start)
        assert await route_once(store, sms, start, "before")
        assert await points(store) == {}
        applying = asyncio.create_task(run_rebalancer(store, sms, start))
        async with store.sessions.begin() as session:
            await put_rules(session, strict, "admin")
        moved = await eventually(lambda: points(store))
        async with store.sessions() as session:
            await live.follow(session)
        applying.cancel()
    assert moved == {"a": 10}
    (first, *_) = live.router.choices(Channel.SMS)
    assert first.breaker.rules == strict


async def test_a_call_still_under_way_is_not_slow(store: Store) -> None:
    now = utc_now()
    await calls(store, "a", now, 5, state="sending")
    async with store.sessions() as session:
        seen = (await measured(session, now, RULES))[Channel.SMS]
    assert (seen["a"].calls, seen["a"].slow) == (1, 0)
