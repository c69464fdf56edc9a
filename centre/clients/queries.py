"""Reads and writes client systems; the secret of a callback is sealed."""

import base64
import secrets
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import or_
from sqlmodel import col, select, update

from centre.clients.checks import Callback
from centre.clients.models import (
    Authenticated,
    Client,
    ClientChanges,
    ClientDraft,
    Sender,
)
from centre.clients.secret_queries import holder_of, row_if_live
from centre.clients.tables import ClientRow
from core.clock import utc_now
from core.errors import NotFound
from db.pages import Page, clamp, cut, decode_cursor, encode_cursor
from db.session import Session
from db.sql import keyring_of

_SEALED = "clients.callback_secret"


async def client(session: Session, code: str) -> Client:
    """Return a client; NotFound where there is none."""
    found = await find_client(session, code)
    if found is None:
        raise NotFound("There is no such client.")
    return found


async def find_client(session: Session, code: str) -> Client | None:
    """Return a client."""
    row = await session.get(ClientRow, code, populate_existing=True)
    return None if row is None else _client(row)


async def list_clients(
    session: Session, cursor: str | None = None, limit: int = 100
) -> Page[Client]:
    """Return clients in the order of their codes."""
    limit = clamp(limit)
    wanted = select(ClientRow).order_by(col(ClientRow.code)).limit(limit + 1)
    if cursor is not None:
        wanted = wanted.where(ClientRow.code > decode_cursor(cursor, 1)[0])
    rows, more = cut((await session.exec(wanted)).all(), limit)
    following = encode_cursor(rows[-1].code) if more else None
    return Page(items=tuple(map(_client, rows)), next=following)


async def add_client(session: Session, draft: ClientDraft, appkey: str) -> Client:
    """Write a new client, without a secret."""
    now = utc_now()
    row = ClientRow(
        **_columns(draft, set(ClientDraft.model_fields)),
        appkey=appkey,
        enabled=True,
        callback_secret=None,
        epoch=1,
        created_at=now,
        updated_at=now,
    )
    session.add(row)
    await session.flush()
    return _client(row)


async def change_client(session: Session, code: str, changes: ClientChanges) -> None:
    """Write the fields that a change names."""
    columns = _columns(changes, changes.model_fields_set)
    this_one = update(ClientRow).where(col(ClientRow.code) == code)
    await session.exec(this_one.values(**columns, updated_at=utc_now()))


async def end_tokens(session: Session, code: str) -> None:
    """Begin a new epoch of a client: its older tokens no longer hold."""
    this_one = update(ClientRow).where(col(ClientRow.code) == code)
    await session.exec(this_one.values(epoch=ClientRow.epoch + 1))


def _columns(values: ClientDraft | ClientChanges, names: set[str]) -> dict[str, Any]:
    """Return the columns of these fields of a draft."""
    columns = values.model_dump(mode="json", include=names - {"callback"})
    for name in {"scopes", "message_types"} & columns.keys():
        columns[name] = sorted(columns[name]) if columns[name] is not None else None
    if "callback" in names:
        callback = values.callback
        columns["callback_url"] = callback.url if callback else None
        columns["callback_allow"] = list(callback.allow) if callback else []
    return columns


async def renew_callback_secret(session: Session, code: str) -> str:
    """Give a client a Standard Webhooks secret: `whsec_` and 32 bytes' base64."""
    secret = f"whsec_{base64.b64encode(secrets.token_bytes(32)).decode()}"
    sealed = keyring_of(session).seal_text(secret, _SEALED)
    this_one = update(ClientRow).where(col(ClientRow.code) == code)
    await session.exec(this_one.values(callback_secret=sealed))
    return secret


async def has_callback_secret(session: Session, code: str) -> bool:
    """Tell whether a client was ever given a key for its callbacks."""
    wanted = select(ClientRow.callback_secret).where(ClientRow.code == code)
    return (await session.exec(wanted)).first() is not None


async def authenticate(
    session: Session, appkey: str, appsecret: str
) -> Authenticated | None:
    """Return the enabled client whose live secret this is."""
    found = await holder_of(session, appkey, appsecret)
    if found is None or not found[0].enabled:
        return None
    return Authenticated(**dict(_client(found[0])), secret_id=found[1])


async def holder_of_token(
    session: Session, code: str, epoch: int, secret_id: UUID | None
) -> Client | None:
    """Return whose token this is: an enabled client, its secret still at work."""
    row = (
        await row_if_live(session, code, secret_id)
        if secret_id
        else await session.get(ClientRow, code)
    )
    holds = row is not None and row.enabled and row.epoch == epoch
    return _client(row) if row is not None and holds else None


async def enabled_codes(session: Session) -> list[str]:
    """Return the codes of the clients that may send."""
    wanted = select(ClientRow.code).where(col(ClientRow.enabled).is_(True))
    return list((await session.exec(wanted.order_by(col(ClientRow.code)))).all())


async def all_codes(session: Session) -> list[str]:
    """Return the codes of the clients whose queues a worker serves.

    Disabled ones too: what they sent before was accepted, and has to end.
    """
    return list((await session.exec(select(ClientRow.code))).all())


async def callback_of(session: Session, code: str) -> tuple[Callback, str] | None:
    """Return a client's callback and the secret that signs it, if it has one."""
    row = await session.get(ClientRow, code)
    if row is None or not row.enabled:
        return None
    callback = _client(row).callback
    if callback is None or row.callback_secret is None:
        return None
    return callback, keyring_of(session).unseal_text(row.callback_secret, _SEALED)


async def note_use(
    session: Session, code: str, now: datetime, every: timedelta
) -> None:
    """Note that a client was here; a stamp younger than `every` stays."""
    last = col(ClientRow.last_used_at)
    stamp = update(ClientRow).where(
        col(ClientRow.code) == code, or_(last.is_(None), last <= now - every)
    )
    await session.exec(stamp.values(last_used_at=now))


async def senders_of(session: Session, type_code: str) -> tuple[Sender, ...]:
    """Return the enabled clients that may send a message type."""
    wanted = select(ClientRow).where(col(ClientRow.enabled).is_(True))
    rows = (await session.exec(wanted.order_by(col(ClientRow.code)))).all()
    return tuple(
        Sender(code=row.code, name=row.name)
        for row in rows
        if row.message_types is None or type_code in row.message_types
    )


def _client(row: ClientRow) -> Client:
    known = row.model_dump(include=set(Client.model_fields) - {"callback"})
    callback = None
    if row.callback_url is not None:
        callback = Callback(url=row.callback_url, allow=tuple(row.callback_allow))
    return Client.model_validate({**known, "callback": callback})
