"""How a channel's accounts stand: the share each has, and how its calls go."""

from collections.abc import Mapping
from datetime import datetime

from centre.accounts import queries as accounts
from centre.accounts.routing_queries import rules_in_force
from centre.accounts.service import (
    AccountDraft,
    AccountView,
    account_views,
    current_accounts,
    put_account,
)
from centre.accounts.traffic import Traffic, forget_traffic, measured, traffic
from centre.audit.audit import Actor
from centre.providers.fallback import fallback
from core.base import Model
from core.errors import Conflict, NotFound
from core.settings import Settings
from core.traffic_shares import Cause, Measured, in_force, shares
from core.words import Channel
from db.columns import utc_now
from db.session import Session

ByAccount = Mapping[tuple[Channel, str], "AccountHealth"]


class AccountHealth(Model):
    """An account's share in hundredths, and its calls in the rules' windows.

    `cause` and `changed_at` say why and when the share last moved; `open_until` is
    set while its breaker keeps calls away.
    """

    share_at_rest: int
    share_now: int
    cause: Cause | None = None
    changed_at: datetime | None = None
    open_until: datetime | None = None
    calls: int = 0
    slow: int = 0
    errors: int = 0


class AccountState(AccountView):
    """An account without its secrets, and how it stands; no health: it is off."""

    health: AccountHealth | None = None


async def account_states(
    session: Session, settings: Settings, channel: Channel
) -> tuple[AccountState, ...]:
    """Return a channel's accounts; NotFound where it has none at a provider."""
    views = await account_views(session, settings, channel)
    health = await health_of_all(session, settings)
    return tuple(
        AccountState(**dict(view), health=health.get((channel, view.code)))
        for view in views
    )


async def account_state(
    session: Session, settings: Settings, channel: Channel, code: str
) -> AccountState:
    """Return one account of a channel; NotFound where there is none."""
    for state in await account_states(session, settings, channel):
        if state.code == code:
            return state
    raise NotFound("This channel has no such account.")


async def health_of_all(session: Session, settings: Settings) -> ByAccount:
    """Return how every enabled account stands."""
    now, under = utc_now(), fallback(settings)[1]
    rules = (await rules_in_force(session, settings.routing)).rules
    seen = await measured(session, now, rules)
    known = {(one.channel, one.code): one for one in await traffic(session)}
    weights: dict[Channel, dict[str, int]] = {}
    for account in await current_accounts(session, under):
        if account.enabled:
            weights.setdefault(account.channel, {})[account.code] = account.weight
    return {
        (channel, code): health
        for channel, of in weights.items()
        for code, health in _healths(
            of,
            {c: known[channel, c] for c in of if (channel, c) in known},
            seen.get(channel, {}),
            now,
        ).items()
    }


def _healths(
    weights: Mapping[str, int],
    known: Mapping[str, Traffic],
    seen: Mapping[str, Measured],
    now: datetime,
) -> dict[str, AccountHealth]:
    rest = shares(weights)
    held = in_force(rest, {code: one.deduction for code, one in known.items()})
    found = {}
    for code in weights:
        one, calls = known.get(code), seen.get(code, Measured())
        until = one.open_until if one else None
        found[code] = AccountHealth(
            share_at_rest=rest[code],
            share_now=held[code],
            cause=one.deduction.cause if one else None,
            changed_at=one.deduction.changed_at if one else None,
            open_until=until if until and until > now else None,
            **calls.model_dump(),
        )
    return found


async def add_account(
    session: Session,
    channel: Channel,
    code: str,
    draft: AccountDraft,
    actor: Actor,
) -> AccountView:
    """Keep a new account; Conflict where one of this code is kept here."""
    if await accounts.stored_account(session, channel, code) is not None:
        raise Conflict("There is already an account of this code.")
    return await put_account(session, channel, code, draft, actor)


async def remove_account(
    session: Session, channel: Channel, code: str, actor: Actor
) -> None:
    """Forget an account and what was taken from its share."""
    await accounts.drop_account(session, channel, actor, code)
    await forget_traffic(session, channel, code)
