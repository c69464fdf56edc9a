"""Columns and the clock: times are aware UTC on every database."""

from datetime import UTC, datetime

from sqlalchemy import DateTime, Index, text
from sqlalchemy.engine import Dialect
from sqlalchemy.types import TypeDecorator


class UtcDateTime(TypeDecorator[datetime]):
    """A moment: stored as UTC, read back aware (SQLite keeps no offset)."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(
        self, value: datetime | None, dialect: Dialect
    ) -> datetime | None:
        if value is None:
            return None
        if value.utcoffset() is None:
            raise ValueError("a time without an offset")
        return value.astimezone(UTC)

    def process_result_value(
        self, value: datetime | None, dialect: Dialect
    ) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            return value.replace(tzinfo=UTC)
        return value.astimezone(UTC)


def index_where(name: str, condition: str, *columns: str) -> Index:
    """Return an index over the rows that a condition holds for."""
    where = text(condition)
    return Index(name, *columns, sqlite_where=where, postgresql_where=where)


def index_present(name: str, column: str, *others: str) -> Index:
    """Return an index over the rows where its first column is not null."""
    return index_where(name, f"{column} IS NOT NULL", column, *others)
