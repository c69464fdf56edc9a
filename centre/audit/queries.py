"""The rows of the audit log: appended, listed, read in their order."""

from collections.abc import Mapping
from typing import Any

from sqlmodel import col, insert, select

from centre.audit.tables import AuditRow
from db.pages import Page, clamp, cut, decode_number_cursor, encode_cursor
from db.session import Session
from db.sql import table_of

_BATCH = 1000


async def newest(session: Session) -> tuple[int, str] | None:
    """Return the number and hash of the last row."""
    rows = select(AuditRow.number, AuditRow.hash)
    rows = rows.order_by(col(AuditRow.number).desc()).limit(1)
    return (await session.exec(rows)).first()


async def append(session: Session, row: Mapping[str, Any]) -> None:
    """Add a row; whoever calls holds the lock of the log."""
    await session.exec(insert(table_of(AuditRow)).values(row))


async def page(
    session: Session, wanted: Mapping[str, Any], cursor: str | None, limit: int
) -> Page[AuditRow]:
    """Return the rows of an AuditFilter's values, newest first."""
    limit = clamp(limit)
    rows = select(AuditRow).order_by(col(AuditRow.number).desc()).limit(limit + 1)
    for column in ("who", "action", "target"):
        if (value := wanted[column]) is not None:
            rows = rows.where(getattr(AuditRow, column) == value)
    if wanted["since"] is not None:
        rows = rows.where(AuditRow.at >= wanted["since"])
    if wanted["until"] is not None:
        rows = rows.where(AuditRow.at < wanted["until"])
    if cursor is not None:
        rows = rows.where(AuditRow.number < decode_number_cursor(cursor))
    found, more = cut((await session.exec(rows)).all(), limit)
    following = encode_cursor(str(found[-1].number)) if more else None
    return Page(items=tuple(found), next=following)


async def hash_at(session: Session, number: int) -> str | None:
    """Return the hash of a row, to compare with one noted elsewhere."""
    wanted = select(AuditRow.hash).where(AuditRow.number == number)
    return (await session.exec(wanted)).first()


async def rows_after(session: Session, number: int) -> list[dict[str, Any]]:
    """Return the next rows after a number, some at a time."""
    table = table_of(AuditRow)
    batch = table.select().where(table.c.number > number)
    connection = await session.connection()
    found = await connection.execute(batch.order_by(table.c.number).limit(_BATCH))
    return [row._asdict() for row in found]
