"""By which account a delivery goes, with a row written before each call.

A delivery goes to another account only where the one before is known not to have
taken it. Where that is not known it is repeated at the same account, or nowhere.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from centre.batches import queries as batches
from centre.delivery import attempt_writes, part_queries
from centre.delivery.admission import Limiter, Rules, rules_of, spread
from centre.delivery.contracts import DeliveryResult, DeliveryTask
from centre.delivery.hold import ScheduleCache, later
from centre.delivery.links import Links
from centre.delivery.models import Attempt, AttemptState, in_doubt
from centre.delivery.patience import with_pause
from centre.rate_limits import counter_queries
from centre.workstations import removal_queries as removals
from channels.base import Acceptance, Asking, Content, Referring, Sending
from channels.kit.http import deadline
from channels.provider import Account
from channels.router import Route, Router
from core.clock import utc_now
from core.errors import (
    DeliveryError,
    Misconfigured,
    ProviderDown,
    RateLimited,
    Undeliverable,
)
from core.rate_limits import Limit
from core.words import Channel, Outcome, Priority, Reason
from db.session import Session
from db.store import Store

# Refusals that tell of the account: another one may take the message.
_OF_THE_ACCOUNT = (ProviderDown, RateLimited, Misconfigured)
_CALLED_OFF = DeliveryResult(outcome=Outcome.SKIPPED, reason=Reason.CANCELLED)
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
    links: Links
    limiter: Limiter
    times: ScheduleCache

    async def begin(
        self, session: Session, task: DeliveryTask, earlier: Sequence[Attempt]
    ) -> tuple[Sending, Call] | DeliveryResult:
        """Write the row of the next call, or return why none may be made now.

        Commit before making it. Raises Undeliverable where something is switched off,
        RateLimited where a limit of ours has no room, ProviderDown where no account
        can send now.
        """
        rules = await rules_of(session, task)
        # That was looked at when it was prepared; who was held back since, again.
        looked_at = not task.held and not task.waited
        if not looked_at and await batches.called_off(session, task.batch, task.run):
            return _CALLED_OFF
        if await removals.removed(session, task.message_id):
            return self._taken_back(task, earlier)
        if shut := await self._closed(session, task, earlier):
            return shut
        sending = self.sending(task, rules)
        # Before a limit is taken from: what can't be called uses none up.
        if not in_doubt(earlier) and not self.router.admits(task.channel):
            raise with_pause(
                none_open(), self._only_account(task.channel), len(earlier)
            )
        never_left = bool(earlier) and earlier[-1].reason is Reason.UNREACHABLE
        await self.limiter.admit(session, sending, rules.limits, counted=never_left)
        return sending, await self._choose(session, task, earlier)

    def _taken_back(
        self, task: DeliveryTask, earlier: Sequence[Attempt]
    ) -> DeliveryResult:
        """Return that nothing more is sent; what was may have to be called back."""
        if not in_doubt(earlier):
            return _CALLED_OFF
        return unknown(
            self.router.route(task.channel, earlier[-1].account), earlier[-1]
        )

    async def _closed(
        self, session: Session, task: DeliveryTask, earlier: Sequence[Attempt]
    ) -> DeliveryResult | None:
        """Return from when on it may be sent, where that is not now.

        What may have been taken already is only repeated: that is not held.
        """
        if task.priority is Priority.CRITICAL or in_doubt(earlier):
            return None
        now = later(task.at)
        shut = await self.times.closed(session, task.type, task.channel, now)
        if shut is None:
            return None
        if shut.until is None:
            raise Undeliverable(Reason.QUIET_HOURS)
        return DeliveryResult(
            outcome=Outcome.PENDING, reason=Reason.QUIET_HOURS, not_before=shut.until
        )

    def sending(self, task: DeliveryTask, rules: Rules) -> Sending:
        link = self.links.link(
            task.message_id, task.created_at, rules.link, task.expires_at
        )
        content = Content.of(rules.said, rules.params, link)
        return Sending.of(task, task.delivery_id, content)

    def _only_account(self, channel: Channel) -> str | None:
        route = self.router.route(channel, None)
        return route.code if route else None

    async def _choose(
        self, session: Session, task: DeliveryTask, earlier: Sequence[Attempt]
    ) -> Call:
        """Write the row of the next call by the account that makes it.

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
        return route if utc_now() - first.started_at < window else None

    async def end(
        self,
        attempt: Attempt,
        state: AttemptState,
        *,
        code: str = "",
        reason: Reason | None = None,
        taken: Acceptance | None = None,
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
                await part_queries.write_parts(session, attempt.id, taken.part_ids)


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


def unknown(route: Route | None, attempt: Attempt) -> DeliveryResult:
    """Return that nobody knows how a call ended, and whether that can be asked."""
    return DeliveryResult(
        outcome=Outcome.UNKNOWN,
        reason=Reason.OUTCOME_UNKNOWN,
        attempts=attempt.number,
        provider=attempt.provider,
        askable=route is not None and isinstance(route.sender, Asking),
    )
