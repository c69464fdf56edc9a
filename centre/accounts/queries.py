"""Accounts at the providers, sealed: several a channel, each with a code."""

import json

from sqlmodel import col, select

from centre.accounts.models import StoredAccount
from centre.providers.tables import ProviderAccountRow
from channels.provider import DEFAULT_CODE
from core.words import Channel
from db.session import Session
from db.sql import keyring_of


async def stored_accounts(
    session: Session, channel: Channel | None = None
) -> tuple[StoredAccount, ...]:
    """Return the accounts kept here, of all channels or of one, in order of codes."""
    wanted = select(ProviderAccountRow)
    if channel is not None:
        wanted = wanted.where(ProviderAccountRow.channel == channel.value)
    order = col(ProviderAccountRow.channel), col(ProviderAccountRow.code)
    rows = await session.exec(wanted.order_by(*order))
    return tuple(account_of(session, row) for row in rows)


async def stored_account(
    session: Session, channel: Channel, code: str
) -> StoredAccount | None:
    """Return one account, if it is kept here."""
    row = await session.get(ProviderAccountRow, (channel.value, code))
    return None if row is None else account_of(session, row)


def account_of(session: Session, row: ProviderAccountRow) -> StoredAccount:
    """Return what a row holds."""
    context = sealing_context(row.channel, row.code)
    content = keyring_of(session).unseal_text(row.content, context)
    beside = row.model_dump(exclude={"content"})
    return StoredAccount(**beside, values=json.loads(content))


def sealing_context(channel: str, code: str) -> str:
    """Return what binds a sealed account to its row: it opens in no other.

    The first of a channel keeps the name from when a channel had one only.
    """
    return f"provider_accounts.{channel}" + ("" if code == DEFAULT_CODE else f".{code}")
