"""When the hospital, a class, a type or a channel may send."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from centre.audit import audit
from centre.audit.audit import Actor
from centre.audit.roles import ADMINS
from centre.catalog import type_queries
from centre.context import Context
from centre.schedule import queries
from centre.schedule.models import RulesVersion
from centre.schedule.rules import (
    SendingRules,
    SendingSchedule,
    next_allowed,
    type_scope,
)
from core.clock import utc_now
from core.errors import FieldError, Invalid
from db.session import Session
from db.sql import lock

_UTC = ZoneInfo("UTC")
_ANY_DAY = datetime(2026, 1, 1, tzinfo=UTC)


async def everything_set(context: Context) -> SendingSchedule:
    """Return the rules of every scope, and the holidays."""
    async with context.store.sessions() as session:
        return await queries.book(session)


async def rules_of(context: Context, scope: str) -> RulesVersion:
    """Return what holds for a scope by itself; NotFound for an unknown type's."""
    async with context.store.sessions() as session:
        await _check_scope(session, scope)
        return await queries.rules_of(session, scope)


async def rules_versions(context: Context, scope: str) -> tuple[RulesVersion, ...]:
    """Return every version of a scope's rules, the newest first."""
    async with context.store.sessions() as session:
        await _check_scope(session, scope)
        return await queries.rules_versions(session, scope)


async def put_rules(
    context: Context, scope: str, rules: SendingRules, actor: Actor
) -> RulesVersion:
    """Add a version of a scope's rules; it holds within seconds.

    Where they are set as they are, no version is added: the one that holds is returned.
    """
    actor.must_be(*ADMINS)
    async with context.store.sessions.begin() as session:
        return await add_rules(session, scope, rules, actor)


async def add_rules(
    session: Session, scope: str, rules: SendingRules, actor: Actor
) -> RulesVersion:
    """Add a version of a scope's rules as a part of a larger change."""
    _check(scope, rules)
    await lock(session, "sending-rules")
    await _check_scope(session, scope)
    before = await queries.rules_of(session, scope)
    if before.rules == rules:
        return before
    added = RulesVersion(
        scope=scope,
        version=before.version + 1,
        rules=rules,
        set_by=actor.who,
        set_at=utc_now(),
    )
    await queries.add_rules(session, added)
    old, new = before.rules.model_dump(mode="json"), rules.model_dump(mode="json")
    target = f"sending-times/{scope}"
    await audit.write(session, actor, "add-version", target, old, new)
    return added


async def _check_scope(session: Session, scope: str) -> None:
    """Raise NotFound for the scope of a message type that there is not."""
    prefix = type_scope("")
    if scope.startswith(prefix):
        await type_queries.message_type(session, scope.removeprefix(prefix))


def _check(scope: str, rules: SendingRules) -> None:
    field_errors: list[FieldError] = []
    if rules.caps and scope.startswith("channel:"):
        field_errors.append(FieldError("/caps", "A channel has limits, not caps."))
    if next_allowed(_ANY_DAY, [rules], {}, _UTC) is None:
        field_errors.append(FieldError("/quiet", "Nothing could ever be sent."))
    if field_errors:
        raise Invalid("The sending times were refused; see `errors`.", field_errors)
