"""Database errors become ours, and no bound value reaches an error's text.

Drivers repeat values in their texts (PostgreSQL's "Key (name)=(…) exists",
Python's "can't encode '…'"), and an error's cause is logged with it, so the
driver's own text is cut here too. The classes are SQLSTATE's (PostgreSQL
manual, appendix A) and SQLite's primary result codes.
"""

import sqlite3

import psycopg
from sqlalchemy.engine import ExceptionContext

from core.errors import Conflict, Invalid, MessageCentreError, Unavailable

_WITHHELD = "the driver's text is withheld"

# 08 connection, 25 read-only, 40 rolled back by the server, 53 resources,
# 55 object in use, 57 operator, 58 system.
_PG_UNAVAILABLE = frozenset({"08", "25", "40", "53", "55", "57", "58"})
_PG_DATA = "22"
_PG_INTEGRITY = "23"

_SQLITE_BUSY = frozenset({sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED})
_SQLITE_UNAVAILABLE = frozenset(
    {
        sqlite3.SQLITE_NOMEM,
        sqlite3.SQLITE_READONLY,
        sqlite3.SQLITE_INTERRUPT,
        sqlite3.SQLITE_IOERR,
        sqlite3.SQLITE_CORRUPT,
        sqlite3.SQLITE_FULL,
        sqlite3.SQLITE_CANTOPEN,
        sqlite3.SQLITE_PROTOCOL,
        sqlite3.SQLITE_NOTADB,
    }
)
_SQLITE_DATA = frozenset({sqlite3.SQLITE_TOOBIG, sqlite3.SQLITE_MISMATCH})


class Busy(Unavailable):
    """Somebody else has been writing for too long: the store works, and may be soon."""


def busy() -> Busy:
    """Return the error for a store that others write to all the time."""
    return Busy("The store is not available.")


def unavailable() -> Unavailable:
    """Return the error for a store that can't be reached or is too busy."""
    return Unavailable("The store is not available.")


def translate(context: ExceptionContext) -> MessageCentreError | None:
    """Return our error for a driver's; a listener of `handle_error`."""
    if context.is_pre_ping:  # the pool reconnects by itself
        return None
    error = context.original_exception
    ours = _ours(error)
    if ours is not None:
        _withhold(error)
    return ours


def _ours(error: BaseException) -> MessageCentreError | None:
    if isinstance(error, psycopg.Error):
        return _from_postgres(error)
    if isinstance(error, sqlite3.Error):
        return _from_sqlite(error)
    if isinstance(error, UnicodeError | OverflowError):
        return _data()
    return None


def _from_postgres(error: psycopg.Error) -> MessageCentreError | None:
    family = (error.sqlstate or "")[:2]
    if family in _PG_UNAVAILABLE:
        return unavailable()
    if family == _PG_INTEGRITY:
        return _conflict()
    if family == _PG_DATA or isinstance(error, psycopg.DataError):
        return _data()
    if not family and isinstance(
        error, psycopg.OperationalError | psycopg.InterfaceError
    ):
        return unavailable()
    return None


def _from_sqlite(error: sqlite3.Error) -> MessageCentreError | None:
    code = getattr(error, "sqlite_errorcode", None)
    primary = code & 0xFF if isinstance(code, int) else None
    if primary in _SQLITE_BUSY:
        return busy()
    if primary in _SQLITE_UNAVAILABLE:
        return unavailable()
    if isinstance(error, sqlite3.IntegrityError):
        return _conflict()
    if primary in _SQLITE_DATA or isinstance(error, sqlite3.DataError):
        return _data()
    return None


def _conflict() -> Conflict:
    return Conflict("This conflicts with what is stored.")


def _data() -> Invalid:
    return Invalid("A value can't be stored.")


def _withhold(error: BaseException) -> None:
    """Take the values out of an error that will be logged as a cause."""
    if isinstance(error, UnicodeEncodeError):
        error.object = ""
    error.args = (_WITHHELD,)
