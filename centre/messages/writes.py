"""Writes how accepted messages stand, and who confirmed them."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from functools import cache
from typing import Any, TypeAlias
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    Table,
    Update,
    and_,
    bindparam,
    case,
    func,
    insert,
    null,
    or_,
    update,
)
from sqlalchemy import select as core_select
from sqlalchemy.sql.base import ReadOnlyColumnCollection
from sqlalchemy.sql.dml import ReturningInsert

from centre.messages import away_queries
from centre.messages.tables import MessageIdentityRow, MessageRow
from centre.people.owner_queries import keys_of
from core.crypto import Keyring
from core.models import Acknowledgement, Message, MessageStatus
from core.words import Status
from db.session import Session
from db.sql import dialect_of, insert_into, keyring_of, table_of

MESSAGE = "messages.message"
ACKNOWLEDGEMENT = "messages.acknowledgement"

Columns: TypeAlias = Mapping[str, Any] | ReadOnlyColumnCollection[str, Any]


async def record(session: Session, message: Message, doc: MessageStatus) -> None:
    """Write how a message stands; an older write never overwrites a newer one."""
    # Whose it is is read first: from its first write on, SQLite lets nobody write.
    keys = await keys_of(session, message.recipient.identities)
    connection = await session.connection()
    written = await connection.execute(
        _upsert(dialect_of(session)), _columns(keyring_of(session), message, doc)
    )
    if written.scalar_one_or_none() == 1:
        rows = key_rows(message.id, message.created_at, keys)
        await connection.execute(_identities(), rows)


async def record_status(session: Session, doc: MessageStatus) -> bool:
    """Write the same of a message that is written; False where there is none."""
    connection = await session.connection()
    values = _status_columns(keyring_of(session), doc)
    told = {"of": doc.id} | {f"new_{name}": value for name, value in values.items()}
    if (await connection.execute(_update(), told)).rowcount:
        return True
    there = await connection.execute(_there(), {"wanted": doc.id})
    return there.first() is not None


@cache
def _there() -> Any:
    table = table_of(MessageRow)
    return core_select(table.c.id).where(table.c.id == bindparam("wanted"))


@cache
def _upsert(dialect: str) -> ReturningInsert[int]:
    """One statement; `writes` comes back as 1 for a message just inserted."""
    table = table_of(MessageRow)
    statement = insert_into(dialect, table)
    new = statement.excluded
    fixed = {"id", "client", "created_at"}
    changes = {c.name: new[c.name] for c in table.c if c.name not in fixed}
    return statement.on_conflict_do_update(
        index_elements=["id"],
        set_=changes | _kept(table, new),
        where=_newer(table, new),
    ).returning(table.c.writes)


@cache
def _update() -> Update:
    table = table_of(MessageRow)
    new: dict[str, Any] = {
        name: bindparam(f"new_{name}", type_=table.c[name].type) for name in _OF_STATUS
    }
    wanted = table.c.id == bindparam("of", type_=table.c.id.type)
    changed = update(table).where(wanted, _newer(table, new))
    return changed.values(new | _kept(table, new))


def _kept(table: Table, new: Columns) -> dict[str, Any]:
    """Count the write; a confirmation stays, whoever knew of it."""
    given, since = table.c.acknowledgement, new["unacknowledged_since"]
    return {
        "acknowledgement": func.coalesce(given, new["acknowledgement"]),
        "unacknowledged_since": case((given.is_(None), since), else_=null()),
        "writes": table.c.writes + 1,
    }


def _newer(table: Table, new: Columns) -> ColumnElement[bool]:
    same_run = new["run"] == table.c.run
    later = new["updated_at"] >= table.c.updated_at
    return or_(new["run"] > table.c.run, and_(same_run, later))


def _columns(keyring: Keyring, message: Message, doc: MessageStatus) -> dict[str, Any]:
    return _status_columns(keyring, doc) | {
        "id": doc.id,
        "client": doc.client,
        "type": doc.type,
        "priority": doc.priority.value,
        "reference": doc.reference,
        "batch": message.batch,
        "created_at": doc.created_at,
        "message": keyring.seal_text(message.model_dump_json(), MESSAGE),
        "writes": 1,
    }


_OF_STATUS = (
    "status",
    "run",
    "updated_at",
    "resendable_until",
    "unacknowledged_since",
    "away",
    "away_account",
    "doc",
    "acknowledgement",
)


def _status_columns(keyring: Keyring, doc: MessageStatus) -> dict[str, Any]:
    """Return what changes of a message as it goes on: `_OF_STATUS`."""
    given = doc.acknowledgement
    return {
        "status": doc.status.value,
        "run": doc.run,
        "updated_at": doc.updated_at,
        "resendable_until": doc.resendable_until,
        "unacknowledged_since": doc.created_at if _unacknowledged(doc) else None,
        "doc": doc.model_dump_json(exclude={"acknowledgement"}),
        "acknowledgement": None if given is None else _sealed(keyring, given),
        **away_queries.columns(doc),
    }


def _sealed(keyring: Keyring, given: Acknowledgement) -> str:
    """Seal a confirmation: it names a person, and perhaps a lab value."""
    return keyring.seal_text(given.model_dump_json(), ACKNOWLEDGEMENT)


_OUT = frozenset({Status.DELIVERING, Status.DELIVERED, Status.FAILED})


def _unacknowledged(doc: MessageStatus) -> bool:
    """Tell whether somebody still has to confirm what has gone out."""
    open_ = doc.acknowledgement is None and doc.recall is None
    return doc.acknowledge and open_ and doc.status in _OUT


async def acknowledge(
    session: Session, message_id: UUID, given: Acknowledgement
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


def key_rows(
    message_id: UUID, created_at: datetime, keys: Iterable[str]
) -> list[dict[str, Any]]:
    """Return the rows by which a message is found."""
    found = {"created_at": created_at, "message_id": message_id}
    return [{"index_hmac": key, **found} for key in keys]
