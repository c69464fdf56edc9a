"""How a channel's accounts stand: the share each has, and how its calls go."""

from collections.abc import Mapping
from datetime import datetime

from centre.accounts.current_queries import current_accounts
from centre.accounts.models import AccountHealth, ByAccount
from centre.accounts.routing_queries import rules_in_force
from centre.accounts.traffic_queries import Traffic, measured, traffic
from centre.providers.fallback import fallback
from core.clock import utc_now
from core.settings import Settings
from core.traffic_shares import Measured, in_force, shares
from core.words import Channel
from db.session import Session


async def health_of_all(session: Session, settings: Settings) -> ByAccount:
    """Return how every enabled account stands."""
    now, default_accounts = utc_now(), fallback(settings)[1]
    rules = (await rules_in_force(session, settings.routing)).rules
    seen = await measured(session, now, rules)
    known = {(one.channel, one.code): one for one in await traffic(session)}
    weights: dict[Channel, dict[str, int]] = {}
    for account in await current_accounts(session, default_accounts):
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
