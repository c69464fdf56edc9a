"""What endpoints share: made once in the application's lifespan."""

from dataclasses import dataclass, field
from datetime import timedelta
from typing import Annotated, cast

from fastapi import Depends, Request

from api.http.metrics import Metrics
from api.tokens import TokenSigner
from centre.access.sign_in import Gates
from centre.context import Context
from centre.rate_limits.in_process import Failures, Rates


@dataclass(frozen=True)
class ApiContext(Context):
    """The message centre as endpoints see it."""

    tokens: TokenSigner
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


def _context(request: Request) -> ApiContext:
    return cast(ApiContext, request.app.state.context)


ContextDep = Annotated[ApiContext, Depends(_context)]
