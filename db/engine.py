"""Engines for SQLite and PostgreSQL that behave alike.

On both each statement of a transaction sees what is committed by then (READ
COMMITTED), errors are ours, and nobody waits for ever.
"""

from pathlib import Path

from sqlalchemy import event
from sqlalchemy.engine import URL, make_url
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from db.errors import translate
from db.pool import GuardedPool, watch
from db.sqlite import Opener, WriteGate

_POOL_SECONDS = 5


def make_engine(address: str) -> AsyncEngine:
    """Return the engine of a store's address."""
    url = make_url(address)
    engine = _sqlite(url) if url.get_backend_name() == "sqlite" else _postgres(url)
    event.listen(engine.sync_engine, "handle_error", translate)
    return engine


def autocommit_engine(engine: AsyncEngine) -> AsyncEngine:
    """Return the same engine, where each statement is a transaction by itself.

    That spares PostgreSQL the trips of BEGIN and COMMIT, and SQLite's thread
    that of COMMIT. Under READ COMMITTED, reads see the same either way.
    """
    if engine.dialect.name == "sqlite":  # which is in autocommit: we begin
        return engine.execution_options(alone=True)
    return engine.execution_options(isolation_level="AUTOCOMMIT")


def _sqlite(url: URL) -> AsyncEngine:
    path = url.database or ""
    Path(path).parent.mkdir(parents=True, exist_ok=True)
    opener = Opener(path)
    engine = create_async_engine(
        url,
        hide_parameters=True,
        poolclass=GuardedPool,
        pool_size=5,
        max_overflow=5,
        pool_timeout=_POOL_SECONDS,
        async_creator=opener.open,
    )
    opener.guard(engine)
    WriteGate().guard(engine)
    return engine


def _postgres(url: URL) -> AsyncEngine:
    engine = create_async_engine(
        url,
        hide_parameters=True,
        poolclass=GuardedPool,
        pool_pre_ping=True,
        pool_size=10,
        max_overflow=10,
        pool_timeout=_POOL_SECONDS,
        connect_args={"connect_timeout": 2, "options": "-c timezone=UTC"},
    )
    watch(engine)
    return engine
