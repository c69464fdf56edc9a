"""What query functions share: the keyring, upserts, locks, Core statements."""

import zlib
from typing import TypeAlias, cast

from sqlalchemy import Table, func, inspect, literal
from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import SQLModel, select

from core.crypto import Keyring
from db.session import Session

Insert: TypeAlias = postgresql.Insert | sqlite.Insert


def keyring_of(session: Session) -> Keyring:
    """Return the keys that this session seals and finds with."""
    return cast(Keyring, session.info["keyring"])


def table_of(row: type[SQLModel]) -> Table:
    """Return the Core table of a model: Core skips the ORM's bookkeeping."""
    return cast(Table, inspect(row).local_table)


def dialect_of(session: Session) -> str:
    """Return "sqlite" or "postgresql"."""
    return session.get_bind().dialect.name


def insert_into(dialect: str, table: Table) -> Insert:
    """Return an INSERT that knows ON CONFLICT."""
    if dialect == "sqlite":
        return sqlite.insert(table)
    return postgresql.insert(table)


async def lock(session: Session, name: str) -> None:
    """Hold a named lock until the transaction ends; SQLite has one for all."""
    if dialect_of(session) == "sqlite":
        await session.exec(select(literal(1)), execution_options={"write": True})
        return
    key = zlib.crc32(name.encode())
    await session.exec(select(func.pg_advisory_xact_lock(key)))
