"""Which providers the accounts kept here are of."""

from sqlmodel import select

from centre.providers.tables import ProviderAccountRow
from core.words import Channel
from db.session import Session


async def kept_providers(
    session: Session,
) -> tuple[tuple[Channel, str, bool], ...]:
    """Return channel, provider and switch of each account kept here, none opened."""
    row = ProviderAccountRow
    rows = await session.exec(select(row.channel, row.provider, row.enabled))
    return tuple((Channel(channel), name, on) for channel, name, on in rows)
