"""Gives the messages of earlier versions to whose they are, a part at a time.

Until a message has had its turn it is found by whoever has its identities now.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import delete, literal, select, tuple_, update

from centre.messages.recipients import recipient_in
from centre.messages.tables import CatchUpRow, MessageIdentityRow, MessageRow
from centre.messages.writes import key_rows
from centre.people.owner_queries import holders_of
from centre.people.owners import indexes_of, message_keys, owned
from core.base import Model
from core.crypto import Keyring
from core.words import IdentityType
from db.session import Session
from db.sql import dialect_of, insert_into, keyring_of, table_of

OWNERS = "message-owners"


class Progress(Model):
    """How far the work has come: the newest are done first, down to this place."""

    at: datetime
    id: UUID
    done: int


class Sealed(NamedTuple):
    """A message as it is written."""

    id: UUID
    created_at: datetime
    message: str


class Old(NamedTuple):
    """A message by the indexes of its identities; none where it can't be read."""

    id: UUID
    created_at: datetime
    indexes: dict[IdentityType, str]


async def progress(session: Session) -> Progress | None:
    """Return how far the work has come; None where nothing is left."""
    row = await session.get(CatchUpRow, OWNERS)
    return None if row is None else Progress(at=row.at, id=row.id, done=row.done)


async def part_before(session: Session, place: Progress, most: int) -> list[Sealed]:
    """Return the next messages, the newest first."""
    table = table_of(MessageRow)
    at, key = table.c.created_at, table.c.id
    reached = tuple_(literal(place.at, at.type), literal(place.id, key.type))
    wanted = select(key, at, table.c.message).where(tuple_(at, key) < reached)
    wanted = wanted.order_by(at.desc(), key.desc()).limit(most)
    connection = await session.connection()
    return [Sealed(*row) for row in await connection.execute(wanted)]


def read(keyring: Keyring, sealed: Sequence[Sealed]) -> list[Old]:
    """Return the messages by their indexes; works long enough to need a thread."""
    return [Old(s.id, s.created_at, _indexes(keyring, s.message)) for s in sealed]


def _indexes(keyring: Keyring, message: str) -> dict[IdentityType, str]:
    recipient = recipient_in(keyring, message)
    return indexes_of(keyring, recipient.identities) if recipient else {}


async def settle(session: Session, place: Progress, part: Sequence[Old]) -> None:
    """Write whose these messages are, as the index is now, and how far that is.

    Doing a part again changes nothing.
    """
    every = [index for old in part for index in owned(old.indexes)]
    holders, keyring = await holders_of(session, every), keyring_of(session)
    gone, come = [], []
    for old in part:
        before = set(old.indexes.values())
        after = message_keys(keyring, old.indexes, holders)
        gone += key_rows(old.id, old.created_at, before - after)
        come += key_rows(old.id, old.created_at, after - before)
    connection, table = await session.connection(), table_of(MessageIdentityRow)
    new = insert_into(dialect_of(session), table).on_conflict_do_nothing()
    if come:
        await connection.execute(new, come)
    key = tuple_(table.c.index_hmac, table.c.created_at, table.c.message_id)
    for first in range(0, len(gone), _AT_ONCE):
        rows = [tuple(row[c.name] for c in table.c) for row in gone[first:][:_AT_ONCE]]
        await connection.execute(delete(table).where(key.in_(rows)))
    await _move(session, place, part)


_AT_ONCE = 200


async def _move(session: Session, place: Progress, part: Sequence[Old]) -> None:
    """Write down how far the work has come, unless another has meanwhile."""
    table = table_of(CatchUpRow)
    here = (table.c.name == OWNERS, table.c.at == place.at, table.c.id == place.id)
    connection = await session.connection()
    if not part:
        await connection.execute(delete(table).where(*here))
        return
    last, done = part[-1], place.done + len(part)
    moved = update(table).where(*here).values(at=last.created_at, id=last.id, done=done)
    await connection.execute(moved)
