"""The watchdog: messages that stay under way longer than is expected of them."""

from datetime import datetime

from centre.context import Context
from centre.flows.ports import QueueReader
from centre.watch import rule_queries, under_way_queries
from centre.watch.models import StuckMessage
from centre.watch.rules import Expected
from centre.watch.under_way_queries import MOST
from core.clock import utc_now


async def stuck_messages(context: Context) -> tuple[StuckMessage, ...]:
    """Return the messages that make no step, the oldest first.

    The store knows those that a worker has begun; of the others only Temporal
    does.
    """
    now = utc_now()
    async with context.store.sessions() as session:
        expected = await rule_queries.expected(session)
        begun = await under_way_queries.stuck(session, expected, now)
    idle = await _not_begun(context, expected, now)
    return tuple(sorted([*begun, *idle], key=lambda message: message.since))


async def _not_begun(
    context: Context, expected: Expected, now: datetime
) -> list[StuckMessage]:
    """Return those that no worker has begun in time."""
    late = await _late(context.flows, expected, now)
    ids = [message.id for message in late]
    async with context.store.sessions() as session:
        written = await under_way_queries.recorded_ids(session, ids)
    return [message for message in late if message.id not in written]


async def _late(
    flows: QueueReader, expected: Expected, now: datetime
) -> list[StuckMessage]:
    """Return what Temporal lists as accepted for longer than is expected."""
    running = await flows.running(now - expected.shortest, MOST)
    late: list[StuckMessage] = []
    for found in running:
        within = expected.within(found.priority, found.type)
        if found.started_at < now - within:
            known = found.model_dump(exclude={"started_at"})
            seconds = within.total_seconds()
            late.append(
                StuckMessage(
                    **known, since=found.started_at, expected_within_seconds=seconds
                )
            )
    return late
