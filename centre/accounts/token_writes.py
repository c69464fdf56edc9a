"""Writes access tokens that all processes share, and whose turn it is to refresh."""

import json
from datetime import timedelta

from centre.accounts.tables import ProviderTokenRow
from centre.accounts.token_queries import StoredToken, row_key, sealing_context
from db.leases import end_lease, take_lease
from db.session import Session
from db.sql import dialect_of, insert_into, keyring_of, table_of


async def put_token(session: Session, account: str, token: StoredToken) -> None:
    """Keep an account's token."""
    key = row_key(session, account)
    since = token.instead_at.isoformat() if token.instead_at else None
    text = json.dumps({"value": token.value, "instead_at": since})
    values = {
        "content": keyring_of(session).seal_text(text, sealing_context(key)),
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


def _lease(session: Session, account: str) -> str:
    return f"token:{row_key(session, account)}"
