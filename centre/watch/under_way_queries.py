"""Messages that stay under way: found through an index, never by a full read."""

from collections.abc import Collection
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import ColumnElement, func, or_
from sqlalchemy import select as core_select

from centre.messages.tables import MessageRow
from centre.watch.models import StuckMessage
from centre.watch.rules import Expected
from core.models import MessageStatus
from core.words import Priority, Status
from db.session import Session
from db.sql import table_of

# So many of the oldest are looked at; where more are late, these say enough.
MOST = 1000
_UNDER_WAY = (Status.ACCEPTED, Status.DELIVERING)


async def stuck(
    session: Session, expected: Expected, now: datetime
) -> tuple[StuckMessage, ...]:
    """Return messages under way without a step for too long, the oldest first.

    The index over (status, created_at) holds few of these states that are old;
    what waits for its hour (`waiting`) is not stuck.
    """
    table = table_of(MessageRow)
    late = now - expected.shortest
    connection = await session.connection()
    found: list[StuckMessage] = []
    for status in _UNDER_WAY:
        old = core_select(table.c.doc).where(
            table.c.status == status.value,
            table.c.created_at < late,
            table.c.updated_at < late,
            or_(*_too_late(expected, now)),
        )
        for row in await connection.execute(
            old.order_by(table.c.created_at).limit(MOST)
        ):
            doc = MessageStatus.model_validate_json(row.doc)
            if doc.waiting is None or doc.waiting.until < now:
                found.append(_stuck(doc, expected))
    return tuple(sorted(found, key=lambda message: message.since))


def _too_late(expected: Expected, now: datetime) -> list[ColumnElement[bool]]:
    """Return one condition for each priority, and for each type with its own time."""
    table = table_of(MessageRow)
    own = list(expected.types)
    by_priority = [
        (table.c.priority == priority.value)
        & (table.c.updated_at < now - expected.within(priority, ""))
        & table.c.type.not_in(own)
        for priority in Priority
    ]
    by_type = [
        (table.c.type == kind) & (table.c.updated_at < now - timedelta(seconds=seconds))
        for kind, seconds in expected.types.items()
    ]
    return [*by_priority, *by_type]


def _stuck(doc: MessageStatus, expected: Expected) -> StuckMessage:
    within = expected.within(doc.priority, doc.type)
    return StuckMessage(
        id=doc.id,
        client=doc.client,
        type=doc.type,
        priority=doc.priority,
        since=doc.updated_at,
        expected_within_seconds=within.total_seconds(),
    )


async def recorded_ids(session: Session, ids: Collection[UUID]) -> set[UUID]:
    """Return which of these messages the store has."""
    if not ids:
        return set()
    table = table_of(MessageRow)
    connection = await session.connection()
    known = await connection.execute(
        core_select(table.c.id).where(table.c.id.in_(list(ids)))
    )
    return set(known.scalars())


async def ended_of_late(
    session: Session, since: datetime, most: int = 20_000
) -> dict[str, dict[Status, int]]:
    """Count by client how the newest messages since then ended, at most so many."""
    table = table_of(MessageRow)
    recent = core_select(table.c.client, table.c.status)
    recent = recent.where(table.c.created_at >= since)
    some = recent.order_by(table.c.created_at.desc()).limit(most).subquery()
    counted = core_select(some.c.client, some.c.status, func.count().label("messages"))
    connection = await session.connection()
    found: dict[str, dict[Status, int]] = {}
    for row in await connection.execute(counted.group_by(some.c.client, some.c.status)):
        found.setdefault(row.client, {})[Status(row.status)] = row.messages
    return found
