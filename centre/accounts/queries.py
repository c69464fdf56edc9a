"""Accounts at the providers, sealed: several a channel, each with a code."""

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from pydantic import Field
from sqlmodel import col, select

from centre.audit import audit
from centre.audit.audit import Actor
from centre.providers.tables import ProviderAccountRow
from core.base import Model
from core.errors import NotFound
from core.words import Channel
from db.columns import utc_now
from db.session import Session
from db.sql import keyring_of, lock

_FIRST = "default"


class AccountEntry(Model):
    """An account to keep; `values` are its provider's fields, secrets too."""

    channel: Channel
    code: str
    provider: str
    weight: int
    enabled: bool
    max_concurrent: int | None
    per_second: float | None
    values: dict[str, Any] = Field(repr=False)


class StoredAccount(AccountEntry):
    """An account as it is kept, and who set it."""

    set_by: str
    set_at: datetime


async def stored_accounts(
    session: Session, channel: Channel | None = None
) -> tuple[StoredAccount, ...]:
    """Return the accounts kept here, of all channels or of one, in order of codes."""
    wanted = select(ProviderAccountRow)
    if channel is not None:
        wanted = wanted.where(ProviderAccountRow.channel == channel.value)
    order = col(ProviderAccountRow.channel), col(ProviderAccountRow.code)
    rows = await session.exec(wanted.order_by(*order))
    return tuple(_account(session, row) for row in rows)


async def stored_account(
    session: Session, channel: Channel, code: str
) -> StoredAccount | None:
    """Return one account, if it is kept here."""
    row = await session.get(ProviderAccountRow, (channel.value, code))
    return None if row is None else _account(session, row)


def _account(session: Session, row: ProviderAccountRow) -> StoredAccount:
    sealed = _sealed(row.channel, row.code)
    content = keyring_of(session).unseal_text(row.content, sealed)
    beside = row.model_dump(exclude={"content"})
    return StoredAccount(**beside, values=json.loads(content))


async def put_account(
    session: Session, entry: AccountEntry, shown: Mapping[str, Any], actor: Actor
) -> StoredAccount:
    """Keep an account; the audit log keeps only what `shown` holds."""
    await lock(session, "provider-accounts")
    text = json.dumps(entry.values, ensure_ascii=False, sort_keys=True)
    sealed = _sealed(entry.channel, entry.code)
    content = keyring_of(session).seal_text(text, sealed)
    news = entry.model_dump(mode="json", exclude={"values"})
    news |= {"content": content, "set_by": actor.who, "set_at": utc_now()}
    row = await session.get(ProviderAccountRow, (entry.channel.value, entry.code))
    if row is None:
        row = ProviderAccountRow(**news)
    row.sqlmodel_update(news)
    session.add(row)
    await session.flush()
    target = _target(entry.channel, entry.code)
    await audit.write(session, actor, "set-account", target, None, shown)
    return _account(session, row)


async def drop_account(
    session: Session, channel: Channel, actor: Actor, code: str = _FIRST
) -> None:
    """Forget an account."""
    await lock(session, "provider-accounts")
    row = await session.get(ProviderAccountRow, (channel.value, code))
    if row is None:
        raise NotFound("No such account of this channel is kept here.")
    await session.delete(row)
    await session.flush()
    await audit.write(session, actor, "drop-account", _target(channel, code))


def _sealed(channel: str, code: str) -> str:
    """Bind a sealed account to its row: it opens in no other.

    The first of a channel keeps the name from when a channel had one only.
    """
    return f"provider_accounts.{channel}" + ("" if code == _FIRST else f".{code}")


def _target(channel: Channel, code: str) -> str:
    account = "account" if code == _FIRST else f"accounts/{code}"
    return f"channels/{channel}/{account}"
