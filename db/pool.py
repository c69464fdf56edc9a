"""A connection pool whose users never wait for ever."""

import asyncio
import os
import select
import socket
import time
from asyncio import TimerHandle
from contextlib import suppress
from typing import Any

import psycopg
from sqlalchemy import event, exc
from sqlalchemy.engine import Connection
from sqlalchemy.ext.asyncio import AsyncEngine
from sqlalchemy.pool import AsyncAdaptedQueuePool, ConnectionPoolEntry

from db.errors import unavailable

# Who has no answer by then has lost the server: one that is frozen says
# nothing, and no time-out of the protocol notices. A ping that fails is
# followed by a new connection (2 s), so both ways end within 4 s.
PING_SECONDS = 2.0
ANSWER_SECONDS = 4.0
# A ping is a third of a short transaction's cost: what has worked within this time
# and has not been closed since is spared it.
PROVEN_SECONDS = 1.0
_TIMER = "hmc_timer"
_RETURNED = "hmc_returned"


class GuardedPool(AsyncAdaptedQueuePool):
    """Cuts connections that wait too long; says when all are in use."""

    def _do_get(self) -> ConnectionPoolEntry:
        try:
            entry = super()._do_get()
        except exc.TimeoutError:
            raise unavailable() from None
        driver = getattr(entry.dbapi_connection, "driver_connection", None)
        facts = _facts(entry.record_info)
        _start_clock(driver, facts, PING_SECONDS)
        if _proven(driver, facts):
            entry.fresh = True  # type: ignore[attr-defined]  # no ping for it
        return entry

    def _do_return_conn(self, record: ConnectionPoolEntry) -> None:
        facts = _facts(record.record_info)
        _stop_clock(facts)
        facts[_RETURNED] = time.monotonic()
        super()._do_return_conn(record)


def _proven(driver: object, facts: dict[Any, Any]) -> bool:
    """Tell whether a connection has just worked, and nothing came over it since.

    What comes unasked is the server's farewell.
    """
    if time.monotonic() > facts.get(_RETURNED, 0.0) + PROVEN_SECONDS:
        return False
    if not isinstance(driver, psycopg.AsyncConnection) or driver.closed:
        return False
    waiting = select.poll()
    waiting.register(driver.pgconn.socket, select.POLLIN)
    return not waiting.poll(0)


def watch(engine: AsyncEngine) -> None:
    """Time every statement, commit and rollback of an engine."""
    for name in ("before_cursor_execute", "commit", "rollback"):
        event.listen(engine.sync_engine, name, _begin)
    event.listen(engine.sync_engine, "after_cursor_execute", _end)


def _begin(connection: Connection, *_: object) -> None:
    if connection.invalidated:  # lost: there is nothing to roll back
        return
    proxied = connection.connection
    facts = _facts(proxied.record_info)
    _start_clock(proxied.driver_connection, facts, ANSWER_SECONDS)


def _end(connection: Connection, *_: object) -> None:
    _stop_clock(_facts(connection.connection.record_info))


def _facts(record_info: dict[Any, Any] | None) -> dict[Any, Any]:
    """Return the notes kept with a connection (absent once it is detached)."""
    return {} if record_info is None else record_info


def _start_clock(driver: object, facts: dict[Any, Any], seconds: float) -> None:
    _stop_clock(facts)
    if isinstance(driver, psycopg.AsyncConnection):
        loop = asyncio.get_running_loop()
        facts[_TIMER] = loop.call_later(seconds, _cut, driver)


def _stop_clock(facts: dict[Any, Any]) -> None:
    timer: TimerHandle | None = facts.pop(_TIMER, None)
    if timer is not None:
        timer.cancel()


def _cut(driver: psycopg.AsyncConnection[Any]) -> None:
    """Shut the connection's socket: whoever waits on it gets an error."""
    with suppress(OSError, psycopg.Error):
        descriptor = os.dup(driver.pgconn.socket)
        with socket.socket(fileno=descriptor) as wire:
            wire.shutdown(socket.SHUT_RDWR)
