"""Writes down every few seconds how each client's queue stands.

Every process may run it; a lease in the store lets one of them do the work.
"""

import asyncio
import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta

import structlog

from centre.clients import queries as clients
from centre.context import Context
from centre.flows.queue_figures import QueueFigures
from centre.queues.models import QueueSample
from centre.queues.queries import add_samples
from centre.queues.steering import figures
from centre.rate_limits import counter_queries
from centre.schedule import cap_queries, digest_queries
from centre.watch import alarm_queries
from centre.watch.watching import Watch
from centre.workstations import inbox_queries as inbox
from core.clock import utc_now
from core.errors import MessageCentreError
from core.process.logs import describe
from db.leases import take_lease

# Of more queues than this, a round takes the next ones: asking Temporal of one
# costs it some 3 ms of CPU, of a thousand at once half a minute of a core's.
A_ROUND = 200
# Whoever has the lease and dies is followed by another this soon.
_LEASE = timedelta(seconds=25)

_log = structlog.get_logger("sampling")


async def run_sampler(context: Context) -> None:
    """Sample until cancelled; a store or a Temporal that is away is waited for."""
    holder, watch = secrets.token_hex(8), Watch()
    while True:
        try:
            await sample_once(context, holder, watch)
        except MessageCentreError:
            pass  # /health/ready says what is missing
        except Exception as error:
            _log.error("unexpected", **describe(error))
        await asyncio.sleep(context.settings.watch_seconds)


async def sample_once(context: Context, holder: str, watch: Watch) -> bool:
    """Write one sample of every queue and watch them; False: another process does."""
    async with context.store.sessions.begin() as session:
        if not await take_lease(session, "queue-samples", holder, _LEASE):
            return False
    async with context.store.sessions() as session:
        codes = await clients.enabled_codes(session)
    now = utc_now()
    number = int(now.timestamp() / context.settings.watch_seconds)
    seen = await figures(context, turn(codes, number))
    async with context.store.sessions.begin() as session:
        await add_samples(session, [_sample(f, now) for f in seen], now)
        await counter_queries.purge(session, now)
        await cap_queries.purge(session, now)
        await digest_queries.purge(session, now)
        await alarm_queries.purge(session, now)
        await inbox.purge(session, now)
    await watch.look(context, seen, codes, now)
    return True


def turn(codes: Sequence[str], number: int) -> Sequence[str]:
    """Return the queues of one round: all, or the next `A_ROUND` of them."""
    rounds = -(-len(codes) // A_ROUND) or 1
    return codes[number % rounds :: rounds]


def _sample(seen: QueueFigures, at: datetime) -> QueueSample:
    return QueueSample(
        client=seen.client,
        at=at,
        backlog=seen.backlog,
        oldest_age_seconds=seen.oldest_age_seconds,
        added_per_second=seen.added_per_second,
        dispatched_per_second=seen.dispatched_per_second,
        pollers=seen.pollers,
    )
