"""Is everything all right? Asked by many, answered once in a while for all."""

import asyncio
from datetime import UTC, datetime, timedelta, timezone
from functools import partial
from weakref import WeakKeyDictionary

from core.errors import MessageCentreError
from core.models import Model
from core.words import Status
from operations import Parts
from operations.queues import QueueFigures
from operations.shared import Shared
from operations.steering import live_queues
from store import Store
from store import figures as counted
from store.alarms import Alarm, open_alarms
from store.figures import EndingSecret, ProviderHealth, Unacknowledged, Waiting

# Hospitals of one country: their day begins at midnight in China.
_CHINA = timezone(timedelta(hours=8))
_RECENT = timedelta(minutes=15)
_SOON = timedelta(days=14)
KEPT = timedelta(seconds=10)


class Overview(Model):
    """How the centre stands; None where the part that knows is away."""

    at: datetime
    store: bool
    temporal: bool
    today: dict[Status, int] | None = None
    waiting: Waiting | None = None
    providers: tuple[ProviderHealth, ...] = ()
    queues: tuple[QueueFigures, ...] | None = None
    ending: tuple[EndingSecret, ...] = ()
    unacknowledged: Unacknowledged | None = None
    alarms: tuple[Alarm, ...] = ()

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


async def shared_overview(parts: Parts) -> Overview:
    """Return how the centre stood at most `KEPT` ago."""
    shared = _SHARED.setdefault(parts.store, Shared(KEPT))
    return await shared.get(partial(overview, parts))


async def overview(parts: Parts) -> Overview:
    """Return how the centre stands now."""
    now = datetime.now(UTC)
    written, queues = await asyncio.gather(_written(parts, now), _queues(parts))
    known = {
        "at": now,
        "store": written is not None,
        "temporal": queues is not None,
        "queues": queues,
    }
    return Overview.model_validate(known | (written or {}))


async def _written(parts: Parts, now: datetime) -> dict[str, object] | None:
    """Return what the store knows; None where it is away."""
    midnight = now.astimezone(_CHINA).replace(hour=0, minute=0, second=0, microsecond=0)
    try:
        async with parts.store.sessions() as session:
            return {
                "today": await counted.count_by_status(session, midnight),
                "waiting": await counted.waiting_failed(session, now),
                "providers": await counted.provider_health(session, now - _RECENT),
                "unacknowledged": await counted.unacknowledged(session),
                "alarms": await open_alarms(session),
                "ending": await counted.ending_secrets(session, now, now + _SOON),
            }
    except MessageCentreError:
        return None


async def _queues(parts: Parts) -> tuple[QueueFigures, ...] | None:
    try:
        await parts.deliveries.check()
        return await live_queues(parts)
    except MessageCentreError:
        return None
