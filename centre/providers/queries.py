"""Which providers the accounts kept here are of."""

from sqlmodel import select
from sqlmodel.ext.asyncio.session import AsyncSession

from centre.providers.tables import ProviderAccountRow
from core.words import Channel


async def kept_providers(
    session: AsyncSession,
) -> tuple[tuple[Channel, str, bool], ...]:
    """Return channel, provider and switch of each account kept here, none opened."""
    row = ProviderAccountRow
    rows = await session.exec(select(row.channel, row.provider, row.enabled))
    return tuple((Channel(channel), name, on) for channel, name, on in rows)
