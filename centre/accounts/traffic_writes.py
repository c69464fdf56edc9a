"""Writes what was taken from accounts' shares, and which of them rest."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlmodel import col, delete

from centre.accounts.tables import AccountTrafficRow
from core.traffic_shares import Deduction
from core.words import Channel
from db.session import Session
from db.sql import dialect_of, insert_into, table_of


async def put_deductions(
    session: Session, channel: Channel, changed: Mapping[str, Deduction]
) -> None:
    """Keep what was taken from accounts' shares."""
    for code, deduction in changed.items():
        values = {
            "deducted": deduction.points,
            "cause": deduction.cause,
            "changed_at": deduction.changed_at,
        }
        await _put(session, channel, code, values)


async def put_open(
    session: Session, channel: Channel, code: str, until: datetime | None
) -> None:
    """Note that a process's breaker opened until then, or closed (None)."""
    await _put(session, channel, code, {"open_until": until})


async def _put(
    session: Session, channel: Channel, code: str, values: dict[str, Any]
) -> None:
    table = table_of(AccountTrafficRow)
    row = {"channel": channel.value, "code": code, "deducted": 0, **values}
    written = insert_into(dialect_of(session), table).values(row)
    connection = await session.connection()
    await connection.execute(
        written.on_conflict_do_update(index_elements=["channel", "code"], set_=values)
    )


async def forget_traffic(session: Session, channel: Channel, code: str) -> None:
    """Forget what was taken from an account that there is no longer."""
    gone = delete(AccountTrafficRow).where(
        col(AccountTrafficRow.channel) == channel.value,
        col(AccountTrafficRow.code) == code,
    )
    await session.exec(gone)
