"""Brings a database's tables to the newest version."""

import asyncio
import threading
import zlib
from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, create_engine, text
from sqlalchemy.engine import URL, Engine, make_url
from sqlalchemy.pool import NullPool

_SCRIPTS = Path(__file__).parent / "migrations"
_WAIT_SECONDS = 60
# Alembic keeps the running migration in a global.
_ALEMBIC = threading.Lock()


async def migrate(url: str) -> None:
    """Upgrade to the newest version; of several processes at once, one does it."""
    await asyncio.to_thread(_migrate, make_url(url))


def _migrate(url: URL) -> None:
    engine = _engine(url)
    with _ALEMBIC, engine.connect() as connection:
        _lock(connection)
        command.upgrade(config(connection), "head")
        connection.commit()
    engine.dispose()


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
        return create_engine(
            url, poolclass=NullPool, hide_parameters=True, connect_args=arguments
        )
    if url.database:
        Path(url.database).parent.mkdir(parents=True, exist_ok=True)
    return create_engine(
        url.set(drivername="sqlite"),
        poolclass=NullPool,
        hide_parameters=True,
        connect_args={"timeout": _WAIT_SECONDS, "isolation_level": None},
    )


def _lock(connection: Connection) -> None:
    """Begin a transaction that no other migration runs beside."""
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql("BEGIN IMMEDIATE")
        return
    key = zlib.crc32(b"hospital-message-centre migrations")
    connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": key})
