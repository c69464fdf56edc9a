"""Messages of which nothing is shown any more: on no screen, page or inbox.

Noted in the transaction of the order itself, before any workflow hears of it: what
shows a message's content looks here, whatever else lags behind.
"""

from functools import cache
from typing import Any
from uuid import UUID

from sqlalchemy import bindparam
from sqlalchemy import select as core_select

from centre.workstations import inbox_queries, popup_queries
from centre.workstations.contracts import Why
from centre.workstations.tables import RemovalRow
from core.clock import utc_now
from db.session import Session
from db.sql import dialect_of, insert_into, table_of


async def remove(session: Session, message_id: UUID, why: Why) -> None:
    """Take a message off every screen and out of every inbox, for good."""
    row = {"message_id": message_id, "why": why, "at": utc_now()}
    note = insert_into(dialect_of(session), table_of(RemovalRow)).values(row)
    connection = await session.connection()
    new = note.on_conflict_do_nothing().returning(table_of(RemovalRow).c.message_id)
    if (await connection.execute(new)).first() is not None:
        await popup_queries.withdraw_all(session, message_id, why)
        await inbox_queries.withdraw_all(session, message_id)


async def removed(session: Session, message_id: UUID) -> bool:
    """Tell whether nothing of a message may be shown."""
    connection = await session.connection()
    found = await connection.execute(_removed(), {"wanted": message_id})
    return found.first() is not None


@cache
def _removed() -> Any:
    table = table_of(RemovalRow)
    wanted = table.c.message_id == bindparam("wanted")
    return core_select(table.c.message_id).where(wanted)
