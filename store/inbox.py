"""The centre's own inbox: messages a person reads in the hospital's app."""

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from sqlalchemy import literal, tuple_
from sqlmodel import col, delete, select, update
from sqlmodel.ext.asyncio.session import AsyncSession

from core.models import Address, Model
from store.columns import UtcDateTime, utc_now
from store.page import Page, clamp, cut, decode_time_cursor, time_cursor
from store.sql import dialect_of, insert_into, keyring_of, table_of
from store.tables import InboxRow

_CONTENT = "inbox.content"


class InboxItem(Model):
    """One message in a person's inbox."""

    delivery_id: UUID
    message_id: UUID
    title: str
    body: str
    link: str | None = None
    created_at: datetime
    read_at: datetime | None = None


class _Content(Model):
    """What is sealed of an item."""

    title: str
    body: str
    link: str | None


async def deposit(
    session: AsyncSession,
    *,
    delivery_id: UUID,
    message_id: UUID,
    owner: Address,
    title: str,
    body: str,
    link: str | None = None,
) -> None:
    """Put a message into an inbox; a second time changes nothing."""
    content = _Content(title=title, body=body, link=link).model_dump_json()
    item = {
        "delivery_id": delivery_id,
        "message_id": message_id,
        "owner_index": keyring_of(session).index(owner.type, owner.value),
        "content": keyring_of(session).seal_text(content, _CONTENT),
        "created_at": utc_now(),
    }
    new = insert_into(dialect_of(session), table_of(InboxRow)).values(item)
    await session.exec(new.on_conflict_do_nothing())


async def list_inbox(
    session: AsyncSession,
    owners: Collection[Address],
    cursor: str | None = None,
    limit: int = 50,
) -> Page[InboxItem]:
    """Return what lies in the inboxes of one person's identities, newest first."""
    limit = clamp(limit)
    at, key = col(InboxRow.created_at), col(InboxRow.delivery_id)
    wanted = select(InboxRow).where(
        col(InboxRow.owner_index).in_(_indexes(session, owners))
    )
    if cursor is not None:
        moment, last = decode_time_cursor(cursor)
        place = tuple_(literal(moment, UtcDateTime), literal(last))
        wanted = wanted.where(tuple_(at, key) < place)
    wanted = wanted.order_by(at.desc(), key.desc()).limit(limit + 1)
    rows, more = cut((await session.exec(wanted)).all(), limit)
    last_one = time_cursor(rows[-1].created_at, rows[-1].delivery_id) if more else None
    return Page(items=tuple(_item(session, row) for row in rows), next=last_one)


def _indexes(session: AsyncSession, owners: Collection[Address]) -> list[str]:
    keyring = keyring_of(session)
    return [keyring.index(owner.type, owner.value) for owner in owners]


def _item(session: AsyncSession, row: InboxRow) -> InboxItem:
    plain = keyring_of(session).unseal_text(row.content, _CONTENT)
    return InboxItem(
        delivery_id=row.delivery_id,
        message_id=row.message_id,
        created_at=row.created_at,
        read_at=row.read_at,
        **dict(_Content.model_validate_json(plain)),
    )


async def withdraw(session: AsyncSession, delivery_id: UUID) -> bool:
    """Take an item out of its inbox; False where it lies in none."""
    gone = delete(InboxRow).where(col(InboxRow.delivery_id) == delivery_id)
    return (await session.exec(gone)).rowcount == 1


async def mark_read(
    session: AsyncSession, owners: Collection[Address], delivery_id: UUID
) -> bool:
    """Note that the person has read an item; False unless it is unread and theirs."""
    mine = update(InboxRow).where(
        col(InboxRow.delivery_id) == delivery_id,
        col(InboxRow.owner_index).in_(_indexes(session, owners)),
        col(InboxRow.read_at).is_(None),
    )
    done = await session.exec(mine.values(read_at=utc_now()))
    return done.rowcount == 1
