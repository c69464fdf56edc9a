"""The appsecrets of clients: issued, rotated with an overlap, revoked, checked."""

import hashlib
import hmac
import secrets
from datetime import datetime, timedelta
from uuid import UUID

from pydantic import Field
from sqlalchemy import ColumnElement, and_, or_
from sqlmodel import col, select
from uuid_utils.compat import uuid7

from centre.audit import audit
from centre.audit.audit import Actor
from centre.clients.tables import ClientRow, ClientSecretRow
from core.base import Model
from core.errors import NotFound
from db.columns import utc_now
from db.session import Session

_NO_HASH = "0" * 64


class NewSecret(Model):
    """A further secret of a client; the older ones end at `old_expire_at`."""

    id: UUID
    appkey: str
    appsecret: str = Field(repr=False)
    old_expire_at: datetime


class SecretInfo(Model):
    """A secret of a client, without the secret."""

    id: UUID
    created_at: datetime
    expires_at: datetime | None = None
    revoked_at: datetime | None = None


async def issue(session: Session, code: str) -> tuple[UUID, str]:
    """Store a new secret of 256 random bits; returns its id and itself."""
    secret = secrets.token_urlsafe(32)
    row = ClientSecretRow(
        id=uuid7(),
        client_code=code,
        secret_hash=_hash(secret),
        created_at=utc_now(),
        expires_at=None,
        revoked_at=None,
    )
    session.add(row)
    await session.flush()
    return row.id, secret


def _hash(secret: str) -> str:
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()


async def rotate_secret(
    session: Session, code: str, actor: Actor, overlap: timedelta
) -> NewSecret:
    """Issue a further secret; older ones and their tokens work for the overlap."""
    client = await client_row(session, code)
    old_expire_at = utc_now() + overlap
    for row in await _live(session, code):
        if row.expires_at is None or row.expires_at > old_expire_at:
            row.expires_at = old_expire_at
            session.add(row)
    secret_id, secret = await issue(session, code)
    after = {"id": str(secret_id), "old_expire_at": old_expire_at.isoformat()}
    target = f"clients/{code}/secrets"
    await audit.write(session, actor, "rotate-secret", target, None, after)
    return NewSecret(
        id=secret_id,
        appkey=client.appkey,
        appsecret=secret,
        old_expire_at=old_expire_at,
    )


async def revoke_secret(
    session: Session, code: str, secret_id: UUID, actor: Actor
) -> None:
    """End a secret now, and every token of the client."""
    client = await client_row(session, code)
    row = await session.get(ClientSecretRow, secret_id)
    if row is None or row.client_code != code:
        raise NotFound("This client has no such secret.")
    if row.revoked_at is not None:
        return
    row.revoked_at = utc_now()
    client.epoch += 1
    session.add_all([row, client])
    await session.flush()
    target = f"clients/{code}/secrets/{secret_id}"
    await audit.write(session, actor, "revoke-secret", target)


async def secrets_of(session: Session, code: str) -> tuple[SecretInfo, ...]:
    """Return a client's secrets, the oldest first, without the secrets."""
    await client_row(session, code)
    mine = select(ClientSecretRow).where(ClientSecretRow.client_code == code)
    rows = await session.exec(mine.order_by(col(ClientSecretRow.created_at)))
    return tuple(
        SecretInfo.model_validate(
            row.model_dump(exclude={"client_code", "secret_hash"})
        )
        for row in rows
    )


async def holder_of(
    session: Session, appkey: str, appsecret: str
) -> tuple[ClientRow, UUID] | None:
    """Return whose live secret this is, and its id; equal work for unknown keys."""
    given = _hash(appsecret)
    wanted = select(ClientRow).where(ClientRow.appkey == appkey)
    client = (await session.exec(wanted)).first()
    live = await _live(session, client.code if client else "")
    known = [(row.secret_hash, row.id) for row in live] or [(_NO_HASH, UUID(int=0))]
    found = [id_ for digest, id_ in known if hmac.compare_digest(given, digest)]
    return (client, found[0]) if client and found else None


async def row_if_live(session: Session, code: str, secret_id: UUID) -> ClientRow | None:
    """Return a client's row while this secret of it works; one statement."""
    wanted = select(ClientRow).join(
        ClientSecretRow, col(ClientSecretRow.client_code) == col(ClientRow.code)
    )
    wanted = wanted.where(ClientRow.code == code, ClientSecretRow.id == secret_id)
    return (await session.exec(wanted.where(_works()))).first()


async def _live(session: Session, code: str) -> list[ClientSecretRow]:
    mine = select(ClientSecretRow).where(ClientSecretRow.client_code == code)
    return list((await session.exec(mine.where(_works()))).all())


def _works() -> ColumnElement[bool]:
    """Return what makes a secret one that works: neither revoked nor expired."""
    expires = col(ClientSecretRow.expires_at)
    unended = or_(expires.is_(None), expires > utc_now())
    return and_(col(ClientSecretRow.revoked_at).is_(None), unended)


async def client_row(session: Session, code: str) -> ClientRow:
    """Return the row of a client; NotFound where there is none."""
    row = await session.get(ClientRow, code)
    if row is None:
        raise NotFound("There is no such client.")
    return row
