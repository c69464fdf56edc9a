"""Whether the store is fit for work, and which clients somebody has to serve."""

import asyncio
from collections.abc import Mapping
from datetime import timedelta

from centre.clients import queries as clients
from centre.clients.models import Client
from centre.context import Context
from centre.keys.keys import misfits
from centre.queues import queries as queues
from centre.queues.models import QueueSettings
from core.clock import utc_now
from core.errors import MessageCentreError
from db.errors import Busy
from db.pages import MAX_LIMIT
from db.probe import write_probe

# A worker takes up a new client within 5 s; until then nothing is missing.
NEW = timedelta(seconds=15)
_STORE_WAIT = 3.0
_WRITE_WAIT = 6.0


async def clients_to_serve(context: Context) -> list[Client] | None:
    """Return the clients that workers shall serve now; None: the store is down.

    A queue that is paused, or was resumed a moment ago, needs nobody yet.
    """
    found: list[Client] = []
    cursor: str | None = None
    try:
        async with asyncio.timeout(_STORE_WAIT), context.store.sessions() as session:
            steered = await queues.queue_settings(session)
            while True:
                page = await clients.list_clients(session, cursor, MAX_LIMIT)
                found += page.items
                cursor = page.next
                if cursor is None:
                    return [c for c in found if c.enabled and not _rests(c, steered)]
    except (MessageCentreError, TimeoutError):
        return None


def _rests(client: Client, steered: Mapping[str, QueueSettings]) -> bool:
    settings = steered.get(client.code)
    if settings is None or settings.set_at is None:
        return False
    return settings.paused or settings.set_at > utc_now() - NEW


async def can_write(context: Context) -> bool:
    """Write a row: a full disk can be read well. Waits as long as a message would."""
    try:
        async with (
            asyncio.timeout(_WRITE_WAIT),
            context.store.sessions.begin() as session,
        ):
            await write_probe(session)
    except Busy:
        return True  # others are writing
    except (MessageCentreError, TimeoutError):
        return False
    return True


async def keys_misfit(context: Context) -> bool:
    """Tell whether the store's proofs no longer open with this process's keys."""
    try:
        async with asyncio.timeout(_STORE_WAIT):
            return bool(await misfits(context))
    except (MessageCentreError, TimeoutError):
        return False  # the store's own fault, which is told the next time
