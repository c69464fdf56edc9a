"""Sends again by itself what failed because a provider was away, once it is back.

A provider is back where an account of its channel was last answered. Where nothing
else calls it, one message goes ahead now and then, to find out. Each goes by the use
case of a person's resend, with its audit record, never beyond its window or
`expires_at`, and no more than `MOST` times. Every process may run this; a lease in
the store lets one of them do the work.
"""

import asyncio
import secrets
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta

import structlog

from centre.accounts import traffic_queries as traffic
from centre.accounts.current_queries import current_accounts
from centre.audit.audit import Actor
from centre.context import Context
from centre.messages import away_queries
from centre.orders.bulk_resend import resend_each
from centre.orders.cancel_resend import ResendOrder
from centre.providers.fallback import fallback
from channels.provider import Account
from core.clock import utc_now
from core.errors import MessageCentreError
from core.models import MessageStatus
from core.process.logs import describe
from core.words import Channel
from db.leases import take_lease

MOST = 3
# What is sent again leaves half of an account's own limit to what is new.
_A_SECOND, _SHARE = 5.0, 0.5
# An answer that is older says nothing of now.
_RECENT = timedelta(minutes=10)
# With nothing under way, one goes ahead so long after it failed: the first time
# soon, then less and less often.
_AHEAD = (timedelta(minutes=5), timedelta(minutes=30), timedelta(hours=2))
_LEASE = timedelta(seconds=25)
_CENTRE = Actor(who="centre", role="system")
_BACK = "The provider answers again."
_TRIAL = "To find out whether the provider is back."

_log = structlog.get_logger("recovery")

Accounts = Iterable[Account]
Docs = Sequence[MessageStatus]


async def run_recovery(context: Context) -> None:
    """Look until cancelled; a store or a Temporal that is away is waited for."""
    holder = secrets.token_hex(8)
    while True:
        try:
            await recover_once(context, holder)
        except MessageCentreError:
            pass  # /health/ready says what is missing
        except Exception as error:
            _log.error("unexpected", **describe(error))
        await asyncio.sleep(context.settings.watch_seconds)


async def recover_once(
    context: Context, holder: str, now: datetime | None = None
) -> int:
    """Send again what may go out now; return how many were."""
    now = now or utc_now()
    async with context.store.sessions() as session:
        groups = await away_queries.failed_for(session, now)
    if not groups:
        return 0
    async with context.store.sessions.begin() as session:
        if not await take_lease(session, "recovery", holder, _LEASE):
            return 0
    async with context.store.sessions() as session:
        answering = await traffic.answering(session, now - _RECENT, now)
        waiting = {one.channel for one in await away_queries.waiting(session)}
        default_accounts = fallback(context.settings)[1]
        known = await current_accounts(session, default_accounts)
    room = allowance(known, answering, context.settings.watch_seconds)
    sent = 0
    for on in groups:
        async with context.store.sessions() as session:
            failed = await away_queries.failed(session, on, now)
        chosen, why = choose(failed, on, room, waiting, now)
        sent += await _resend(context, chosen, on, why)
    return sent


def allowance(
    accounts: Accounts, answering: Mapping[Channel, set[str]], seconds: float
) -> dict[Channel, int]:
    """Return how many may go out on each channel, back again, in so many seconds."""
    limits = {(a.channel, a.code): a.per_second for a in accounts}
    room: dict[Channel, int] = {}
    for channel, codes in answering.items():
        rates = (limits.get((channel, code)) for code in codes)
        each = (min(_A_SECOND, r * _SHARE) if r else _A_SECOND for r in rates)
        room[channel] = max(1, int(sum(each) * seconds))
    return room


def choose(
    failed: Docs,
    on: Sequence[Channel],
    room: dict[Channel, int],
    waiting: set[Channel],
    now: datetime,
) -> tuple[Docs, str]:
    """Return which of these go out now, and why; `room` becomes less by them.

    Where none of their providers is known to be back, one goes ahead, unless
    another waits there already and will find it out.
    """
    able = [doc for doc in failed if doc.automatic_resends < MOST]
    back = next((channel for channel in on if room.get(channel)), None)
    if back is not None:
        chosen = able[: room[back]]
        room[back] -= len(chosen)
        return chosen, _BACK
    if room.keys() & set(on) or waiting & set(on):
        return (), _TRIAL
    due = [d for d in able if now - d.updated_at >= _AHEAD[d.automatic_resends]]
    first = min(due, key=lambda d: d.automatic_resends, default=None)
    waiting |= set(on) if first else set()
    return (first,) if first else (), _TRIAL


async def _resend(
    context: Context, docs: Docs, on: Sequence[Channel], reason: str
) -> int:
    if not docs:
        return 0
    order = ResendOrder(reason=reason, channels=tuple(on))
    done = await resend_each(context, docs, order, _CENTRE, automatic=True)
    channels = [channel.value for channel in on]
    _log.info("resent", channels=channels, resent=done.resent, skipped=done.skipped)
    return done.resent
