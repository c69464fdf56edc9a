"""Writes accounts at the providers, sealed."""

import json

from centre.accounts.models import AccountEntry, StoredAccount
from centre.accounts.queries import account_of, sealing_context
from centre.providers.tables import ProviderAccountRow
from core.clock import utc_now
from core.words import Channel
from db.session import Session
from db.sql import keyring_of


async def put_account(
    session: Session, entry: AccountEntry, set_by: str
) -> StoredAccount:
    """Keep an account, a new one or in place of the one of its code."""
    text = json.dumps(entry.values, ensure_ascii=False, sort_keys=True)
    context = sealing_context(entry.channel, entry.code)
    content = keyring_of(session).seal_text(text, context)
    news = entry.model_dump(mode="json", exclude={"values"})
    news |= {"content": content, "set_by": set_by, "set_at": utc_now()}
    row = await session.get(ProviderAccountRow, (entry.channel.value, entry.code))
    if row is None:
        row = ProviderAccountRow(**news)
    row.sqlmodel_update(news)
    session.add(row)
    await session.flush()
    return account_of(session, row)


async def drop_account(session: Session, channel: Channel, code: str) -> bool:
    """Forget an account; False where none of this code is kept here."""
    row = await session.get(ProviderAccountRow, (channel.value, code))
    if row is None:
        return False
    await session.delete(row)
    await session.flush()
    return True
