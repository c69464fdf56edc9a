"""Leases: of several processes, one does a piece of work that is done once."""

from datetime import timedelta

from sqlalchemy import delete, or_

from core.clock import utc_now
from db.lease_tables import LeaseRow
from db.session import Session
from db.sql import dialect_of, insert_into, table_of


async def take_lease(session: Session, name: str, holder: str, time: timedelta) -> bool:
    """Take a lease, or keep it; False while another holds it."""
    now = utc_now()
    table = table_of(LeaseRow)
    statement = insert_into(dialect_of(session), table).values(
        name=name, holder=holder, until=now + time
    )
    new = statement.excluded
    free = or_(table.c.holder == new.holder, table.c.until < now)
    taken = statement.on_conflict_do_update(
        index_elements=["name"],
        set_={"holder": new.holder, "until": new.until},
        where=free,
    ).returning(table.c.holder)
    connection = await session.connection()
    return (await connection.execute(taken)).scalar_one_or_none() is not None


async def end_lease(session: Session, name: str, holder: str) -> None:
    """Give a lease back before its time, if it is ours."""
    table = table_of(LeaseRow)
    ours = delete(table).where(table.c.name == name, table.c.holder == holder)
    await (await session.connection()).execute(ours)
