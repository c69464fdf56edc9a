"""Reads and writes the dictionaries of channels and identity types."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import update
from sqlmodel import col, select

from centre.catalog.models import ChannelEntry, IdentityTypeEntry
from centre.catalog.tables import ChannelRow, IdentityTypeRow
from core.words import Channel, IdentityType
from db.session import Session
from db.sql import dialect_of, insert_into, table_of

Dictionary = type[ChannelRow] | type[IdentityTypeRow]


async def list_channels(session: Session) -> tuple[ChannelEntry, ...]:
    """Return every channel, in the order of the dictionary."""
    rows = await session.exec(select(ChannelRow).order_by(col(ChannelRow.position)))
    return tuple(_channel(row) for row in rows)


async def find_channel(session: Session, code: Channel) -> ChannelEntry | None:
    """Return one channel of the dictionary."""
    row = await session.get(ChannelRow, str(code), populate_existing=True)
    return None if row is None else _channel(row)


async def list_identity_types(session: Session) -> tuple[IdentityTypeEntry, ...]:
    """Return every identity type, in the order of the dictionary."""
    order = col(IdentityTypeRow.position)
    rows = await session.exec(select(IdentityTypeRow).order_by(order))
    return tuple(_identity_type(row) for row in rows)


async def find_identity_type(
    session: Session, code: IdentityType
) -> IdentityTypeEntry | None:
    """Return one identity type of the dictionary."""
    row = await session.get(IdentityTypeRow, str(code), populate_existing=True)
    return None if row is None else _identity_type(row)


async def change_channel(
    session: Session, code: Channel, columns: Mapping[str, Any]
) -> None:
    """Write these columns of a channel."""
    await _change(session, ChannelRow, str(code), columns)


async def change_identity_type(
    session: Session, code: IdentityType, columns: Mapping[str, Any]
) -> None:
    """Write these columns of an identity type."""
    await _change(session, IdentityTypeRow, str(code), columns)


async def _change(
    session: Session, row: Dictionary, code: str, columns: Mapping[str, Any]
) -> None:
    if columns:
        this_one = update(row).where(col(row.code) == code)
        await session.exec(this_one.values(**columns))


async def add_missing_channels(
    session: Session, entries: Sequence[ChannelEntry]
) -> None:
    """Write the channels that the dictionary lacks, in this order."""
    await _add_missing(session, ChannelRow, entries)


async def add_missing_identity_types(
    session: Session, entries: Sequence[IdentityTypeEntry]
) -> None:
    """Write the identity types that the dictionary lacks, in this order."""
    await _add_missing(session, IdentityTypeRow, entries)


async def _add_missing(
    session: Session,
    row: Dictionary,
    entries: Sequence[ChannelEntry | IdentityTypeEntry],
) -> None:
    new = insert_into(dialect_of(session), table_of(row))
    values = [
        {**entry.model_dump(mode="json"), "position": position}
        for position, entry in enumerate(entries)
    ]
    await session.exec(new.values(values).on_conflict_do_nothing())


def _channel(row: ChannelRow) -> ChannelEntry:
    return ChannelEntry.model_validate(row.model_dump(exclude={"position"}))


def _identity_type(row: IdentityTypeRow) -> IdentityTypeEntry:
    return IdentityTypeEntry.model_validate(row.model_dump(exclude={"position"}))
