"""The clients' queues as people see and steer them: figures, pause, resume, limit."""

import asyncio
from collections.abc import Mapping, Sequence
from datetime import timedelta
from weakref import WeakKeyDictionary

from centre.audit import audit
from centre.audit.audit import Actor
from centre.audit.roles import OPERATORS
from centre.clients import queries as clients
from centre.context import Context
from centre.flows.ports import QueueReader
from centre.flows.queue_figures import QueueFigures
from centre.queues import queries as queue_queries
from centre.queues.models import (
    LEAST_PER_SECOND,
    MOST_PER_SECOND,
    QueueSample,
    QueueSettings,
)
from core.base import evolve
from core.clock import utc_now
from core.errors import FieldError, Invalid
from core.memo import Shared
from core.models import task_queue
from db.pages import Page
from db.sql import lock
from db.store import Store

_AT_ONCE = 8


async def queues(
    context: Context, cursor: str | None = None, limit: int = 100
) -> Page[QueueFigures]:
    """Return a page of the clients' queues, as Temporal counts them."""
    async with context.store.sessions() as session:
        page = await clients.list_clients(session, cursor, limit)
    found = await figures(context, [client.code for client in page.items])
    return Page[QueueFigures](items=tuple(found), next=page.next)


async def figures(context: Context, codes: Sequence[str]) -> list[QueueFigures]:
    """Return the figures of these clients' queues, with what people set."""
    async with context.store.sessions() as session:
        steered = await queue_queries.queue_settings(session)
    settings = [steered.get(code, QueueSettings(client=code)) for code in codes]
    return await _counted(context.flows, settings)


async def _counted(
    flows: QueueReader, steered: Sequence[QueueSettings]
) -> list[QueueFigures]:
    """Ask Temporal of these queues, a few at a time."""
    few = asyncio.Semaphore(_AT_ONCE)

    async def one(settings: QueueSettings) -> QueueFigures:
        async with few:
            seen = await flows.queue(settings.client, both=settings.critical_queue)
        return _steered(seen, settings)

    return list(await asyncio.gather(*map(one, steered)))


def _steered(seen: QueueFigures, settings: QueueSettings) -> QueueFigures:
    return evolve(
        seen,
        paused=seen.paused or settings.paused,
        limit_per_second=settings.per_second,
        critical_passes_pause=settings.critical_passes_pause,
    )


_LIVE = timedelta(seconds=2)
MOST_LIVE = 200
# In this time the sampler has been round thousands of queues.
_SEEN = timedelta(minutes=10)
_HISTORY = timedelta(hours=1)
_HISTORY_KEPT = timedelta(seconds=10)
# Every open page of a process asks at once; Temporal and the store are asked by one.
_SHARED: WeakKeyDictionary[Store, Shared[tuple[QueueFigures, ...]]] = (
    WeakKeyDictionary()
)


_PAST: WeakKeyDictionary[Store, Shared[dict[str, list[int]]]] = WeakKeyDictionary()


async def backlog_history(context: Context) -> dict[str, list[int]]:
    """Return each queue's backlogs of the last hour, the earliest first."""

    async def ask() -> dict[str, list[int]]:
        since = utc_now() - _HISTORY
        async with context.store.sessions() as session:
            return await queue_queries.backlogs_since(session, since)

    return await _PAST.setdefault(context.store, Shared(_HISTORY_KEPT)).get(ask)


async def live_queues(context: Context) -> tuple[QueueFigures, ...]:
    """Return every enabled client's queue as it was at most 2 seconds ago.

    Of more than `MOST_LIVE`, as each was when it was last written down: a page
    that asked Temporal of a thousand every 3 s would be its heaviest user.
    """

    async def ask() -> tuple[QueueFigures, ...]:
        async with context.store.sessions() as session:
            codes = await clients.enabled_codes(session)
        if len(codes) <= MOST_LIVE:
            return tuple(await figures(context, codes))
        return await _of_late(context, codes)

    return await _SHARED.setdefault(context.store, Shared(_LIVE)).get(ask)


async def _of_late(context: Context, codes: Sequence[str]) -> tuple[QueueFigures, ...]:
    since = utc_now() - _SEEN
    async with context.store.sessions() as session:
        seen = await queue_queries.newest_samples(session, since)
        steered = await queue_queries.queue_settings(session)
    return tuple(
        _steered(_written(seen[code]), steered.get(code, QueueSettings(client=code)))
        for code in codes
        if code in seen
    )


def _written(sample: QueueSample) -> QueueFigures:
    known = sample.model_dump(exclude={"at"})
    return QueueFigures(**known, task_queue=task_queue(sample.client), paused=False)


async def pause(context: Context, client: str, actor: Actor) -> QueueSettings:
    """Let every worker leave a client's queue within seconds; nothing is lost."""
    return await _steer(context, client, actor, "pause", {"paused": True})


async def resume(context: Context, client: str, actor: Actor) -> QueueSettings:
    """Let the workers serve a client's queue again."""
    return await _steer(context, client, actor, "resume", {"paused": False})


async def limit(
    context: Context, client: str, per_second: float | None, actor: Actor
) -> QueueSettings:
    """Let so many calls to providers a second out of a queue, over all workers.

    None: as many as there are. Invalid where it is too few or too many.
    """
    least, most = LEAST_PER_SECOND, MOST_PER_SECOND
    if per_second is not None and not least <= per_second <= most:
        field_error = FieldError("/per_second", f"From {least} to {most} a second.")
        raise Invalid("The limit was refused; see `errors`.", [field_error])
    return await _steer(context, client, actor, "limit", {"per_second": per_second})


async def let_critical_pass(
    context: Context, client: str, passes: bool, actor: Actor
) -> QueueSettings:
    """Let critical messages accepted from now on pass a pause, or no longer."""
    change = {"critical_passes_pause": passes}
    return await _steer(context, client, actor, "critical-passes-pause", change)


async def _steer(
    context: Context,
    client: str,
    actor: Actor,
    action: str,
    change: Mapping[str, float | None],
) -> QueueSettings:
    """Change how a queue is steered; NotFound where there is no such client."""
    actor.must_be(*OPERATORS)
    async with context.store.sessions.begin() as session:
        await lock(session, "queue_settings")
        await clients.client(session, client)
        held = (await queue_queries.settings_of(session, client)).model_dump()
        passes = held["critical_queue"] or bool(change.get("critical_passes_pause"))
        who = {"critical_queue": passes, "set_by": actor.who, "set_at": utc_now()}
        changed = QueueSettings.model_validate({**held, **change, **who})
        await queue_queries.put_settings(session, changed)
        before = {name: held[name] for name in change}
        await audit.write(session, actor, action, f"queues/{client}", before, change)
    _forget(context)
    return changed


async def samples_of(
    context: Context, client: str, within: timedelta
) -> tuple[QueueSample, ...]:
    """Return what was seen of a queue of late, the earliest first."""
    since = utc_now() - within
    async with context.store.sessions() as session:
        return await queue_queries.samples_of(session, client, since)


def _forget(context: Context) -> None:
    """Let the next look show what was just changed."""
    if (shared := _SHARED.get(context.store)) is not None:
        shared.forget()
