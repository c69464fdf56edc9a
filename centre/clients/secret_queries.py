"""Reads and writes the appsecrets of clients; the store has only their hashes."""

import hashlib
import hmac
import secrets
from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, and_, or_, update
from sqlmodel import col, select
from uuid_utils.compat import uuid7

from centre.clients.models import SecretInfo
from centre.clients.tables import ClientRow, ClientSecretRow
from core.clock import utc_now
from db.session import Session

_NO_HASH = "0" * 64


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


async def end_by(session: Session, code: str, moment: datetime) -> None:
    """Let a client's live secrets end at this moment, unless they end before."""
    expires = col(ClientSecretRow.expires_at)
    later = or_(expires.is_(None), expires > moment)
    mine = col(ClientSecretRow.client_code) == code
    ending = update(ClientSecretRow).where(mine, _works(), later)
    await session.exec(ending.values(expires_at=moment))


async def find_secret(
    session: Session, code: str, secret_id: UUID
) -> SecretInfo | None:
    """Return a secret of this client."""
    row = await session.get(ClientSecretRow, secret_id)
    return _info(row) if row is not None and row.client_code == code else None


async def revoke(session: Session, secret_id: UUID) -> None:
    """End a secret now."""
    this_one = update(ClientSecretRow).where(col(ClientSecretRow.id) == secret_id)
    await session.exec(this_one.values(revoked_at=utc_now()))


async def secrets_of(session: Session, code: str) -> tuple[SecretInfo, ...]:
    """Return a client's secrets, the oldest first, without the secrets."""
    mine = select(ClientSecretRow).where(ClientSecretRow.client_code == code)
    rows = await session.exec(mine.order_by(col(ClientSecretRow.created_at)))
    return tuple(map(_info, rows))


def _info(row: ClientSecretRow) -> SecretInfo:
    shown = row.model_dump(exclude={"client_code", "secret_hash"})
    return SecretInfo.model_validate(shown)


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
