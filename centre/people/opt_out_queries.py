"""What people do not want to receive; kept per identity, not per person."""

from collections.abc import Mapping
from functools import cache
from typing import Any

from sqlalchemy import Table, bindparam
from sqlalchemy import select as core_select
from sqlmodel import col, delete, select

from centre.people.contracts import Preference
from centre.people.tables import PreferenceRow
from core.clock import utc_now
from core.errors import FieldError, Invalid
from core.identities import normalise
from core.words import Channel, IdentityType, OptOutSource, TypeClass
from db.session import Session
from db.sql import dialect_of, insert_into, keyring_of, table_of

_ALL = ""
# No code of a type looks so.
_CLASS = "class:"

# The columns of an opt-out: its key, and the identity's type.
Columns = dict[str, Any]


def columns_of(
    session: Session,
    identity_type: IdentityType,
    value: str,
    channel: Channel | None,
    message_type: str | None,
    type_class: TypeClass | None,
) -> Columns:
    """Return by what an opt-out is kept.

    Raises Invalid where the identity is none, or a type and a class are given.
    """
    return {
        "index_hmac": _index(session, identity_type, value),
        "channel": channel or _ALL,
        "message_type": _subject(message_type, type_class),
        "identity_type": identity_type,
    }


async def add(
    session: Session, columns: Columns, source: OptOutSource | None
) -> tuple[Preference, bool]:
    """Note an opt-out; return the first of this kind, and whether it is this one."""
    table: Table = table_of(PreferenceRow)
    values = {**columns, "since": utc_now(), "source": source}
    note = insert_into(dialect_of(session), table).values(values)
    connection = await session.connection()
    noted = note.on_conflict_do_nothing().returning(table.c.index_hmac)
    new = (await connection.execute(noted)).first() is not None
    wanted = select(PreferenceRow).where(
        PreferenceRow.index_hmac == columns["index_hmac"],
        PreferenceRow.channel == columns["channel"],
        PreferenceRow.message_type == columns["message_type"],
    )
    first = (await session.exec(wanted)).one()
    return _preference(first), new


async def remove(session: Session, columns: Columns) -> None:
    """Take an opt-out back."""
    gone = delete(PreferenceRow).where(
        col(PreferenceRow.index_hmac) == columns["index_hmac"],
        col(PreferenceRow.channel) == columns["channel"],
        col(PreferenceRow.message_type) == columns["message_type"],
    )
    await session.exec(gone)


def _subject(message_type: str | None, type_class: TypeClass | None) -> str:
    """Return how a type, a class, or everything is written down."""
    if type_class is None:
        return message_type or _ALL
    if message_type is not None:
        field_error = FieldError(
            "/type_class", "Give a message type or a class, not both."
        )
        raise Invalid(field_error.detail, [field_error])
    return _CLASS + type_class


def _named(subject: str) -> dict[str, Any]:
    """Return what `_subject` wrote down."""
    if subject.startswith(_CLASS):
        return {"type_class": TypeClass(subject.removeprefix(_CLASS))}
    return {"message_type": subject or None}


async def preferences_of(
    session: Session, identity_type: IdentityType, value: str
) -> tuple[Preference, ...]:
    """Return the opt-outs of one identity."""
    index = _index(session, identity_type, value)
    wanted = select(PreferenceRow).where(PreferenceRow.index_hmac == index)
    ordered = wanted.order_by(
        col(PreferenceRow.channel), col(PreferenceRow.message_type)
    )
    return tuple(map(_preference, await session.exec(ordered)))


def _preference(row: PreferenceRow) -> Preference:
    return Preference(
        identity_type=IdentityType(row.identity_type),
        channel=Channel(row.channel) if row.channel else None,
        **_named(row.message_type),
        since=row.since,
        source=OptOutSource(row.source) if row.source else None,
    )


async def opted_out(
    session: Session,
    identities: Mapping[IdentityType, str],
    message_type: str,
    type_class: TypeClass,
) -> frozenset[Channel]:
    """Return the channels that one of these identities refuses for this type."""
    keyring = keyring_of(session)
    indexes = [keyring.index(kind, value) for kind, value in identities.items()]
    if not indexes:
        return frozenset()
    connection = await session.connection()
    wanted = {"indexes": indexes, "types": [_ALL, message_type, _CLASS + type_class]}
    found = set((await connection.execute(_refused(), wanted)).scalars())
    return frozenset(Channel) if _ALL in found else frozenset(map(Channel, found))


@cache
def _refused() -> Any:
    table = table_of(PreferenceRow)
    return core_select(table.c.channel).where(
        table.c.index_hmac.in_(bindparam("indexes", expanding=True)),
        table.c.message_type.in_(bindparam("types", expanding=True)),
    )


def _index(session: Session, identity_type: IdentityType, value: str) -> str:
    try:
        spelt = normalise(identity_type, value)
    except ValueError as error:
        field_error = FieldError(f"/identities/{identity_type}", str(error))
        raise Invalid("The identity was refused.", [field_error]) from None
    return keyring_of(session).index(identity_type, spelt)
