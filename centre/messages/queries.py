"""The projection of accepted messages: how each stands, found by many ways."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import cache
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    Select,
    Subquery,
    bindparam,
    func,
    literal,
    tuple_,
    union,
)
from sqlalchemy import select as core_select

from centre.messages.contracts import AddressedMessage, MessageFilter, StoredMessage
from centre.messages.recipients import recipient_in
from centre.messages.tables import MessageIdentityRow, MessageRow
from centre.messages.writes import ACKNOWLEDGEMENT, MESSAGE
from centre.people.owner_queries import trail_of, trail_of_person
from centre.people.owners import Trail
from core.base import evolve
from core.crypto import Keyring
from core.models import Acknowledgement, Message, MessageStatus
from core.words import Status
from db.pages import Page, clamp, cut, decode_time_cursor, time_cursor
from db.session import Session
from db.sql import keyring_of, table_of


async def find(session: Session, message_id: UUID) -> StoredMessage | None:
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
    return evolve(doc, acknowledgement=acknowledgement)


async def list_messages(
    session: Session,
    wanted: MessageFilter,
    cursor: str | None = None,
    limit: int = 50,
) -> Page[MessageStatus]:
    """Return messages, the newest first; no count, so that any page is quick."""
    rows, following = await _page(session, wanted, cursor, limit)
    keyring = keyring_of(session)
    return Page(items=tuple(_status(keyring, row) for row in rows), next=following)


async def list_addressed(
    session: Session,
    wanted: MessageFilter,
    cursor: str | None = None,
    limit: int = 50,
) -> Page[AddressedMessage]:
    """Return the same with whom each message is for."""
    more = (table_of(MessageRow).c.message,)
    rows, following = await _page(session, wanted, cursor, limit, more=more)
    keyring = keyring_of(session)
    items = (
        AddressedMessage(
            status=_status(keyring, row),
            recipient=recipient_in(keyring, row["message"]),
        )
        for row in rows
    )
    return Page(items=tuple(items), next=following)


async def _page(
    session: Session,
    wanted: MessageFilter,
    cursor: str | None,
    limit: int,
    *,
    failed_by: datetime | None = None,
    more: tuple[ColumnElement[Any], ...] = (),
) -> tuple[tuple[dict[str, Any], ...], str | None]:
    limit, table = clamp(limit), table_of(MessageRow)
    shown = (table.c.doc, table.c.acknowledgement, table.c.created_at, table.c.id)
    found_by = await trail(session, wanted)
    place = None if cursor is None else decode_time_cursor(cursor)
    asked = _Asked(wanted, place, limit + 1, failed_by)
    statement = _listing((*shown, *more), asked, found_by)
    connection = await session.connection()
    rows = [row._asdict() for row in await connection.execute(statement)]
    page, follows = cut(rows, limit)
    last = time_cursor(page[-1]["created_at"], page[-1]["id"]) if follows else None
    return page, last


async def trail(session: Session, wanted: MessageFilter) -> Trail | None:
    """Return by what somebody's messages are found; None: nobody's in particular."""
    if wanted.recipient is not None:
        return await trail_of(session, wanted.recipient)
    if wanted.person is not None:
        return await trail_of_person(session, wanted.person)
    return None


class _Asked(NamedTuple):
    """A part of a list: what fits, after which place, how many at most."""

    wanted: MessageFilter
    place: tuple[datetime, UUID] | None
    most: int
    failed_by: datetime | None


def _listing(
    columns: tuple[ColumnElement[Any], ...], asked: _Asked, trail: Trail | None
) -> Select[*tuple[Any, ...]]:
    table = table_of(MessageRow)
    if trail is None:
        at = table.c.created_at
        if asked.wanted.unacknowledged:
            at = table.c.unacknowledged_since
        return _part(core_select(*columns), asked, at, table.c.id)
    found = _found(asked, trail.keys)
    joined = core_select(*columns).join(found, found.c.message_id == table.c.id)
    newest = joined.order_by(found.c.created_at.desc(), found.c.message_id.desc())
    return newest.limit(asked.most)


def _found(asked: _Asked, keys: Sequence[str]) -> Subquery:
    """Return what fits of each key: every part reads its index in order, and ends."""
    table, by = table_of(MessageRow), table_of(MessageIdentityRow)
    at, key = by.c.created_at, by.c.message_id
    every = core_select(at, key).join(table, key == table.c.id)
    parts = [
        _part(every.where(by.c.index_hmac == one), asked, at, key).subquery()
        for one in keys or ("",)
    ]
    whole = union(*map(core_select, parts)).subquery()
    newest = core_select(whole).order_by(whole.c[0].desc(), whole.c[1].desc())
    return newest.limit(asked.most).subquery()


def _part(
    statement: Select[*tuple[Any, ...]],
    asked: _Asked,
    at: ColumnElement[Any],
    key: ColumnElement[Any],
) -> Select[*tuple[Any, ...]]:
    """Narrow a statement to what is asked for, the newest first."""
    table, wanted = table_of(MessageRow), asked.wanted
    for name in ("client", "status", "type", "reference"):
        if (value := getattr(wanted, name)) is not None:
            statement = statement.where(table.c[name] == str(value))
    if wanted.batch is not None:
        statement = statement.where(table.c.batch == wanted.batch)
    if wanted.unacknowledged:
        statement = statement.where(table.c.unacknowledged_since.is_not(None))
    if wanted.since is not None:
        statement = statement.where(at >= wanted.since)
    if wanted.until is not None:
        statement = statement.where(at < wanted.until)
    if asked.failed_by is not None:
        statement = statement.where(table.c.updated_at <= asked.failed_by)
    if asked.place is not None:
        moment, last = asked.place
        place = tuple_(literal(moment, at.type), literal(last, key.type))
        statement = statement.where(tuple_(at, key) < place)
    return statement.order_by(at.desc(), key.desc()).limit(asked.most)


async def list_failed(
    session: Session,
    wanted: MessageFilter,
    now: datetime,
    cursor: str | None = None,
    limit: int = 50,
) -> Page[MessageStatus]:
    """Return what has failed by `now` and waits for a resend, the newest first.

    One `now` for all pages: a message that a resend has failed again is not
    listed twice.
    """
    failed = evolve(wanted, status=Status.FAILED)
    rows, following = await _page(session, failed, cursor, limit, failed_by=now)
    keyring = keyring_of(session)
    return Page(items=tuple(_status(keyring, row) for row in rows), next=following)


async def count_failed(
    session: Session, wanted: MessageFilter, now: datetime, most: int = 10_000
) -> tuple[int, bool]:
    """Count what `list_failed` lists, up to `most`; tell whether there is more."""
    failed = evolve(wanted, status=Status.FAILED)
    asked = _Asked(failed, None, most + 1, now)
    found_by = await trail(session, failed)
    some = _listing((table_of(MessageRow).c.id,), asked, found_by)
    counted = core_select(func.count()).select_from(some.subquery())
    connection = await session.connection()
    count = (await connection.execute(counted)).scalar_one()
    return min(count, most), count > most
