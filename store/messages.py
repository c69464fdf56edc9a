"""The projection of accepted messages: how each stands, found by many ways."""

from collections.abc import Mapping
from datetime import datetime
from functools import cache
from typing import Any
from uuid import UUID

from pydantic import AwareDatetime
from sqlalchemy import (
    Select,
    and_,
    bindparam,
    case,
    func,
    insert,
    literal,
    null,
    or_,
    tuple_,
    update,
)
from sqlalchemy import select as core_select
from sqlalchemy.sql.dml import ReturningInsert
from sqlmodel.ext.asyncio.session import AsyncSession

from core.crypto import Keyring
from core.models import Acknowledgement, Address, Message, MessageStatus, Model
from core.words import Status
from store.page import Page, clamp, cut, decode_time_cursor, time_cursor
from store.sql import dialect_of, insert_into, keyring_of, table_of
from store.tables import MessageIdentityRow, MessageRow

_MESSAGE = "messages.message"
_ACKNOWLEDGEMENT = "messages.acknowledgement"


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


async def record(session: AsyncSession, message: Message, doc: MessageStatus) -> None:
    """Write how a message stands; an older write never overwrites a newer one."""
    keyring = keyring_of(session)
    connection = await session.connection()
    written = await connection.execute(
        _upsert(dialect_of(session)), _columns(keyring, message, doc)
    )
    if written.scalar_one_or_none() == 1:
        await connection.execute(_identities(), _indexes(keyring, message))


@cache
def _upsert(dialect: str) -> ReturningInsert[int]:
    """One statement; `writes` comes back as 1 for a message just inserted."""
    table = table_of(MessageRow)
    statement = insert_into(dialect, table)
    new = statement.excluded
    fixed = {"id", "client", "created_at", "writes"}
    changes: dict[str, Any] = {
        c.name: new[c.name] for c in table.c if c.name not in fixed
    }
    # A confirmation stays, whoever knew of it.
    given = table.c.acknowledgement
    changes["acknowledgement"] = func.coalesce(given, new.acknowledgement)
    since = new.unacknowledged_since
    changes["unacknowledged_since"] = case((given.is_(None), since), else_=null())
    newer = or_(
        new.run > table.c.run,
        and_(new.run == table.c.run, new.updated_at >= table.c.updated_at),
    )
    return statement.on_conflict_do_update(
        index_elements=["id"],
        set_={**changes, "writes": table.c.writes + 1},
        where=newer,
    ).returning(table.c.writes)


def _columns(keyring: Keyring, message: Message, doc: MessageStatus) -> dict[str, Any]:
    given = doc.acknowledgement
    sealed = None if given is None else _sealed(keyring, given)
    return {
        "id": doc.id,
        "client": doc.client,
        "type": doc.type,
        "priority": doc.priority.value,
        "status": doc.status.value,
        "reference": doc.reference,
        "batch": message.batch,
        "run": doc.run,
        "created_at": doc.created_at,
        "updated_at": doc.updated_at,
        "resendable_until": doc.resendable_until,
        "unacknowledged_since": doc.created_at if _unacknowledged(doc) else None,
        "doc": doc.model_dump_json(exclude={"acknowledgement"}),
        "acknowledgement": sealed,
        "message": keyring.seal_text(message.model_dump_json(), _MESSAGE),
        "writes": 1,
    }


def _sealed(keyring: Keyring, given: Acknowledgement) -> str:
    """Seal a confirmation: it names a person, and perhaps a lab value."""
    return keyring.seal_text(given.model_dump_json(), _ACKNOWLEDGEMENT)


_OUT = frozenset({Status.DELIVERING, Status.DELIVERED, Status.FAILED})


def _unacknowledged(doc: MessageStatus) -> bool:
    """Tell whether somebody still has to confirm what has gone out."""
    open_ = doc.acknowledgement is None and doc.recall is None
    return doc.acknowledge and open_ and doc.status in _OUT


async def acknowledge(
    session: AsyncSession, message_id: UUID, given: Acknowledgement
) -> bool:
    """Write who confirmed a message; False where somebody has, or none is written."""
    table = table_of(MessageRow)
    first = update(table).where(
        table.c.id == message_id, table.c.acknowledgement.is_(None)
    )
    sealed = _sealed(keyring_of(session), given)
    connection = await session.connection()
    done = await connection.execute(
        first.values(acknowledgement=sealed, unacknowledged_since=None)
    )
    return done.rowcount == 1


@cache
def _identities() -> Any:
    return insert(table_of(MessageIdentityRow))


def _indexes(keyring: Keyring, message: Message) -> list[dict[str, Any]]:
    return [
        {
            "index_hmac": keyring.index(kind, value),
            "created_at": message.created_at,
            "message_id": message.id,
        }
        for kind, value in message.recipient.identities.items()
    ]


async def find(session: AsyncSession, message_id: UUID) -> StoredMessage | None:
    """Return a message as accepted, and how it stands."""
    connection = await session.connection()
    row = (await connection.execute(_find(), {"wanted": message_id})).first()
    if row is None:
        return None
    keyring, found = keyring_of(session), row._asdict()
    plain = keyring.unseal_text(found["message"], _MESSAGE)
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
    plain = keyring.unseal_text(found["acknowledgement"], _ACKNOWLEDGEMENT)
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
