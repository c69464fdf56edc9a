"""A use case as a part of the transaction that a test has open."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, cast

from centre.context import Context
from core.settings import Settings
from db.session import Session
from db.sql import keyring_of
from db.store import Store
from tests.support.workflows.flows import FakeFlows


class _SameSession:
    """Gives out one session, and leaves its end to whoever opened it."""

    def __init__(self, session: Session) -> None:
        self._session = session

    @asynccontextmanager
    async def begin(self) -> AsyncIterator[Session]:
        yield self._session

    def __call__(self) -> Any:
        return self.begin()


def within(session: Session) -> Context:
    """Return a context all whose transactions are this one."""
    sessions = cast(Any, _SameSession(session))
    store = Store(engine=cast(Any, None), sessions=sessions, autocommit=sessions)
    return Context(Settings(), keyring_of(session), store, FakeFlows())
