"""What was seen of each account's calls, and what was taken from its share.

Calls are counted from their rows, so that all processes see the same.
"""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from pydantic import Field
from sqlalchemy import ColumnElement, Subquery, case, func
from sqlalchemy import select as core_select
from sqlmodel import select

from centre.accounts.tables import AccountTrafficRow
from centre.delivery.tables import AttemptRow
from core.base import Model
from core.traffic_shares import Deduction, Measured, RoutingRules
from core.words import Channel, Reason
from db.session import Session
from db.sql import dialect_of, table_of

ByAccount = dict[Channel, dict[str, Measured]]
# More rows than this are not looked at: the newest tell enough.
MOST = 50_000
_ERRORS = (Reason.UNREACHABLE.value, Reason.OUTCOME_UNKNOWN.value)


class Traffic(Model):
    """How an account stands: the points it lost, and whether it rests."""

    channel: Channel
    code: str
    deduction: Deduction = Field(default_factory=Deduction)
    open_until: datetime | None = None


async def measured(session: Session, now: datetime, rules: RoutingRules) -> ByAccount:
    """Return how the calls by each account went, in the rules' windows."""
    recent = _recent(session, now, rules)
    counted = core_select(
        recent.c.channel,
        recent.c.account,
        func.sum(recent.c.calls).label("calls"),
        func.sum(recent.c.slow).label("slow"),
        func.sum(recent.c.wrong).label("errors"),
    ).group_by(recent.c.channel, recent.c.account)
    found: ByAccount = {}
    connection = await session.connection()
    for row in await connection.execute(counted):
        seen = Measured(calls=row.calls, slow=row.slow, errors=row.errors)
        found.setdefault(Channel(row.channel), {})[row.account] = seen
    return found


def _recent(session: Session, now: datetime, rules: RoutingRules) -> Subquery:
    """Select the newest calls, each with a 1 or 0 for what it counts as."""
    table = table_of(AttemptRow)
    slow_since = now - timedelta(seconds=rules.slow_window_seconds)
    errors_since = now - timedelta(seconds=rules.error_window_seconds)
    counts = table.c.started_at >= slow_since
    late = (
        counts & (table.c.state != "sending") & _later(session, rules.slow_call_seconds)
    )
    wrong = table.c.reason.in_(_ERRORS) | (table.c.state == "unknown")
    return (
        core_select(
            table.c.channel,
            table.c.account,
            case((counts, 1), else_=0).label("calls"),
            case((late, 1), else_=0).label("slow"),
            case((wrong & (table.c.started_at >= errors_since), 1), else_=0).label(
                "wrong"
            ),
        )
        .where(table.c.id >= _first_id(min(slow_since, errors_since)))
        .where(table.c.account.is_not(None))
        .order_by(table.c.id.desc())
        .limit(MOST)
        .subquery()
    )


def _later(session: Session, seconds: float) -> ColumnElement[bool]:
    """Tell in SQL whether a call took longer; SQLite knows no intervals."""
    table = table_of(AttemptRow)
    if dialect_of(session) != "sqlite":
        took: Any = table.c.ended_at - table.c.started_at
        return func.coalesce(took > timedelta(seconds=seconds), False)
    days = func.julianday(table.c.ended_at) - func.julianday(table.c.started_at)
    return func.coalesce(days > seconds / 86_400, False)


async def answering(
    session: Session, since: datetime, now: datetime
) -> dict[Channel, set[str]]:
    """Return the accounts whose last call since then was answered, whatever was said.

    An account whose breaker keeps calls away is none of them.
    """
    table = table_of(AttemptRow)
    over = table.c.state.in_(("accepted", "failed", "unknown"))
    wrong = func.coalesce(table.c.reason, "").in_(_ERRORS)
    last = func.max(case((wrong, None), else_=table.c.ended_at)).label("answered")
    missed = func.max(case((wrong, table.c.ended_at), else_=None)).label("missed")
    recent = core_select(table.c.channel, table.c.account, last, missed)
    recent = recent.where(table.c.id >= _first_id(since), over)
    grouped = recent.group_by(table.c.channel, table.c.account)
    rest = {(t.channel, t.code) for t in await traffic(session) if _open(t, now)}
    found: dict[Channel, set[str]] = {}
    for row in await (await session.connection()).execute(grouped):
        well = row.answered and (row.missed is None or row.answered > row.missed)
        if well and (Channel(row.channel), row.account) not in rest:
            found.setdefault(Channel(row.channel), set()).add(row.account or "")
    return found


def _open(account: Traffic, now: datetime) -> bool:
    return account.open_until is not None and account.open_until > now


def _first_id(at: datetime) -> UUID:
    """Return the lowest UUID of version 7 of a moment (RFC 9562 section 5.7)."""
    return UUID(int=int(at.timestamp() * 1000) << 80)


async def traffic(
    session: Session, channel: Channel | None = None
) -> tuple[Traffic, ...]:
    """Return how the accounts stand of which there is something to tell."""
    wanted = select(AccountTrafficRow)
    if channel is not None:
        wanted = wanted.where(AccountTrafficRow.channel == channel.value)
    return tuple(map(_traffic, await session.exec(wanted)))


def _traffic(row: AccountTrafficRow) -> Traffic:
    return Traffic(
        channel=Channel(row.channel),
        code=row.code,
        deduction=Deduction.model_validate(
            {"points": row.deducted, "cause": row.cause, "changed_at": row.changed_at}
        ),
        open_until=row.open_until,
    )


async def deductions(session: Session) -> dict[Channel, dict[str, Deduction]]:
    """Return the points taken from accounts, by channel and code."""
    found: dict[Channel, dict[str, Deduction]] = {}
    for one in await traffic(session):
        found.setdefault(one.channel, {})[one.code] = one.deduction
    return found
