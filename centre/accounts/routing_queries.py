"""The rules by which traffic moves among a channel's accounts, as people set them."""

from centre.accounts.models import RulesInForce
from centre.accounts.tables import RoutingRulesRow
from core.traffic_shares import RoutingRules
from db.session import Session

# There is one row, or none.
THE_ROW = 1


async def rules_in_force(session: Session, start: RoutingRules) -> RulesInForce:
    """Return the rules that hold: those that were set, else those of the start."""
    row = await session.get(RoutingRulesRow, THE_ROW)
    if row is None:
        return RulesInForce(rules=start)
    rules = RoutingRules.model_validate_json(row.rules)
    return RulesInForce(
        rules=rules, source="store", set_by=row.set_by, set_at=row.set_at
    )
