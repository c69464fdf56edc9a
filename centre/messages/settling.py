"""Gives old messages to whose they are, beside the daily work.

Every process may run it; a lease in the store lets one of them do the work.
"""

import asyncio
import secrets
import time
from datetime import timedelta

import structlog

from centre.messages import catch_up_queries
from centre.messages.catch_up_queries import Progress
from core.errors import MessageCentreError
from core.process.logs import describe
from db.leases import end_lease, take_lease
from db.sql import keyring_of
from db.store import Store
from db.versions import has_table

# A part holds SQLite's only write lock for some milliseconds.
A_PART = 200
# Whoever has the lease and dies is followed by another this soon.
_LEASE = timedelta(seconds=60)
_WAIT_SECONDS = 20.0
# Half the time is everybody else's.
_LEAST_REST_SECONDS = 0.05
_TOLD_EVERY = 100 * A_PART

_log = structlog.get_logger("settling")


async def progress_of(store: Store) -> Progress | None:
    """Return how far that has come; None where nothing is left, or not begun."""
    async with store.sessions() as session:
        if not await has_table(session, "catch_ups"):
            return None  # nobody has started this version yet
        return await catch_up_queries.progress(session)


async def settle_until_done(store: Store, wait: float = _WAIT_SECONDS) -> None:
    """Work until nothing is left; a store that is away is waited for."""
    holder = secrets.token_hex(8)
    while True:
        try:
            if await _settle(store, holder):
                return
        except MessageCentreError:
            pass  # /health/ready says what is missing
        except Exception as error:
            _log.error("unexpected", **describe(error))
        await asyncio.sleep(wait)


async def _settle(store: Store, holder: str) -> bool:
    """Work while the lease is ours; tell whether nothing is left."""
    while True:
        began = time.monotonic()
        async with store.sessions.begin() as session:
            if await catch_up_queries.progress(session) is None:
                return True
            if not await take_lease(session, catch_up_queries.OWNERS, holder, _LEASE):
                return False
        if not await settle_part(store):
            async with store.sessions.begin() as session:
                await end_lease(session, catch_up_queries.OWNERS, holder)
            return True
        rest = time.monotonic() - began
        await asyncio.sleep(max(rest, _LEAST_REST_SECONDS))


async def settle_part(store: Store, size: int = A_PART) -> bool:
    """Settle the next messages; False where there was nothing left."""
    async with store.sessions() as session:
        place = await catch_up_queries.progress(session)
        if place is None:
            return False
        sealed = await catch_up_queries.part_before(session, place, size)
        keyring = keyring_of(session)
    part = await asyncio.to_thread(catch_up_queries.read, keyring, sealed)
    async with store.sessions.begin() as session:
        await catch_up_queries.settle(session, place, part)
    if not part:
        _log.info("messages.settled", count=place.done)
    elif place.done % _TOLD_EVERY == 0:
        _log.info("messages.settling", count=place.done, back_to=str(place.at))
    return bool(part)
