"""Alarms of queues and of sign-ins: raised, told, acknowledged, cleared."""

from datetime import datetime, timedelta
from uuid import UUID

from sqlmodel import col, delete, select, tuple_
from uuid_utils.compat import uuid7

from centre.audit import audit
from centre.audit.audit import Actor
from centre.watch.rules import AlarmKind, Reading
from centre.watch.tables import AlarmRow
from core.base import Model
from core.errors import NotFound
from db.columns import utc_now
from db.pages import Page, clamp, cut, decode_time_cursor, time_cursor
from db.session import Session

KEPT = timedelta(days=90)
# More open at once than anybody reads; a client has at most five.
_MOST_OPEN = 10_000


class Alarm(Model):
    """One incident; `value` is the figure that raised it.

    `username` is the person's whose name is under attack; the client is then the
    centre itself.
    """

    id: UUID
    client: str
    kind: AlarmKind
    value: float
    threshold: float
    raised_at: datetime
    cleared_at: datetime | None = None
    told_at: datetime | None = None
    acknowledged_by: str | None = None
    acknowledged_at: datetime | None = None
    username: str | None = None


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
    alarm = Alarm(
        id=uuid7(),
        client=client,
        kind=reading.kind,
        value=reading.value,
        threshold=reading.threshold,
        raised_at=at,
        username=username,
    )
    session.add(AlarmRow(**alarm.model_dump()))
    await session.flush()
    return alarm


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


async def acknowledge(session: Session, alarm_id: UUID, actor: Actor) -> Alarm:
    """Write who looks after an incident; the first one stays."""
    row = await _row(session, alarm_id)
    if row.acknowledged_at is None:
        row.acknowledged_by, row.acknowledged_at = actor.who, utc_now()
        await session.flush()
        name = row.username
        target = f"users/{name}" if name else f"queues/{row.client}"
        known = {"kind": row.kind, "raised_at": row.raised_at.isoformat()}
        await audit.write(session, actor, "acknowledge-alarm", target, None, known)
    return _alarm(row)


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
