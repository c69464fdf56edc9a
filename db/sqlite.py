"""SQLite in a thread with one trip per statement, and one writer at a time.

aiosqlite makes a trip to its thread for each of cursor, execute, fetch, close,
commit and rollback, though only the second and the commit of a write do any
work; a trip costs more than the statement. So execute does all of it here.
"""

import asyncio
import sqlite3
import time
from collections.abc import Iterable, Sequence
from threading import Thread
from typing import Any, Self

import aiosqlite
from sqlalchemy import event
from sqlalchemy.engine import Connection
from sqlalchemy.engine.interfaces import DBAPICursor, ExecutionContext
from sqlalchemy.ext.asyncio import AsyncEngine
from sqlalchemy.util import await_only

from db.errors import busy

BUSY_SECONDS = 5
_READS = ("SELECT", "PRAGMA", "EXPLAIN", "VALUES")
_PRAGMAS = (
    f"PRAGMA busy_timeout={BUSY_SECONDS * 1000}",
    # A crash of a process loses nothing; after a loss of power the last
    # commits may be missing, and Temporal still has every message.
    "PRAGMA synchronous=NORMAL",
    "PRAGMA foreign_keys=ON",
    "PRAGMA temp_store=MEMORY",
    "PRAGMA journal_size_limit=67108864",
)


def _use_wal(raw: sqlite3.Connection) -> None:
    """Switch a new file to WAL; SQLite does not wait for another that does so."""
    deadline = time.monotonic() + BUSY_SECONDS
    while True:
        try:
            raw.execute("PRAGMA journal_mode=WAL")
            return
        except sqlite3.OperationalError as error:
            busy = error.sqlite_errorcode == sqlite3.SQLITE_BUSY
            if not busy or time.monotonic() > deadline:
                raise
        time.sleep(0.01)


class Opener:
    """Opens connections to one file, and sees their threads off at the end."""

    def __init__(self, path: str) -> None:
        self._path = path
        self._threads: list[Thread] = []

    async def open(self) -> "QuickConnection":
        """Return an open connection."""
        connection = QuickConnection(self._connect, iter_chunk_size=64)
        thread = connection._thread
        thread.daemon = True  # as SQLAlchemy does: it never blocks an exit
        self._threads = [t for t in self._threads if t.is_alive()] + [thread]
        await connection
        return connection

    def _connect(self) -> sqlite3.Connection:
        # isolation_level None: we begin, not the driver.
        raw = sqlite3.connect(self._path, timeout=BUSY_SECONDS, isolation_level=None)
        for pragma in _PRAGMAS:
            raw.execute(pragma)
        _use_wal(raw)
        return raw

    def guard(self, engine: AsyncEngine) -> None:
        """Wait, when the engine is disposed of, until the threads have ended.

        A connection whose task was cancelled closes behind the task's back,
        and its thread must not find the loop gone.
        """
        event.listen(engine.sync_engine, "engine_disposed", self._see_off)

    def _see_off(self, _engine: object) -> None:
        await_only(asyncio.to_thread(self._join))

    def _join(self) -> None:
        deadline = time.monotonic() + BUSY_SECONDS + 1
        for thread in self._threads:
            thread.join(max(0.0, deadline - time.monotonic()))


class QuickConnection(aiosqlite.Connection):
    """A connection whose statements each are one trip to the thread.

    `begin_next` makes the next statement begin a transaction in the same trip.
    """

    begin_next = False
    _abandoned = False

    def cursor(self) -> "QuickCursor":  # type: ignore[override]  # opens at once
        return QuickCursor(self)

    async def commit(self) -> None:
        if self.in_transaction:
            await super().commit()

    async def rollback(self) -> None:
        if self.in_transaction or self._abandoned:
            await super().rollback()
            self._abandoned = False

    async def run(
        self, sql: str, parameters: Sequence[Any], many: bool
    ) -> tuple[sqlite3.Cursor, list[Any]]:
        """Execute and fetch, after a BEGIN IMMEDIATE where one is due."""
        begin, self.begin_next = self.begin_next, False
        try:
            return await self._execute(self._run, begin, sql, parameters, many)  # type: ignore[no-untyped-call, no-any-return]
        except asyncio.CancelledError:
            self._abandoned = True  # the thread may yet begin a transaction
            raise

    def _run(
        self, begin: bool, sql: str, parameters: Sequence[Any], many: bool
    ) -> tuple[sqlite3.Cursor, list[Any]]:
        cursor = self._conn.cursor()
        if begin:
            cursor.execute("BEGIN IMMEDIATE")
        if many:
            cursor.executemany(sql, parameters)
        else:
            cursor.execute(sql, parameters)
        return cursor, cursor.fetchall() if cursor.description else []


class QuickCursor:
    """What SQLAlchemy asks of an async cursor; the rows are already here."""

    arraysize = 1

    def __init__(self, connection: QuickConnection) -> None:
        self._connection = connection
        self._rows: list[Any] = []
        self.description: Any = None
        self.rowcount = -1
        self.lastrowid: int | None = None

    async def __aenter__(self) -> Self:
        return self

    async def execute(self, sql: str, parameters: Sequence[Any] = ()) -> Self:
        return await self._take(sql, parameters, many=False)

    async def executemany(self, sql: str, parameters: Iterable[Any]) -> Self:
        return await self._take(sql, list(parameters), many=True)

    async def _take(self, sql: str, parameters: Sequence[Any], *, many: bool) -> Self:
        done, self._rows = await self._connection.run(sql, parameters, many)
        self.description, self.rowcount = done.description, done.rowcount
        self.lastrowid = done.lastrowid
        return self

    async def fetchall(self) -> list[Any]:
        return self._rows

    async def close(self) -> None:
        self._rows = []


class WriteGate:
    """Lets one connection of this process write at a time, first come first.

    A transaction begins at its first write, by BEGIN IMMEDIATE: it never has
    to upgrade a read lock, which fails at once with "database is locked" when
    somebody else has written meanwhile. Waiting here is fair and costs
    nothing, where SQLite's own wait, kept for other processes, is a sleep.
    """

    def __init__(self) -> None:
        self._free = asyncio.Lock()
        self._holder: object | None = None

    def guard(self, engine: AsyncEngine) -> None:
        """Watch the statements and the pool of this engine."""
        pool = engine.sync_engine.pool
        event.listen(engine.sync_engine, "before_cursor_execute", self._before)
        for name in ("checkin", "invalidate", "close", "close_detached"):
            event.listen(pool, name, self._leave)

    def _before(
        self,
        connection: Connection,
        _cursor: DBAPICursor,
        statement: str,
        _parameters: object,
        context: ExecutionContext | None,
        _many: bool,
    ) -> None:
        if not _writes(statement, context):
            return
        held = connection.connection.dbapi_connection
        if self._holder is not held:
            await_only(self._enter())
            self._holder = held
        if connection.get_execution_options().get("alone"):
            return
        driver = connection.connection.driver_connection
        if isinstance(driver, QuickConnection) and not driver.in_transaction:
            driver.begin_next = True

    async def _enter(self) -> None:
        try:
            async with asyncio.timeout(BUSY_SECONDS):
                await self._free.acquire()
        except TimeoutError:
            raise busy() from None

    def _leave(self, connection: object | None, *_: object) -> None:
        if self._holder is not None and self._holder is connection:
            self._holder = None
            self._free.release()


def _writes(statement: str, context: ExecutionContext | None) -> bool:
    if context is not None and context.execution_options.get("write"):
        return True
    return not statement.lstrip().upper().startswith(_READS)
