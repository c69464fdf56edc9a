"""The clients' queues as people see and steer them: figures, pause, resume, limit."""

import asyncio
from collections.abc import Sequence

from operations import Parts
from operations.queues import QueueFigures
from store import clients, queue_settings
from store.audit import Actor
from store.page import Page
from store.queue_settings import QueueSettings

_AT_ONCE = 8


async def queues(
    parts: Parts, cursor: str | None = None, limit: int = 100
) -> Page[QueueFigures]:
    """Return a page of the clients' queues, as Temporal counts them."""
    async with parts.store.sessions() as session:
        page = await clients.list_clients(session, cursor, limit)
    found = await figures(parts, [client.code for client in page.items])
    return Page[QueueFigures](items=tuple(found), next=page.next)


async def figures(parts: Parts, codes: Sequence[str]) -> list[QueueFigures]:
    """Return the figures of these clients' queues, with what people set."""
    async with parts.store.sessions() as session:
        steered = await queue_settings.queue_settings(session)
    few = asyncio.Semaphore(_AT_ONCE)

    async def one(code: str) -> QueueFigures:
        async with few:
            seen = await parts.deliveries.queue(code)
        return _steered(seen, steered.get(code))

    return list(await asyncio.gather(*map(one, codes)))


def _steered(seen: QueueFigures, settings: QueueSettings | None) -> QueueFigures:
    if settings is None:
        return seen
    return seen.model_copy(
        update={
            "paused": seen.paused or settings.paused,
            "limit_per_second": settings.per_second,
        }
    )


async def pause(parts: Parts, client: str, actor: Actor) -> QueueSettings:
    """Let every worker leave a client's queue within seconds; nothing is lost."""
    async with parts.store.sessions.begin() as session:
        return await queue_settings.pause_queue(session, client, True, actor)


async def resume(parts: Parts, client: str, actor: Actor) -> QueueSettings:
    """Let the workers serve a client's queue again."""
    async with parts.store.sessions.begin() as session:
        return await queue_settings.pause_queue(session, client, False, actor)


async def limit(
    parts: Parts, client: str, per_second: float | None, actor: Actor
) -> QueueSettings:
    """Let so many calls to providers a second out of a queue, over all workers."""
    async with parts.store.sessions.begin() as session:
        return await queue_settings.limit_queue(session, client, per_second, actor)
