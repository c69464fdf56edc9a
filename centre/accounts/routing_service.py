"""The rules by which traffic moves among accounts: looked at, set, and let go."""

from centre.accounts import routing_queries, routing_writes
from centre.accounts.models import RulesInForce
from centre.audit import audit
from centre.audit.audit import Actor
from centre.audit.roles import ADMINS
from centre.context import Context
from core.traffic_shares import RoutingRules
from db.session import Session
from db.sql import lock

_LOCK = "routing-rules"


async def routing_rules(context: Context) -> RulesInForce:
    """Return the rules that hold, and whether somebody has set them."""
    async with context.store.sessions() as session:
        return await _in_force(context, session)


async def put_routing_rules(
    context: Context, rules: RoutingRules, actor: Actor
) -> RulesInForce:
    """Set the rules; every process goes by them within seconds."""
    actor.must_be(*ADMINS)
    async with context.store.sessions.begin() as session:
        await lock(session, _LOCK)
        before = await _in_force(context, session)
        await routing_writes.put_rules(session, rules, actor.who)
        await _note(session, actor, before.rules, rules)
        return await _in_force(context, session)


async def forget_routing_rules(context: Context, actor: Actor) -> None:
    """Go back to the rules of the start."""
    actor.must_be(*ADMINS)
    async with context.store.sessions.begin() as session:
        await lock(session, _LOCK)
        before = await _in_force(context, session)
        if before.source == "store":
            await routing_writes.drop_rules(session)
            await _note(session, actor, before.rules, context.settings.routing)


async def _in_force(context: Context, session: Session) -> RulesInForce:
    return await routing_queries.rules_in_force(session, context.settings.routing)


async def _note(
    session: Session, actor: Actor, before: RoutingRules, after: RoutingRules
) -> None:
    old, new = before.model_dump(mode="json"), after.model_dump(mode="json")
    await audit.write(session, actor, "update", "routing", old, new)
