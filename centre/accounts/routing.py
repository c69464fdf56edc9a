"""Applies the routing rules every few seconds: one process at a time does it.

A lease in the store says who. Every change is logged and audited, and every
process sends by it within seconds.
"""

import asyncio
import secrets
from collections.abc import Mapping
from datetime import datetime, timedelta

import structlog

from centre.accounts.current_queries import current_accounts
from centre.accounts.routing_queries import rules_in_force
from centre.accounts.traffic_queries import deductions, measured
from centre.accounts.traffic_writes import put_deductions
from centre.audit import audit
from centre.audit.audit import Actor
from channels.provider import Accounts
from core.clock import utc_now
from core.errors import MessageCentreError
from core.process.logs import describe
from core.traffic_shares import (
    Deduction,
    Measured,
    RoutingRules,
    adjusted,
    in_force,
    shares,
)
from core.words import Channel
from db.leases import take_lease
from db.session import Session
from db.store import Store

_ROUTER = Actor(who="routing", role="system")

log = structlog.get_logger("routing")


async def run_rebalancer(
    store: Store, default_accounts: Accounts, start: RoutingRules
) -> None:
    """Apply the rules until cancelled; a store that is away is waited for.

    `start` are the rules until somebody sets others.
    """
    holder, rules = secrets.token_hex(8), start
    while True:
        try:
            async with store.sessions() as session:
                rules = (await rules_in_force(session, start)).rules
            await route_once(store, default_accounts, rules, holder)
        except MessageCentreError:
            pass  # /health/ready says what is missing
        except Exception as error:
            log.error("unexpected", **describe(error))
        await asyncio.sleep(rules.every_seconds)


async def route_once(
    store: Store,
    default_accounts: Accounts,
    rules: RoutingRules,
    holder: str,
    now: datetime | None = None,
) -> bool:
    """Apply the rules to every channel that has a choice among its accounts.

    False where none has, or another process does it.
    """
    now = now or utc_now()
    lease = timedelta(seconds=rules.every_seconds * 2.5)
    async with store.sessions() as session:
        several = _weights(await current_accounts(session, default_accounts))
    if not several:
        return False
    async with store.sessions.begin() as session:
        if not await take_lease(session, "routing", holder, lease):
            return False
    async with store.sessions() as session:
        seen = await measured(session, now, rules)
        taken = await deductions(session)
    for channel, weights in several.items():
        old = taken.get(channel, {})
        news = adjusted(shares(weights), seen.get(channel, {}), old, now, rules)
        if news:
            async with store.sessions.begin() as session:
                await _keep(session, channel, weights, old, news, seen.get(channel, {}))
    return True


def _weights(accounts: Accounts) -> dict[Channel, dict[str, int]]:
    """Return the weights of each channel among whose accounts there is a choice."""
    found: dict[Channel, dict[str, int]] = {}
    for account in accounts:
        if account.enabled:
            found.setdefault(account.channel, {})[account.code] = account.weight
    return {channel: codes for channel, codes in found.items() if len(codes) > 1}


async def _keep(
    session: Session,
    channel: Channel,
    weights: Mapping[str, int],
    old: Mapping[str, Deduction],
    news: Mapping[str, Deduction],
    seen: Mapping[str, Measured],
) -> None:
    await put_deductions(session, channel, news)
    rest = shares(weights)
    before, after = in_force(rest, old), in_force(rest, {**old, **news})
    for code, deduction in news.items():
        told = {
            "share": after[code],
            "cause": deduction.cause,
            **seen.get(code, Measured()).model_dump(),
        }
        log.warning("account.share", channel=channel.value, account=code, **told)
        target = f"channels/{channel}/accounts/{code}/share"
        was = {"share": before[code]}
        await audit.write(session, _ROUTER, "move-traffic", target, was, told)
