"""Rows and how to reach them; the only package that knows SQL.

`async with store.sessions.begin() as session:` is one transaction. Query
functions take the session and never commit.
"""

from dataclasses import dataclass

from sqlalchemy.ext.asyncio import AsyncEngine, async_sessionmaker
from sqlmodel.ext.asyncio.session import AsyncSession

from core.crypto import Keyring
from store.engine import make_engine


@dataclass(frozen=True)
class Store:
    """The engine and the maker of its sessions."""

    engine: AsyncEngine
    sessions: async_sessionmaker[AsyncSession]

    async def close(self) -> None:
        """Close every connection."""
        await self.engine.dispose()


def open_store(url: str, keyring: Keyring) -> Store:
    """Return the store at a SQLAlchemy address; it connects when first used."""
    engine = make_engine(url)
    sessions = async_sessionmaker(
        engine,
        class_=AsyncSession,
        expire_on_commit=False,
        info={"keyring": keyring},
    )
    return Store(engine=engine, sessions=sessions)
