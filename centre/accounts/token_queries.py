"""Access tokens that all processes share, sealed, and whose turn it is to refresh."""

import json
from dataclasses import dataclass
from datetime import datetime, timedelta

from centre.accounts.tables import ProviderTokenRow
from db.leases import end_lease, take_lease
from db.session import Session
from db.sql import dialect_of, insert_into, keyring_of, table_of


@dataclass(frozen=True, repr=False)
class StoredToken:
    """A token as it is kept; channels/kit/tokens.py says what its times mean."""

    value: str
    renew_at: datetime
    expires_at: datetime
    instead_at: datetime | None


async def get_token(session: Session, account: str) -> StoredToken | None:
    """Return an account's token, if one is kept."""
    key = _key(session, account)
    row = await session.get(ProviderTokenRow, key)
    if row is None:
        return None
    content = json.loads(keyring_of(session).unseal_text(row.content, _sealed(key)))
    since = content["instead_at"]
    return StoredToken(
        value=content["value"],
        renew_at=row.renew_at,
        expires_at=row.expires_at,
        instead_at=datetime.fromisoformat(since) if since else None,
    )


async def put_token(session: Session, account: str, token: StoredToken) -> None:
    """Keep an account's token."""
    key = _key(session, account)
    since = token.instead_at.isoformat() if token.instead_at else None
    text = json.dumps({"value": token.value, "instead_at": since})
    values = {
        "content": keyring_of(session).seal_text(text, _sealed(key)),
        "renew_at": token.renew_at,
        "expires_at": token.expires_at,
    }
    table = table_of(ProviderTokenRow)
    written = insert_into(dialect_of(session), table).values(account=key, **values)
    connection = await session.connection()
    await connection.execute(
        written.on_conflict_do_update(index_elements=["account"], set_=values)
    )


async def take_turn(
    session: Session, account: str, holder: str, time: timedelta
) -> bool:
    """Take the turn to refresh an account's token; False while another has it."""
    return await take_lease(session, _lease(session, account), holder, time)


async def end_turn(session: Session, account: str, holder: str) -> None:
    """Give the turn back."""
    await end_lease(session, _lease(session, account), holder)


def _key(session: Session, account: str) -> str:
    """Return the row of an account, which shows neither its id nor its keys."""
    return keyring_of(session).index("token", account)


def _lease(session: Session, account: str) -> str:
    return f"token:{_key(session, account)}"


def _sealed(key: str) -> str:
    """Bind a sealed token to its row."""
    return f"provider_tokens.{key}"
