"""When the turns that were taken under a name or from an address are used up."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlmodel import col, delete, select

from centre.access.tables import SignInPaceRow
from db.session import Session
from db.sql import dialect_of, insert_into, table_of


async def forget_old(session: Session, now: datetime) -> None:
    """Forget what is used up."""
    await session.exec(delete(SignInPaceRow).where(col(SignInPaceRow.free_at) < now))


async def free_at(
    session: Session, keys: Sequence[str], now: datetime
) -> dict[str, datetime]:
    """Return when each is free again; now, where no turn was taken."""
    wanted = select(SignInPaceRow).where(col(SignInPaceRow.key).in_(keys))
    rows = (await session.exec(wanted)).all()
    known = {row.key: max(row.free_at, now) for row in rows}
    return {key: known.get(key, now) for key in keys}


async def write(session: Session, free: Mapping[str, datetime]) -> None:
    """Keep when each is free again."""
    table = table_of(SignInPaceRow)
    for key, at in free.items():
        row = insert_into(dialect_of(session), table).values(key=key, free_at=at)
        newer = row.on_conflict_do_update(index_elements=["key"], set_={"free_at": at})
        await session.exec(newer)
