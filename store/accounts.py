"""Accounts at the providers, sealed whole; the newest one of a channel holds."""

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from pydantic import Field
from sqlmodel import select
from sqlmodel.ext.asyncio.session import AsyncSession

from core.errors import NotFound
from core.models import Model
from core.words import Channel
from store import audit
from store.audit import Actor
from store.columns import utc_now
from store.sql import keyring_of, lock
from store.tables import ProviderAccountRow


class StoredAccount(Model):
    """One channel's account with its secrets, and who set it."""

    channel: Channel
    values: dict[str, Any] = Field(repr=False)
    set_by: str
    set_at: datetime


async def stored_accounts(session: AsyncSession) -> dict[Channel, StoredAccount]:
    """Return the account of each channel that has one here."""
    rows = await session.exec(select(ProviderAccountRow))
    return {Channel(row.channel): _account(session, row) for row in rows}


def _account(session: AsyncSession, row: ProviderAccountRow) -> StoredAccount:
    content = keyring_of(session).unseal_text(row.content, _sealed(row.channel))
    return StoredAccount(
        channel=Channel(row.channel),
        values=json.loads(content),
        set_by=row.set_by,
        set_at=row.set_at,
    )


async def put_account(
    session: AsyncSession,
    channel: Channel,
    values: Mapping[str, Any],
    shown: Mapping[str, Any],
    actor: Actor,
) -> StoredAccount:
    """Set a channel's account; the audit log keeps only what `shown` holds."""
    await lock(session, "provider-accounts")
    row = await session.get(ProviderAccountRow, str(channel))
    if row is None:
        row = ProviderAccountRow(
            channel=str(channel), content="", set_by="", set_at=utc_now()
        )
    text = json.dumps(values, ensure_ascii=False, sort_keys=True)
    row.content = keyring_of(session).seal_text(text, _sealed(str(channel)))
    row.set_by, row.set_at = actor.who, utc_now()
    session.add(row)
    await session.flush()
    await audit.write(session, actor, "set-account", _target(channel), None, shown)
    return _account(session, row)


async def drop_account(session: AsyncSession, channel: Channel, actor: Actor) -> None:
    """Forget a channel's account."""
    await lock(session, "provider-accounts")
    row = await session.get(ProviderAccountRow, str(channel))
    if row is None:
        raise NotFound("No account of this channel is kept here.")
    await session.delete(row)
    await session.flush()
    await audit.write(session, actor, "drop-account", _target(channel))


def _sealed(channel: str) -> str:
    """Bind a sealed account to its channel: it opens in no other row."""
    return f"provider_accounts.{channel}"


def _target(channel: Channel) -> str:
    return f"channels/{channel}/account"
