"""The rules by which traffic moves among a channel's accounts, as people set them."""

from datetime import datetime
from typing import Literal

from centre.accounts.tables import RoutingRulesRow
from centre.audit import audit
from centre.audit.audit import Actor
from core.base import Model
from core.traffic_shares import RoutingRules
from db.columns import utc_now
from db.session import Session
from db.sql import lock

# There is one row, or none.
_ID = 1


class RulesInForce(Model):
    """The rules that hold, and who set them; `settings`: those of the start."""

    rules: RoutingRules
    source: Literal["store", "settings"] = "settings"
    set_by: str | None = None
    set_at: datetime | None = None


async def rules_in_force(session: Session, start: RoutingRules) -> RulesInForce:
    """Return the rules that hold: those that were set, else those of the start."""
    return _in_force(await session.get(RoutingRulesRow, _ID), start)


def _in_force(row: RoutingRulesRow | None, start: RoutingRules) -> RulesInForce:
    if row is None:
        return RulesInForce(rules=start)
    rules = RoutingRules.model_validate_json(row.rules)
    return RulesInForce(
        rules=rules, source="store", set_by=row.set_by, set_at=row.set_at
    )


async def put_rules(
    session: Session, rules: RoutingRules, start: RoutingRules, actor: Actor
) -> RulesInForce:
    """Set the rules; every process goes by them within seconds."""
    await lock(session, "routing-rules")
    row = await session.get(RoutingRulesRow, _ID)
    before = _in_force(row, start)
    row = row or RoutingRulesRow(id=_ID, rules="", set_by="", set_at=utc_now())
    row.rules, row.set_by, row.set_at = rules.model_dump_json(), actor.who, utc_now()
    session.add(row)
    await session.flush()
    await _note(session, actor, before.rules, rules)
    return _in_force(row, start)


async def forget_rules(session: Session, start: RoutingRules, actor: Actor) -> None:
    """Go back to the rules of the start."""
    await lock(session, "routing-rules")
    row = await session.get(RoutingRulesRow, _ID)
    if row is None:
        return
    before = _in_force(row, start)
    await session.delete(row)
    await session.flush()
    await _note(session, actor, before.rules, start)


async def _note(
    session: Session, actor: Actor, before: RoutingRules, after: RoutingRules
) -> None:
    old, new = before.model_dump(mode="json"), after.model_dump(mode="json")
    await audit.write(session, actor, "update", "routing", old, new)
