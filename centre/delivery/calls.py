"""By which account a delivery goes, with a row written before each call.

A delivery goes to another account only where the one before is known not to have
taken it. Where that is not known it is repeated at the same account, or nowhere.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from centre.delivery import attempt_writes, parts
from centre.delivery.contracts import DeliveryTask
from centre.delivery.limiter import spread
from centre.delivery.models import Attempt, AttemptState, in_doubt
from centre.rate_limits import counter_queries
from channels.base import Referring, Taken
from channels.kit.http import deadline
from channels.provider import Account
from channels.router import Route, Router
from core.errors import DeliveryError, Misconfigured, ProviderDown, RateLimited
from core.rate_limits import Limit
from core.words import Reason
from db.session import Session
from db.store import Store

# Refusals that tell of the account: another one may take the message.
_OF_THE_ACCOUNT = (ProviderDown, RateLimited, Misconfigured)
# A second call has its whole time within the activity's (SEND_TRY) only if it
# begins this soon; later, the activity's next try goes to the other account.
_SOON_SECONDS = 1.5


@dataclass(frozen=True)
class Call:
    """One call to be made: by which account, and its row.

    `repeat`: of one that may have been taken, at the account that drops a second.
    """

    route: Route
    attempt: Attempt
    repeat: bool = False


@dataclass(frozen=True)
class Calls:
    """Chooses the account of each call, and keeps the rows."""

    store: Store
    router: Router

    async def begin(
        self, session: Session, task: DeliveryTask, earlier: Sequence[Attempt]
    ) -> Call:
        """Write the row of the next call; commit before making it.

        Raises ProviderDown where no account of the channel can send now, and
        RateLimited where those that can have no room.
        """
        if earlier and (same := self.repeatable(task, earlier)):
            return await _begun(session, task, same, repeat=True)
        tried = {a.account for a in earlier if a.account}
        choices = self.router.choices(task.channel, tried)
        return await _first_with_room(session, task, choices)

    async def elsewhere(
        self, task: DeliveryTask, error: DeliveryError, tried: set[str], until: float
    ) -> Call | None:
        """Begin a call to an account that was not tried; None where there is none.

        Without time for it here the error is marked so that the activity is
        tried again at once.
        """
        if not isinstance(error, _OF_THE_ACCOUNT):
            return None
        choices = self.router.choices(task.channel, tried)
        untried = [route for route in choices if route.code not in tried]
        if untried and deadline(0) >= until:
            error.retryable, error.retry_after = True, None
        if not untried or deadline(0) >= until:
            return None
        try:
            async with self.store.sessions.begin() as session:
                return await _first_with_room(session, task, untried)
        except (ProviderDown, RateLimited):
            return None

    def repeatable(
        self, task: DeliveryTask, earlier: Sequence[Attempt]
    ) -> Route | None:
        """Return the account that drops a repeat of a call whose end is not known."""
        doubt = in_doubt(earlier)
        if doubt is None:
            return None
        route = self.router.route(task.channel, doubt.account)
        window = route.sender.dedupe_window if route else None
        if window is None:
            return None
        first = next(a for a in earlier if a.account == doubt.account)
        return route if datetime.now(UTC) - first.started_at < window else None

    async def end(
        self,
        attempt: Attempt,
        state: AttemptState,
        *,
        code: str = "",
        reason: Reason | None = None,
        taken: Taken | None = None,
    ) -> None:
        """Write how a call ended."""
        in_parts = taken is not None and len(taken.part_ids) > 1
        opened = self.store.sessions.begin() if in_parts else self.store.autocommit()
        async with opened as session:
            await attempt_writes.end_attempt(
                session,
                attempt.id,
                state,
                code=code or None,
                reason=reason,
                provider_message_id=taken.provider_message_id if taken else None,
            )
            if taken and in_parts:
                await parts.write_parts(session, attempt.id, taken.part_ids)


def none_open() -> ProviderDown:
    """Return the error for a channel all of whose accounts rest."""
    return ProviderDown("no account of the channel can send now", code="no-account")


def soon() -> float:
    """Return the loop's time until which another account may be called."""
    return deadline(_SOON_SECONDS)


async def _first_with_room(
    session: Session, task: DeliveryTask, routes: Sequence[Route]
) -> Call:
    """Write the row of a call by the first account whose own limit has room."""
    waits: list[timedelta] = []
    for route in routes:
        limit = _limit(route.account) if route.account else None
        wait = await counter_queries.take(session, [limit]) if limit else None
        if wait is None:
            return await _begun(session, task, route)
        waits.append(wait)
    if waits:
        raise RateLimited("the accounts' own limits", retry_after=spread(min(waits)))
    raise none_open()


def _limit(account: Account) -> Limit | None:
    """Return an account's own limit: so many a second, or one in so many seconds."""
    rate = account.per_second
    if rate is None:
        return None
    key = f"{account.channel}:account:{account.code}"
    return Limit(key, max(1, int(rate)), math.ceil(1 / rate))


async def _begun(
    session: Session, task: DeliveryTask, route: Route, *, repeat: bool = False
) -> Call:
    sender = route.sender
    short = (
        sender.reference(task.delivery_id) if isinstance(sender, Referring) else None
    )
    attempt = await attempt_writes.begin_attempt(
        session,
        delivery_id=task.delivery_id,
        message_id=task.message_id,
        channel=task.channel,
        provider=sender.provider,
        account=route.account.code if route.account else None,
        reference=short,
    )
    return Call(route, attempt, repeat)
