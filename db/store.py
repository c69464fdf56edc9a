"""Rows and how to reach them; the only package that knows SQL.

`async with store.sessions.begin() as session:` is one transaction. Query
functions take the session and never commit.
"""

from dataclasses import dataclass

from sqlalchemy.ext.asyncio import AsyncEngine, async_sessionmaker

from core.crypto import Keyring
from db.engine import autocommit_engine, make_engine
from db.session import Session


@dataclass(frozen=True)
class Store:
    """The engine and the makers of its sessions.

    Of `autocommit`'s, each statement is a transaction by itself: for reads, and for
    writes of one statement.
    """

    engine: AsyncEngine
    sessions: async_sessionmaker[Session]
    autocommit: async_sessionmaker[Session]

    async def close(self) -> None:
        """Close every connection."""
        await self.engine.dispose()


def open_store(url: str, keyring: Keyring) -> Store:
    """Return the store at a SQLAlchemy address; it connects when first used."""
    engine = make_engine(url)
    return Store(
        engine=engine,
        sessions=_sessions(engine, keyring),
        autocommit=_sessions(autocommit_engine(engine), keyring),
    )


def _sessions(engine: AsyncEngine, keyring: Keyring) -> async_sessionmaker[Session]:
    return async_sessionmaker(
        engine,
        class_=Session,
        expire_on_commit=False,
        info={"keyring": keyring},
    )
