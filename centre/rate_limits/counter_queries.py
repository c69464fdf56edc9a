"""Limits that every process counts together: take all of them, or none.

One row a limit, locked by the upsert that reads it, in the order of the keys, and
written where all have room: two statements a limit, one where it is refused.
Counting is by slots (core/rate_limits.py): never more than the limit in any window,
and room is seen up to a tenth of the window late.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from functools import cache
from typing import Any

from sqlalchemy import Update, bindparam, update
from sqlalchemy.sql.dml import ReturningInsert
from sqlmodel import col, delete, select

from centre.rate_limits.tables import LimitAlarmRow, LimitCounterRow
from core.clock import utc_now
from core.rate_limits import Limit, wait_for_room, with_more
from core.words import Channel
from db.columns import UtcDateTime
from db.session import Session
from db.sql import dialect_of, insert_into, table_of

_GRACE = timedelta(hours=1)


async def take(
    session: Session, limits: Sequence[Limit], now: datetime | None = None
) -> timedelta | None:
    """Take from every limit, or from none; None where all had room.

    Otherwise returns how long it takes until all of them have. What was taken
    holds once the transaction commits.
    """
    if not limits:
        return None
    at = (now or utc_now()).timestamp()
    ordered = sorted(set(limits))
    held = await _lock(session, ordered, at)
    waits = [wait_for_room(limit, held[limit.key], at) for limit in ordered]
    refused = [wait for wait in waits if wait is not None]
    if refused:
        return max(refused)
    rows = [_row(limit, with_more(limit, held[limit.key], at), at) for limit in ordered]
    await _write(session, rows)
    return None


async def _lock(
    session: Session, limits: Sequence[Limit], at: float
) -> dict[str, dict[int, int]]:
    """Return what each limit holds; its row is ours until the transaction ends."""
    connection, locking = await session.connection(), _locking(dialect_of(session))
    held = {}
    for limit in limits:
        counts = (await connection.execute(locking, _row(limit, {}, at))).scalar_one()
        held[limit.key] = {int(slot): n for slot, n in counts.items()}
    return held


@cache
def _locking(dialect: str) -> ReturningInsert[dict[str, int]]:
    """One row a statement: SQLAlchemy compiles several anew at every call."""
    table = table_of(LimitCounterRow)
    new = insert_into(dialect, table)
    same = new.on_conflict_do_update(
        index_elements=["key"], set_={"key": new.excluded.key}
    )
    return same.returning(table.c.counts)


async def _write(session: Session, rows: Sequence[dict[str, Any]]) -> None:
    connection = await session.connection()
    for row in rows:
        await connection.execute(_writing(), {f"new_{name}": row[name] for name in row})


@cache
def _writing() -> Update:
    table = table_of(LimitCounterRow)
    return (
        update(table)
        .where(table.c.key == bindparam("new_key"))
        .values(
            counts=bindparam("new_counts", type_=table.c.counts.type),
            expires_at=bindparam("new_expires_at", type_=UtcDateTime),
        )
    )


def _row(limit: Limit, counts: Mapping[int, int], at: float) -> dict[str, Any]:
    expires = datetime.fromtimestamp(at, tz=utc_now().tzinfo)
    return {
        "key": limit.key,
        "counts": {str(slot): n for slot, n in counts.items()},
        "expires_at": expires + timedelta(seconds=limit.seconds * 2),
    }


async def purge(session: Session, now: datetime) -> None:
    """Forget the counters nobody has used for longer than their window."""
    old = delete(LimitCounterRow).where(col(LimitCounterRow.expires_at) < now - _GRACE)
    await session.exec(old)


async def alarm(session: Session, channel: Channel, name: str) -> None:
    """Count a critical message that went out over a limit of ours."""
    table = table_of(LimitAlarmRow)
    noted = insert_into(dialect_of(session), table).values(
        channel=channel, name=name, count=1, last_at=utc_now()
    )
    more = {"count": table.c.count + 1, "last_at": noted.excluded.last_at}
    connection = await session.connection()
    await connection.execute(
        noted.on_conflict_do_update(index_elements=["channel", "name"], set_=more)
    )


async def alarms(session: Session) -> dict[tuple[Channel, str], int]:
    """Return how often critical messages went out over each limit."""
    rows = await session.exec(select(LimitAlarmRow))
    return {(Channel(row.channel), row.name): row.count for row in rows}
