"""What we use of drivers that they keep to themselves is still as we use it.

The speed of SQLite and the pool's clocks rest on it (db/sqlite.py, db/pool.py):
whoever raises a version sees here first what has moved.
"""

import sqlite3
from inspect import iscoroutinefunction, signature
from threading import Thread

import aiosqlite
import pytest
from sqlalchemy import create_engine
from sqlalchemy.pool import AsyncAdaptedQueuePool, ConnectionPoolEntry, QueuePool


class Sparing(QueuePool):
    """A pool that calls every connection fresh, as ours does those just used."""

    def _do_get(self) -> ConnectionPoolEntry:
        entry = super()._do_get()
        entry.fresh = True  # type: ignore[attr-defined]
        return entry


async def test_aiosqlite_runs_functions_in_a_thread_of_its_own() -> None:
    connection = aiosqlite.Connection(lambda: sqlite3.connect(":memory:"), 64)
    thread = connection._thread
    assert isinstance(thread, Thread)
    assert not thread.is_alive()
    async with connection:
        assert isinstance(connection._conn, sqlite3.Connection)
        assert iscoroutinefunction(connection._execute)
        assert await connection._execute(max, 1, 2) == 2  # type: ignore[no-untyped-call]
    thread.join(5)
    assert not thread.is_alive()


def test_a_pool_gives_and_takes_entries() -> None:
    assert [*signature(AsyncAdaptedQueuePool._do_get).parameters] == ["self"]
    back = signature(AsyncAdaptedQueuePool._do_return_conn).parameters
    assert [*back] == ["self", "record"]


@pytest.mark.parametrize(("pool", "pings"), [(QueuePool, 1), (Sparing, 0)])
def test_a_fresh_connection_is_not_pinged(pool: type[QueuePool], pings: int) -> None:
    said: list[str] = []

    def creator() -> sqlite3.Connection:
        raw = sqlite3.connect(":memory:")
        raw.set_trace_callback(said.append)
        return raw

    engine = create_engine(
        "sqlite://", creator=creator, poolclass=pool, pool_pre_ping=True
    )
    for _ in range(2):
        with engine.connect():
            pass
    engine.dispose()
    assert len([text for text in said if text.startswith("SELECT 1")]) == pings
