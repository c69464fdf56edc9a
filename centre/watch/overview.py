"""Is everything all right? Asked by many, answered once in a while for all."""

import asyncio
from datetime import datetime, timedelta
from functools import partial
from weakref import WeakKeyDictionary

from centre.accounts.health_queries import health_of_all
from centre.accounts.models import AccountHealth
from centre.context import Context
from centre.flows.queue_figures import QueueFigures
from centre.messages import away_queries
from centre.messages.contracts import AwayFrom
from centre.queues.steering import live_queues
from centre.watch import overview_queries as counted
from centre.watch.alarm_queries import open_alarms
from centre.watch.models import (
    Alarm,
    EndingSecret,
    ProviderHealth,
    Unacknowledged,
    WaitingFailures,
)
from core.base import Model
from core.clock import utc_now
from core.errors import MessageCentreError
from core.memo import Shared
from core.settings import Settings
from core.words import Channel, Status
from db.session import Session
from db.store import Store

_RECENT = timedelta(minutes=15)
_SOON = timedelta(days=14)
KEPT = timedelta(seconds=10)


class AccountTrouble(Model):
    """An account that gets less than its share of calls: a breaker, or late answers."""

    channel: Channel
    code: str
    health: AccountHealth


class Overview(Model):
    """How the centre stands; None where the part that knows is away.

    `hours` counts what was accepted in each hour of today, until now.
    """

    at: datetime
    store: bool
    temporal: bool
    today: dict[Status, int] | None = None
    hours: tuple[int, ...] = ()
    waiting: WaitingFailures | None = None
    away: tuple[AwayFrom, ...] = ()
    providers: tuple[ProviderHealth, ...] = ()
    queues: tuple[QueueFigures, ...] | None = None
    ending: tuple[EndingSecret, ...] = ()
    unacknowledged: Unacknowledged | None = None
    alarms: tuple[Alarm, ...] = ()
    accounts: tuple[AccountTrouble, ...] = ()

    @property
    def volume(self) -> int:
        """How many messages were accepted today."""
        return sum((self.today or {}).values())

    @property
    def reach(self) -> float | None:
        """The share of today's ended messages that reached somebody."""
        today = self.today or {}
        reached = today.get(Status.DELIVERED, 0)
        missed = today.get(Status.FAILED, 0) + today.get(Status.EXPIRED, 0)
        return reached / (reached + missed) if reached + missed else None

    @property
    def unserved(self) -> tuple[str, ...]:
        """The clients whose queue nobody serves, though nobody paused it."""
        queues = self.queues or ()
        return tuple(q.client for q in queues if not q.pollers and not q.paused)


# One store has one centre; an API and a console in a process share the answer.
_SHARED: WeakKeyDictionary[Store, Shared[Overview]] = WeakKeyDictionary()


async def shared_overview(context: Context) -> Overview:
    """Return how the centre stood at most `KEPT` ago."""
    shared = _SHARED.setdefault(context.store, Shared(KEPT))
    return await shared.get(partial(overview, context))


async def overview(context: Context) -> Overview:
    """Return how the centre stands now."""
    now = utc_now()
    written, queues = await asyncio.gather(_written(context, now), _queues(context))
    known = {
        "at": now,
        "store": written is not None,
        "temporal": queues is not None,
        "queues": queues,
    }
    return Overview.model_validate(known | (written or {}))


async def _written(context: Context, now: datetime) -> dict[str, object] | None:
    """Return what the store knows; None where it is away."""
    local = now.astimezone(context.settings.timezone)
    midnight = local.replace(hour=0, minute=0, second=0, microsecond=0)
    try:
        async with context.store.sessions() as session:
            return {
                "today": await counted.count_by_status(session, midnight),
                "hours": await counted.count_by_hour(session, midnight, now),
                "waiting": await counted.waiting_failed(session, now),
                "away": await away_queries.waiting(session),
                "providers": await counted.provider_health(session, now - _RECENT),
                "unacknowledged": await counted.unacknowledged(session),
                "alarms": await open_alarms(session),
                "accounts": await _troubles(session, context.settings),
                "ending": await counted.ending_secrets(session, now, now + _SOON),
            }
    except MessageCentreError:
        return None


async def _troubles(session: Session, settings: Settings) -> tuple[AccountTrouble, ...]:
    """Return the accounts that calls are kept away from."""
    health = await health_of_all(session, settings)
    return tuple(
        AccountTrouble(channel=channel, code=code, health=one)
        for (channel, code), one in health.items()
        if one.open_until or one.share_now < one.share_at_rest
    )


async def _queues(context: Context) -> tuple[QueueFigures, ...] | None:
    try:
        await context.flows.check()
        return await live_queues(context)
    except MessageCentreError:
        return None
