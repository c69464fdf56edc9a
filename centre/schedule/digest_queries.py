"""Messages that a cap held back, and the one that tells of them.

Whichever of a group may go out first becomes the carrier of all that still wait: so
none has to be kept alive for the others. A carrier that was cancelled or has expired
carries nobody; what it had taken is free again.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import ColumnElement, and_, func, or_, update
from sqlalchemy import select as core_select
from sqlmodel import col, delete

from centre.messages.tables import MessageRow
from centre.schedule.tables import DigestMemberRow
from core.models import Message
from core.words import Status
from db.session import Session
from db.sql import dialect_of, insert_into, keyring_of, lock, table_of

# A cap holds for a month at most, and a failed carrier may be sent again later.
_KEPT = timedelta(days=90)
_GIVEN_UP = (Status.CANCELLED, Status.EXPIRED)
_WAITING = (Status.ACCEPTED, Status.SCHEDULED)


class Place(NamedTuple):
    """Which message tells of another, how that stands, and since when it does."""

    carrier: UUID
    status: Status
    since: datetime


async def hold_group(session: Session, message: Message) -> str:
    """Return the key of a message's group, which is ours until the transaction ends.

    One group: the same client, type, channels and identities.
    """
    named = sorted(f"{k}={v}" for k, v in message.recipient.identities.items())
    parts = [message.client, message.type, *sorted(message.plan.channels), *named]
    key = keyring_of(session).index("digest", "\0".join(parts))
    await lock(session, f"digest:{key}")
    return key


async def place(session: Session, message_id: UUID) -> Place | None:
    """Return which other message tells of this one; None: none does."""
    members, messages = table_of(DigestMemberRow), table_of(MessageRow)
    wanted = core_select(members.c.carrier, messages.c.status, members.c.at).where(
        members.c.message_id == message_id,
        members.c.carrier != message_id,
        members.c.carrier == messages.c.id,
        messages.c.status.not_in(_GIVEN_UP),
    )
    row = (await (await session.connection()).execute(wanted)).first()
    return row and Place(row.carrier, Status(row.status), row.at)


async def join(session: Session, key: str, message_id: UUID, now: datetime) -> None:
    """Wait with the others of a group."""
    new = insert_into(dialect_of(session), table_of(DigestMemberRow)).values(
        message_id=message_id, key=key, carrier=None, at=now
    )
    free = {"carrier": None, "at": now}
    connection = await session.connection()
    await connection.execute(
        new.on_conflict_do_update(index_elements=["message_id"], set_=free)
    )


async def seal(session: Session, key: str, message_id: UUID, now: datetime) -> None:
    """Take all of a group that still wait; who comes later waits for another."""
    members = table_of(DigestMemberRow)
    own = members.c.message_id == message_id
    taken = update(members).where(
        members.c.key == key, or_(own, and_(_free(), _waits()))
    )
    connection = await session.connection()
    await connection.execute(taken.values(carrier=message_id, at=now))


def _free() -> ColumnElement[bool]:
    """Tell whether nobody carries a member, or one that gave up."""
    carrier = table_of(DigestMemberRow).c.carrier
    return or_(carrier.is_(None), _stands(carrier, _GIVEN_UP))


def _waits() -> ColumnElement[bool]:
    """Tell whether a member has not ended by itself; a new one may have no row yet."""
    ended = [status for status in Status if status not in _WAITING]
    return ~_stands(table_of(DigestMemberRow).c.message_id, ended)


def _stands(
    message_id: ColumnElement[Any], statuses: Sequence[Status]
) -> ColumnElement[bool]:
    messages = table_of(MessageRow)
    standing = core_select(messages.c.id).where(
        messages.c.id == message_id, messages.c.status.in_(statuses)
    )
    return standing.correlate(table_of(DigestMemberRow)).exists()


async def count(session: Session, message_id: UUID) -> int:
    """Return of how many messages one tells, itself included."""
    members = table_of(DigestMemberRow)
    others = core_select(func.count()).where(
        members.c.carrier == message_id, members.c.message_id != message_id
    )
    return 1 + (await (await session.connection()).execute(others)).scalar_one()


async def purge(session: Session, now: datetime) -> None:
    """Forget the groups of long ago."""
    await session.exec(
        delete(DigestMemberRow).where(col(DigestMemberRow.at) < now - _KEPT)
    )
