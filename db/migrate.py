"""Brings a database's tables to the newest version."""

import asyncio
import sqlite3
import threading
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, create_engine, event, text
from sqlalchemy.engine import URL, Engine, make_url
from sqlalchemy.pool import NullPool

from db.errors import translate

_SCRIPTS = Path(__file__).parent / "migrations"
_WAIT_SECONDS = 60
# Alembic keeps the running migration in a global.
_ALEMBIC = threading.Lock()


async def migrate(url: str) -> None:
    """Upgrade to the newest version; of several processes at once, one does it."""
    await asyncio.to_thread(_migrate, url)


def _migrate(url: str) -> None:
    with alone(url) as connection:
        upgrade(connection)


def upgrade(connection: Connection) -> None:
    """Upgrade within the transaction of `alone`."""
    command.upgrade(config(connection), "head")


@contextmanager
def alone(url: str) -> Iterator[Connection]:
    """Begin a transaction that no other process upgrades beside; commit at the end."""
    engine = _engine(make_url(url))
    try:
        with _ALEMBIC, engine.connect() as connection:
            _lock(connection)
            yield connection
            connection.commit()
    finally:
        engine.dispose()


@contextmanager
def untouched(url: str) -> Iterator[Connection | None]:
    """Give a connection that leaves no trace; None where there is no database yet.

    A file is none while its very first transaction runs, or broke off: then it
    can't be read without mending it.
    """
    address = make_url(url)
    is_file = address.get_backend_name() == "sqlite"
    if is_file and not _is_whole(Path(address.database or "")):
        yield None
        return
    engine = _reader(address) if is_file else _engine(address)
    try:
        with engine.connect() as connection:
            yield connection
    finally:
        engine.dispose()


def _is_whole(path: Path) -> bool:
    return _has_content(path) and not _has_content(
        path.with_name(f"{path.name}-journal")
    )


def _has_content(path: Path) -> bool:
    return path.exists() and path.stat().st_size > 0


def _reader(address: URL) -> Engine:
    """Return an engine that only reads a file.

    With nothing beside it nobody has it open: then SQLite may be told that it
    does not change, and makes no files beside it either.
    """
    path = Path(address.database or "").resolve()
    still = not _has_content(path.with_name(f"{path.name}-wal"))
    how = "immutable=1" if still else "mode=ro"
    return _listened(
        create_engine(
            "sqlite://",
            poolclass=NullPool,
            hide_parameters=True,
            creator=lambda: sqlite3.connect(
                f"{path.as_uri()}?{how}", timeout=_WAIT_SECONDS, uri=True
            ),
        )
    )


def config(connection: Connection) -> Config:
    """Return Alembic's configuration for an open connection."""
    made = Config()
    made.set_main_option("script_location", str(_SCRIPTS).replace("%", "%%"))
    made.attributes["connection"] = connection
    return made


def _engine(url: URL) -> Engine:
    """Return an engine without async: Alembic knows none."""
    if url.get_backend_name() != "sqlite":
        arguments = {"connect_timeout": 10}
        return _listened(
            create_engine(
                url, poolclass=NullPool, hide_parameters=True, connect_args=arguments
            )
        )
    if url.database:
        Path(url.database).parent.mkdir(parents=True, exist_ok=True)
    return _listened(
        create_engine(
            url.set(drivername="sqlite"),
            poolclass=NullPool,
            hide_parameters=True,
            connect_args={"timeout": _WAIT_SECONDS, "isolation_level": None},
        )
    )


def _listened(engine: Engine) -> Engine:
    """Let an engine's errors be ours."""
    event.listen(engine, "handle_error", translate)
    return engine


def _lock(connection: Connection) -> None:
    """Begin a transaction that no other migration runs beside."""
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql("BEGIN IMMEDIATE")
        return
    key = zlib.crc32(b"hospital-message-centre migrations")
    connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": key})
