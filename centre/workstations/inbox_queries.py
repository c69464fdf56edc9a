"""The centre's own inbox: messages a person reads in the hospital's app.

What was taken back, has expired or is older than `KEPT` lies in no inbox.
"""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, and_, func, literal, or_, tuple_
from sqlalchemy import select as core_select
from sqlmodel import col, delete, select, update

from centre.messages.tables import MessageIdentityRow, MessageRow
from centre.workstations.contracts import InboxItem
from centre.workstations.tables import InboxRow, RemovalRow
from core.base import Model
from core.clock import utc_now
from core.models import Address
from db.columns import UtcDateTime
from db.pages import Page, clamp, cut, decode_time_cursor, time_cursor
from db.session import Session
from db.sql import dialect_of, insert_into, keyring_of, table_of

KEPT = timedelta(days=180)
_CONTENT = "inbox.content"


class _Content(Model):
    """What is sealed of an item."""

    title: str
    body: str
    link: str | None


async def deposit(
    session: Session,
    *,
    delivery_id: UUID,
    message_id: UUID,
    owner: Address,
    title: str,
    body: str,
    link: str | None = None,
    expires_at: datetime | None = None,
) -> None:
    """Put a message into an inbox; a second time changes nothing."""
    content = _Content(title=title, body=body, link=link).model_dump_json()
    item = {
        "delivery_id": delivery_id,
        "message_id": message_id,
        "owner_index": keyring_of(session).index(owner.type, owner.value),
        "content": keyring_of(session).seal_text(content, _CONTENT),
        "created_at": utc_now(),
        "expires_at": expires_at,
    }
    new = insert_into(dialect_of(session), table_of(InboxRow)).values(item)
    await session.exec(new.on_conflict_do_nothing())


async def list_inbox(
    session: Session,
    owners: Collection[Address],
    cursor: str | None = None,
    limit: int = 50,
) -> Page[InboxItem]:
    """Return what lies in the inboxes of one person's identities, newest first."""
    limit = clamp(limit)
    at, key = col(InboxRow.created_at), col(InboxRow.delivery_id)
    wanted = _items().where(_theirs(session, owners))
    if cursor is not None:
        moment, last = decode_time_cursor(cursor)
        place = tuple_(literal(moment, UtcDateTime), literal(last))
        wanted = wanted.where(tuple_(at, key) < place)
    wanted = wanted.order_by(at.desc(), key.desc()).limit(limit + 1)
    rows, more = cut((await session.exec(wanted)).all(), limit)
    items = tuple(_item(session, row, kind) for row, kind in rows)
    following = None
    if more:
        following = time_cursor(items[-1].created_at, items[-1].delivery_id)
    return Page(items=items, next=following)


async def count_unread(session: Session, owners: Collection[Address]) -> int:
    """Return how much of that has not been read."""
    unread = core_select(func.count()).where(
        _theirs(session, owners), _lies(), col(InboxRow.read_at).is_(None)
    )
    return (await (await session.connection()).execute(unread)).scalar_one()


async def find_item(session: Session, delivery_id: UUID) -> InboxItem | None:
    """Return one item, None where it lies in nobody's inbox (any more)."""
    wanted = _items().where(col(InboxRow.delivery_id) == delivery_id)
    found = (await session.exec(wanted)).first()
    return found and _item(session, *found)


def _items() -> Any:
    """Select what lies in inboxes, with the type of each message."""
    of = col(MessageRow.id) == col(InboxRow.message_id)
    rows = select(InboxRow, MessageRow.type).join(MessageRow, of, isouter=True)
    return rows.where(_lies())


def _lies() -> ColumnElement[bool]:
    """Tell whether an item is still there to be read."""
    now, expires = utc_now(), col(InboxRow.expires_at)
    taken = core_select(col(RemovalRow.message_id)).where(
        col(RemovalRow.message_id) == col(InboxRow.message_id)
    )
    return and_(
        col(InboxRow.created_at) > now - KEPT,
        or_(expires.is_(None), expires > now),
        ~taken.exists(),
    )


def _theirs(session: Session, owners: Collection[Address]) -> ColumnElement[bool]:
    """Tell whether an item is of a message to one of these identities.

    By the message's own keys (centre/people/owners.py): it stays with whom it was for
    when an identity moves on. Without a message there are none: the item's owner
    counts.
    """
    keyring = keyring_of(session)
    indexes = [keyring.index(owner.type, owner.value) for owner in owners]
    keys = core_select(col(MessageIdentityRow.message_id))
    named = keys.where(col(MessageIdentityRow.index_hmac).in_(indexes))
    known = keys.where(col(MessageIdentityRow.message_id) == col(InboxRow.message_id))
    owned = col(InboxRow.owner_index).in_(indexes) & ~known.exists()
    return or_(col(InboxRow.message_id).in_(named), owned)


def _item(session: Session, row: InboxRow, kind: str | None) -> InboxItem:
    plain = keyring_of(session).unseal_text(row.content, _CONTENT)
    return InboxItem(
        delivery_id=row.delivery_id,
        message_id=row.message_id,
        type=kind or "",
        created_at=row.created_at,
        read_at=row.read_at,
        told=row.told_at is not None,
        **dict(_Content.model_validate_json(plain)),
    )


async def withdraw(session: Session, delivery_id: UUID) -> bool:
    """Take an item out of its inbox; False where it lies in none."""
    gone = delete(InboxRow).where(col(InboxRow.delivery_id) == delivery_id)
    return (await session.exec(gone)).rowcount == 1


async def withdraw_all(session: Session, message_id: UUID) -> None:
    """Take all items of a message out of the inboxes."""
    mine = col(InboxRow.message_id) == message_id
    await session.exec(delete(InboxRow).where(mine))


async def mark_read(
    session: Session, owners: Collection[Address] | None, delivery_id: UUID
) -> bool:
    """Note that an item was read; False unless it is unread and theirs.

    No owners stand for whoever it is.
    """
    mine = update(InboxRow).where(
        col(InboxRow.delivery_id) == delivery_id, col(InboxRow.read_at).is_(None)
    )
    if owners is not None:
        mine = mine.where(_theirs(session, owners))
    done = await session.exec(mine.values(read_at=utc_now()))
    return done.rowcount == 1


async def note_told(session: Session, delivery_ids: Sequence[UUID]) -> None:
    """Note that messages know that these deliveries are read."""
    told = update(InboxRow).where(col(InboxRow.delivery_id).in_(delivery_ids))
    await session.exec(told.values(told_at=utc_now()))


async def purge(session: Session, now: datetime) -> None:
    """Forget what is older than `KEPT`, and what has expired."""
    old = col(InboxRow.created_at) <= now - KEPT
    over = col(InboxRow.expires_at) <= now
    await session.exec(delete(InboxRow).where(or_(old, over)))
