"""Which version's tables a store has."""

from pathlib import Path

from sqlalchemy import inspect, text
from sqlalchemy.engine import make_url

from db.session import Session
from db.store import Store


async def tables_version(store: Store) -> str:
    """Return the version of the newest migration that a store has been through."""
    async with store.sessions() as session:
        connection = await session.connection()
        query = text("SELECT version_num FROM alembic_version")
        return str((await connection.execute(query)).scalar_one())


async def has_table(session: Session, name: str) -> bool:
    """Tell whether a table is there: an old store lacks those that came later."""
    connection = await session.connection()
    return await connection.run_sync(lambda c: inspect(c).has_table(name))


def file_of(url: str) -> Path | None:
    """Return the file of a SQLite database; None for a server's."""
    address = make_url(url)
    is_file = address.get_backend_name() == "sqlite"
    return Path(address.database or "") if is_file else None
