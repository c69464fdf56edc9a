"""How a channel's messages are shared out among its accounts: rules, no state.

The rules are GOV.UK Notify's for its providers of short messages
(alphagov/notifications-api, app/dao/provider_details_dao.py and
app/celery/provider_tasks.py): an account that is slow or failing loses points of
its share, and gets them back while all is quiet. What Notify calls slow is a
receipt that takes five minutes; ours is the provider's answer, which every
channel has.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Annotated, Literal

from pydantic import ConfigDict, Field

from core.base import Model

Cause = Literal["slow", "errors", "quiet"]
WHOLE = 100

Seconds = Annotated[float, Field(ge=0.1, le=86_400, strict=True)]
Pause = Annotated[float, Field(ge=0, le=86_400, strict=True)]
Count = Annotated[int, Field(ge=1, le=1_000_000, strict=True)]


class RoutingRules(Model):
    """When traffic moves, as data: seconds, shares and points of a hundred."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    # An answer later than this is slow; the longest a call may take is 8 s.
    slow_call_seconds: Seconds = 4
    slow_window_seconds: Seconds = 900
    slow_share: float = Field(default=0.15, gt=0, le=1, strict=True)
    # So few calls say nothing.
    least_calls: Count = 5
    slow_pause_seconds: Pause = 300
    errors: Count = 50
    error_window_seconds: Seconds = 60
    error_pause_seconds: Pause = 60
    quiet_seconds: Seconds = 900
    points: int = Field(default=10, ge=1, le=WHOLE, strict=True)
    # So many calls in a row without an answer open an account's breaker.
    breaker_failures: Count = 10
    breaker_pause_seconds: Seconds = 15
    # How often the rules are applied.
    every_seconds: Seconds = 10


class Measured(Model):
    """What was seen of one account: in the slow window, `errors` in theirs."""

    calls: int = 0
    slow: int = 0
    errors: int = 0

    @property
    def slow_share(self) -> float:
        """The share of calls that were slow."""
        return self.slow / self.calls if self.calls else 0.0


class Deduction(Model):
    """The points taken from an account's share, why, and when last changed."""

    points: int = 0
    cause: Cause | None = None
    changed_at: datetime | None = None


def shares(weights: Mapping[str, int]) -> dict[str, int]:
    """Return each account's share at rest, in hundredths, by its weight.

    Accounts that all weigh nothing share alike.
    """
    whole = sum(weights.values())
    if not whole:
        return {code: WHOLE // len(weights) for code in weights}
    return {code: round(WHOLE * weight / whole) for code, weight in weights.items()}


def in_force(rest: Mapping[str, int], taken: Mapping[str, Deduction]) -> dict[str, int]:
    """Return the shares that hold now; where nothing is left, those at rest."""
    held = {
        code: max(0, share - taken.get(code, Deduction()).points)
        for code, share in rest.items()
    }
    return held if any(held.values()) else dict(rest)


def adjusted(
    rest: Mapping[str, int],
    seen: Mapping[str, Measured],
    taken: Mapping[str, Deduction],
    now: datetime,
    rules: RoutingRules,
) -> dict[str, Deduction]:
    """Return the deductions that change now, of one channel's accounts.

    One account loses points at a time. Where all are slow, or all failing,
    traffic would gain nothing by moving: nothing changes.
    """
    seen = {code: seen.get(code, Measured()) for code in rest}
    taken = {code: taken.get(code, Deduction()) for code in rest}
    failing = [c for c in rest if seen[c].errors >= rules.errors]
    slow = [c for c in rest if is_slow(seen[c], rules)]
    for troubled, pause, cause in (
        (failing, rules.error_pause_seconds, "errors"),
        (slow, rules.slow_pause_seconds, "slow"),
    ):
        if not troubled:
            continue
        if len(troubled) == len(rest) or _changed_within(taken, pause, now):
            return {}
        worst = max(troubled, key=lambda c: (seen[c].errors, seen[c].slow_share))
        return _less(worst, rest, taken[worst], cause, now, rules)
    return {
        code: _more(deduction, now, rules)
        for code, deduction in taken.items()
        if deduction.points and _quiet(deduction, now, rules)
    }


def is_slow(seen: Measured, rules: RoutingRules) -> bool:
    """Tell whether an account answers late too often."""
    return seen.calls >= rules.least_calls and seen.slow_share >= rules.slow_share


def _changed_within(
    taken: Mapping[str, Deduction], seconds: float, now: datetime
) -> bool:
    changes = [d.changed_at for d in taken.values() if d.changed_at and d.cause]
    return any(now - at < timedelta(seconds=seconds) for at in changes)


def _quiet(deduction: Deduction, now: datetime, rules: RoutingRules) -> bool:
    since = deduction.changed_at
    return since is None or now - since >= timedelta(seconds=rules.quiet_seconds)


def _less(
    code: str,
    rest: Mapping[str, int],
    old: Deduction,
    cause: str,
    now: datetime,
    rules: RoutingRules,
) -> dict[str, Deduction]:
    points = min(rest[code], old.points + rules.points)
    if points == old.points:
        return {}
    return {
        code: Deduction.model_validate(
            {"points": points, "cause": cause, "changed_at": now}
        )
    }


def _more(old: Deduction, now: datetime, rules: RoutingRules) -> Deduction:
    points = max(0, old.points - rules.points)
    return Deduction(points=points, cause="quiet", changed_at=now)
