"""What endpoints share: made once in the application's lifespan."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Annotated, cast

from fastapi import Depends, Request
from sqlmodel.ext.asyncio.session import AsyncSession

from api.http.metrics import Metrics
from api.tokens import TokenDesk
from centre.access.sign_in import Gates
from centre.flows.ports import Deliveries
from centre.rate_limits.in_process import Failures, Rates
from core.crypto import Keyring
from core.settings import Settings
from db.store import Store


@dataclass(frozen=True)
class Centre:
    """The message centre as endpoints see it."""

    settings: Settings
    keyring: Keyring
    store: Store
    deliveries: Deliveries
    tokens: TokenDesk
    metrics: Metrics
    rates: Rates = field(default_factory=Rates)
    # A guesser has one appkey and one address; a whole address has more room.
    guesses: Failures = field(
        default_factory=lambda: Failures(10, timedelta(minutes=1))
    )
    guesses_from: Failures = field(
        default_factory=lambda: Failures(100, timedelta(minutes=1))
    )
    sign_ins: Gates = field(default_factory=Gates)


def _centre(request: Request) -> Centre:
    return cast(Centre, request.app.state.centre)


CentreDep = Annotated[Centre, Depends(_centre)]


async def _session(centre: CentreDep) -> AsyncIterator[AsyncSession]:
    async with centre.store.sessions.begin() as session:
        yield session


# scope="function": commit before the answer leaves, so a failed commit is an error.
SessionDep = Annotated[AsyncSession, Depends(_session, scope="function")]
