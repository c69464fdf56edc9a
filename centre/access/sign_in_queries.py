"""Failed sign-ins in a row, by name and place; the rules are in sign_ins.py."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import case, func
from sqlmodel import col, delete, select

from centre.access.tables import SignInRow
from core.clock import utc_now
from db.session import Session
from db.sql import dialect_of, insert_into, table_of

MAX_FAILURES = 5
LOCKED_FOR = timedelta(seconds=300)


async def locked_until(session: Session, pair: str) -> datetime | None:
    """Return until when a name and place are locked, if they are or were."""
    wanted = select(SignInRow.locked_until).where(SignInRow.name_index == pair)
    return (await session.exec(wanted)).first()


async def count_failure(session: Session, pair: str, username: str | None) -> None:
    """Count up in one statement; the last allowed one locks."""
    now, table = utc_now(), table_of(SignInRow)
    first = insert_into(dialect_of(session), table).values(
        name_index=pair, failures=1, last_at=now, locked_until=None, username=username
    )
    anew = (table.c.failures >= MAX_FAILURES) | (table.c.last_at < now - LOCKED_FOR)
    failures = case((anew, 1), else_=table.c.failures + 1)
    locking = ~anew & (table.c.failures == MAX_FAILURES - 1)
    until = case((locking, now + LOCKED_FOR), else_=table.c.locked_until)
    count = first.on_conflict_do_update(
        index_elements=["name_index"],
        set_={"failures": failures, "last_at": now, "locked_until": until},
    )
    await session.exec(count)
    old = delete(SignInRow).where(col(SignInRow.last_at) < now - LOCKED_FOR)
    await session.exec(old)


async def forget(session: Session, pair: str) -> None:
    """Forget the failures of a name and place."""
    await session.exec(delete(SignInRow).where(col(SignInRow.name_index) == pair))


async def failures_of(session: Session, pair: str) -> int:
    """Return how often in a row signing in has failed."""
    wanted = select(SignInRow.failures).where(SignInRow.name_index == pair)
    return (await session.exec(wanted)).first() or 0


async def attacked_names(session: Session) -> Sequence[tuple[str, int]]:
    """Return the names tried of late from places their people were never at.

    Each with how often that failed in the last five minutes.
    """
    name, total = col(SignInRow.username), func.sum(SignInRow.failures)
    since = utc_now() - LOCKED_FOR
    wanted = select(name, total).where(
        col(SignInRow.last_at) > since, name.is_not(None)
    )
    rows = (await session.exec(wanted.group_by(name))).all()
    return [(str(username), int(count)) for username, count in rows]
