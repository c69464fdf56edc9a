"""Reads and writes alarms of queues and of sign-ins."""

from datetime import datetime, timedelta
from uuid import UUID

from sqlmodel import col, delete, select, tuple_
from uuid_utils.compat import uuid7

from centre.watch.models import Alarm
from centre.watch.rules import Reading
from centre.watch.tables import AlarmRow
from core.errors import NotFound
from db.pages import Page, clamp, cut, decode_time_cursor, time_cursor
from db.session import Session

KEPT = timedelta(days=90)
# More open at once than anybody reads; a client has at most five.
_MOST_OPEN = 10_000


async def open_alarms(session: Session) -> tuple[Alarm, ...]:
    """Return the alarms that are not over, the earliest first."""
    wanted = select(AlarmRow).where(col(AlarmRow.cleared_at).is_(None))
    wanted = wanted.order_by(col(AlarmRow.raised_at), col(AlarmRow.id))
    rows = await session.exec(wanted.limit(_MOST_OPEN))
    return tuple(map(_alarm, rows))


async def list_alarms(
    session: Session, cursor: str | None = None, limit: int = 50
) -> Page[Alarm]:
    """Return alarms, open or over, the newest first."""
    limit = clamp(limit)
    wanted = select(AlarmRow)
    if cursor is not None:
        at, last = decode_time_cursor(cursor)
        place = tuple_(col(AlarmRow.raised_at), col(AlarmRow.id))
        wanted = wanted.where(place < (at, last))
    newest = wanted.order_by(col(AlarmRow.raised_at).desc(), col(AlarmRow.id).desc())
    rows = (await session.exec(newest.limit(limit + 1))).all()
    shown, more = cut(rows, limit)
    following = time_cursor(shown[-1].raised_at, shown[-1].id) if more else None
    return Page(items=tuple(map(_alarm, shown)), next=following)


async def raise_alarm(
    session: Session,
    client: str,
    reading: Reading,
    at: datetime,
    username: str | None = None,
) -> Alarm:
    """Write a new incident."""
    added = Alarm(
        id=uuid7(),
        client=client,
        kind=reading.kind,
        value=reading.value,
        threshold=reading.threshold,
        raised_at=at,
        username=username,
    )
    session.add(AlarmRow(**added.model_dump()))
    await session.flush()
    return added


async def clear_alarm(session: Session, alarm_id: UUID, at: datetime) -> None:
    """Write that an incident is over."""
    row = await _row(session, alarm_id)
    row.cleared_at = at
    session.add(row)
    await session.flush()


async def note_told(session: Session, alarm_id: UUID, at: datetime) -> None:
    """Write that people were told of an incident."""
    row = await _row(session, alarm_id)
    row.told_at = at
    session.add(row)
    await session.flush()


async def note_acknowledged(
    session: Session, alarm_id: UUID, who: str, at: datetime
) -> None:
    """Write who looks after an incident."""
    row = await _row(session, alarm_id)
    row.acknowledged_by, row.acknowledged_at = who, at
    session.add(row)
    await session.flush()


async def alarm(session: Session, alarm_id: UUID) -> Alarm:
    """Return an incident, for nobody else to change meanwhile."""
    return _alarm(await _row(session, alarm_id))


async def purge(session: Session, now: datetime) -> None:
    """Forget incidents that ended long ago."""
    await session.exec(delete(AlarmRow).where(col(AlarmRow.cleared_at) < now - KEPT))


async def _row(session: Session, alarm_id: UUID) -> AlarmRow:
    row = await session.get(AlarmRow, alarm_id, with_for_update=True)
    if row is None:
        raise NotFound("There is no such alarm.")
    return row


def _alarm(row: AlarmRow) -> Alarm:
    return Alarm.model_validate(row.model_dump())
