"""Whether a client or a user has a name."""

from sqlalchemy import String, column, select, table

from db.session import Session


async def is_taken(session: Session, name: str, key: str, value: str) -> bool:
    """Look by name: clients and users come after the log, and write to it."""
    found = (
        select(column(key, String)).select_from(table(name)).where(column(key) == value)
    )
    connection = await session.connection()
    return (await connection.execute(found)).first() is not None
