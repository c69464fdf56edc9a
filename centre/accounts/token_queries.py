"""Access tokens that all processes share, sealed."""

import json
from dataclasses import dataclass
from datetime import datetime

from centre.accounts.tables import ProviderTokenRow
from db.session import Session
from db.sql import keyring_of


@dataclass(frozen=True, repr=False)
class StoredToken:
    """A token as it is kept; channels/kit/tokens.py says what its times mean."""

    value: str
    renew_at: datetime
    expires_at: datetime
    instead_at: datetime | None


async def get_token(session: Session, account: str) -> StoredToken | None:
    """Return an account's token, if one is kept."""
    key = row_key(session, account)
    row = await session.get(ProviderTokenRow, key)
    if row is None:
        return None
    content = json.loads(
        keyring_of(session).unseal_text(row.content, sealing_context(key))
    )
    since = content["instead_at"]
    return StoredToken(
        value=content["value"],
        renew_at=row.renew_at,
        expires_at=row.expires_at,
        instead_at=datetime.fromisoformat(since) if since else None,
    )


def row_key(session: Session, account: str) -> str:
    """Return the row of an account, which shows neither its id nor its keys."""
    return keyring_of(session).index("token", account)


def sealing_context(key: str) -> str:
    """Return what binds a sealed token to its row."""
    return f"provider_tokens.{key}"
