"""A type's policy: reviewed, and changed by a new version of it."""

from centre.audit import audit
from centre.audit.audit import Actor
from centre.audit.roles import ADMINS
from centre.catalog import type_queries
from centre.catalog.impact import check_base, impact, refuse_breaking
from centre.catalog.models import Breaking, PolicyChange, PolicyVersion, Review
from centre.catalog.placeholders import required_params
from centre.context import Context
from core.base import evolve
from core.policies import MessageType, Policy, check_policy
from db.session import Session
from db.sql import lock


async def policy_versions(context: Context, code: str) -> tuple[PolicyVersion, ...]:
    """Return every version of a type's policy, the newest first."""
    async with context.store.sessions() as session:
        await type_queries.message_type(session, code)
        return await type_queries.policy_versions(session, code)


async def review_policy(context: Context, code: str, change: PolicyChange) -> Review:
    """Return what a new policy would change: its channels decide what is required.

    Refuses what `put_policy` would refuse.
    """
    async with context.store.sessions() as session:
        message_type = await type_queries.message_type(session, code)
        return await _review(session, message_type, change)


async def put_policy(
    context: Context,
    code: str,
    change: PolicyChange,
    actor: Actor,
    breaking: Breaking = Breaking.ALLOW,
) -> Policy:
    """Add a version of a type's policy; it holds for messages accepted from now.

    Conflict where the change is based on another version than holds, or breaks
    requests and `breaking` refuses that.
    """
    actor.must_be(*ADMINS)
    async with context.store.sessions.begin() as session:
        return await add_policy(session, code, change, actor, breaking)


async def add_policy(
    session: Session,
    code: str,
    change: PolicyChange,
    actor: Actor,
    breaking: Breaking = Breaking.ALLOW,
) -> Policy:
    """Add a version of a policy as a part of a larger change."""
    await lock(session, "catalog")
    message_type = await type_queries.message_type(session, code)
    refuse_breaking(await _review(session, message_type, change), breaking)
    before = message_type.policy
    added = change.policy(before.version + 1)
    await type_queries.add_policy(session, code, added, actor.who)
    old, new = before.model_dump(mode="json"), added.model_dump(mode="json")
    target = f"message-types/{code}/policy"
    await audit.write(session, actor, "add-version", target, old, new)
    return added


async def _review(
    session: Session, message_type: MessageType, change: PolicyChange
) -> Review:
    check_policy(change.policy())
    check_base(change.version, message_type.policy.version)
    after = evolve(message_type, policy=change.policy())
    return await impact(
        session, message_type, after, tuple(sorted(required_params(after)))
    )
