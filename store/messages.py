"""The projection of accepted messages: how each stands, found by many ways."""

from collections.abc import Mapping
from datetime import datetime
from functools import cache
from typing import Any
from uuid import UUID

from pydantic import AwareDatetime
from sqlalchemy import Select, bindparam, func, literal, tuple_
from sqlalchemy import select as core_select
from sqlmodel.ext.asyncio.session import AsyncSession

from core.crypto import Keyring
from core.models import Acknowledgement, Address, Message, MessageStatus, Model
from core.words import Status
from store.message_writes import (
    ACKNOWLEDGEMENT,
    MESSAGE,
    acknowledge,
    record,
    record_status,
)
from store.page import Page, clamp, cut, decode_time_cursor, time_cursor
from store.sql import keyring_of, table_of
from store.tables import MessageIdentityRow, MessageRow

__all__ = [
    "MessageFilter",
    "StoredMessage",
    "acknowledge",
    "count_failed",
    "find",
    "list_failed",
    "list_messages",
    "record",
    "record_status",
]


class StoredMessage(Model):
    """A message and how it stands."""

    message: Message
    status: MessageStatus


class MessageFilter(Model):
    """Which messages to list; `since` is included, `until` is not.

    `unacknowledged`: only those that somebody still has to confirm.
    """

    client: str | None = None
    status: Status | None = None
    type: str | None = None
    reference: str | None = None
    recipient: Address | None = None
    since: AwareDatetime | None = None
    until: AwareDatetime | None = None
    unacknowledged: bool = False
    batch: UUID | None = None


async def find(session: AsyncSession, message_id: UUID) -> StoredMessage | None:
    """Return a message as accepted, and how it stands."""
    connection = await session.connection()
    row = (await connection.execute(_find(), {"wanted": message_id})).first()
    if row is None:
        return None
    keyring, found = keyring_of(session), row._asdict()
    plain = keyring.unseal_text(found["message"], MESSAGE)
    message = Message.model_validate_json(plain)
    return StoredMessage(message=message, status=_status(keyring, found))


@cache
def _find() -> Select[*tuple[Any, ...]]:
    table = table_of(MessageRow)
    columns = (table.c.doc, table.c.acknowledgement, table.c.message)
    return core_select(*columns).where(table.c.id == bindparam("wanted"))


def _status(keyring: Keyring, found: Mapping[str, Any]) -> MessageStatus:
    doc = MessageStatus.model_validate_json(found["doc"])
    if found["acknowledgement"] is None:
        return doc
    plain = keyring.unseal_text(found["acknowledgement"], ACKNOWLEDGEMENT)
    acknowledgement = Acknowledgement.model_validate_json(plain)
    return doc.model_copy(update={"acknowledgement": acknowledgement})


async def list_messages(
    session: AsyncSession,
    wanted: MessageFilter,
    cursor: str | None = None,
    limit: int = 50,
) -> Page[MessageStatus]:
    """Return messages, the newest first; no count, so that any page is quick."""
    return await _page(session, wanted, cursor, limit)


async def _page(
    session: AsyncSession,
    wanted: MessageFilter,
    cursor: str | None,
    limit: int,
    failed_by: datetime | None = None,
) -> Page[MessageStatus]:
    limit, keyring = clamp(limit), keyring_of(session)
    statement = _listing(keyring, wanted, cursor).limit(limit + 1)
    if failed_by is not None:
        statement = statement.where(table_of(MessageRow).c.updated_at <= failed_by)
    connection = await session.connection()
    rows = [row._asdict() for row in await connection.execute(statement)]
    shown, more = cut(rows, limit)
    last = time_cursor(shown[-1]["created_at"], shown[-1]["id"]) if more else None
    return Page(items=tuple(_status(keyring, row) for row in shown), next=last)


def _listing(
    keyring: Keyring, wanted: MessageFilter, cursor: str | None
) -> Select[*tuple[Any, ...]]:
    table, found_by = table_of(MessageRow), table_of(MessageIdentityRow)
    shown = (table.c.doc, table.c.acknowledgement, table.c.created_at, table.c.id)
    statement = core_select(*shown)
    at, key = table.c.created_at, table.c.id
    if wanted.unacknowledged:
        at = table.c.unacknowledged_since
        statement = statement.where(at.is_not(None))
    if wanted.recipient is not None:
        statement = statement.join(found_by, found_by.c.message_id == table.c.id)
        index = keyring.index(wanted.recipient.type, wanted.recipient.value)
        statement = statement.where(found_by.c.index_hmac == index)
        at, key = found_by.c.created_at, found_by.c.message_id
    for name in ("client", "status", "type", "reference"):
        if (value := getattr(wanted, name)) is not None:
            statement = statement.where(table.c[name] == str(value))
    if wanted.batch is not None:
        statement = statement.where(table.c.batch == wanted.batch)
    if wanted.since is not None:
        statement = statement.where(at >= wanted.since)
    if wanted.until is not None:
        statement = statement.where(at < wanted.until)
    if cursor is not None:
        moment, last = decode_time_cursor(cursor)
        place = tuple_(literal(moment, at.type), literal(last, key.type))
        statement = statement.where(tuple_(at, key) < place)
    return statement.order_by(at.desc(), key.desc())


async def list_failed(
    session: AsyncSession,
    wanted: MessageFilter,
    now: datetime,
    cursor: str | None = None,
    limit: int = 50,
) -> Page[MessageStatus]:
    """Return what has failed by `now` and waits for a resend, the newest first.

    One `now` for all pages: a message that a resend has failed again is not
    listed twice.
    """
    failed = wanted.model_copy(update={"status": Status.FAILED})
    return await _page(session, failed, cursor, limit, failed_by=now)


async def count_failed(
    session: AsyncSession, wanted: MessageFilter, now: datetime, most: int = 10_000
) -> tuple[int, bool]:
    """Count what `list_failed` lists, up to `most`; tell whether there is more."""
    failed = wanted.model_copy(update={"status": Status.FAILED})
    some = _listing(keyring_of(session), failed, None).with_only_columns(
        table_of(MessageRow).c.id
    )
    some = some.where(table_of(MessageRow).c.updated_at <= now).limit(most + 1)
    counted = core_select(func.count()).select_from(some.subquery())
    connection = await session.connection()
    count = (await connection.execute(counted)).scalar_one()
    return min(count, most), count > most
