"""Client systems: who may send what, with which secret, from where."""

import base64
import secrets
from datetime import datetime
from typing import Any
from uuid import UUID

from pydantic import Field
from sqlmodel import col, select

from centre.audit import audit
from centre.audit.audit import Actor
from centre.audit.names import refuse_code
from centre.clients.checks import Callback, check
from centre.clients.secrets import client_row, holder_of, issue, row_if_live
from centre.clients.tables import ClientRow
from core.base import Model
from core.errors import Conflict
from core.fields import Code
from core.text.plain_text import PlainText
from core.words import USUAL_SCOPES, Scope
from db.columns import utc_now
from db.pages import Page, clamp, cut, decode_cursor, encode_cursor
from db.session import Session
from db.sql import keyring_of, lock

_SEALED = "clients.callback_secret"


class Client(Model):
    """A client system. Tokens of an older `epoch` are revoked."""

    code: str
    appkey: str
    name: str
    enabled: bool = True
    scopes: frozenset[Scope]
    message_types: frozenset[str] | None = None
    cidrs: tuple[str, ...] = ()
    rate_per_minute: int | None = None
    callback: Callback | None = None
    created_at: datetime
    last_used_at: datetime | None = None
    epoch: int = 1


class ClientDraft(Model):
    """A client system to create; `message_types` None allows every type."""

    code: Code
    name: PlainText = Field(min_length=1, max_length=128)
    scopes: frozenset[Scope] = USUAL_SCOPES
    message_types: frozenset[Code] | None = Field(default=None, max_length=500)
    cidrs: tuple[str, ...] = Field(default=(), max_length=64)
    rate_per_minute: int | None = Field(default=None, ge=1, le=1_000_000)
    callback: Callback | None = None


class ClientChanges(Model):
    """What to change of a client; fields left out stay."""

    name: PlainText = Field(default="", min_length=1, max_length=128)
    enabled: bool = True
    scopes: frozenset[Scope] = frozenset()
    message_types: frozenset[Code] | None = Field(default=None, max_length=500)
    cidrs: tuple[str, ...] = Field(default=(), max_length=64)
    rate_per_minute: int | None = Field(default=None, ge=1, le=1_000_000)
    callback: Callback | None = None


class Authenticated(Client):
    """A client that has shown its secret: this one."""

    secret_id: UUID


class NewClient(Model):
    """A client just created, with the secrets that are shown this once."""

    client: Client
    appkey: str
    appsecret: str = Field(repr=False)
    callback_secret: str | None = Field(default=None, repr=False)


async def create_client(
    session: Session, draft: ClientDraft, actor: Actor
) -> NewClient:
    """Create a client with its first secret; Conflict if the code is taken."""
    check(draft.cidrs, draft.callback)
    await lock(session, "clients")
    if await session.get(ClientRow, draft.code) is not None:
        raise Conflict("There is already a client of this code.")
    await refuse_code(session, draft.code, actor)
    now = utc_now()
    row = ClientRow(
        **_columns(draft, set(ClientDraft.model_fields)),
        appkey=f"ak_{secrets.token_hex(12)}",
        enabled=True,
        callback_secret=None,
        epoch=1,
        created_at=now,
        updated_at=now,
    )
    callback_secret = _new_callback_secret(session, row) if draft.callback else None
    session.add(row)
    await session.flush()
    _, appsecret = await issue(session, draft.code)
    client = _client(row)
    await audit.write(session, actor, "create", _target(row.code), None, _shown(client))
    return NewClient(
        client=client,
        appkey=row.appkey,
        appsecret=appsecret,
        callback_secret=callback_secret,
    )


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


def _new_callback_secret(session: Session, row: ClientRow) -> str:
    """Give a client a Standard Webhooks secret: `whsec_` and 32 bytes' base64."""
    secret = f"whsec_{base64.b64encode(secrets.token_bytes(32)).decode()}"
    row.callback_secret = keyring_of(session).seal_text(secret, _SEALED)
    return secret


async def find_client(session: Session, code: str) -> Client | None:
    """Return a client."""
    row = await session.get(ClientRow, code)
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


async def update_client(
    session: Session, code: str, changes: ClientChanges, actor: Actor
) -> Client:
    """Change a client; disabling it or changing its scopes ends its tokens."""
    given = changes.model_fields_set
    check(changes.cidrs, changes.callback)
    row = await client_row(session, code)
    before = _client(row)
    row.sqlmodel_update({**_columns(changes, given), "updated_at": utc_now()})
    after = _client(row)
    if after.callback and row.callback_secret is None:
        _new_callback_secret(session, row)
    if before.scopes != after.scopes or (before.enabled and not after.enabled):
        row.epoch += 1
    session.add(row)
    await session.flush()
    shown = _shown(before), _shown(_client(row))
    await audit.write(session, actor, "update", _target(code), *shown)
    return _client(row)


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


async def rotate_callback_secret(session: Session, code: str, actor: Actor) -> str:
    """Give a client a new signing secret, shown this once."""
    row = await client_row(session, code)
    secret = _new_callback_secret(session, row)
    session.add(row)
    await session.flush()
    await audit.write(session, actor, "rotate-callback-secret", _target(code))
    return secret


def _client(row: ClientRow) -> Client:
    known = row.model_dump(include=set(Client.model_fields) - {"callback"})
    callback = None
    if row.callback_url is not None:
        callback = Callback(url=row.callback_url, allow=tuple(row.callback_allow))
    return Client.model_validate({**known, "callback": callback})


def _shown(client: Client) -> dict[str, object]:
    """Return what the audit log keeps of a client: not its appkey, nor its use."""
    shown = client.model_dump(mode="json", exclude={"appkey", "last_used_at"})
    for name in ("scopes", "message_types"):
        shown[name] = sorted(shown[name]) if shown[name] is not None else None
    return shown


def _target(code: str) -> str:
    return f"clients/{code}"
