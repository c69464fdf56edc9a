"""Writes the rules by which traffic moves among a channel's accounts."""

from centre.accounts.routing_queries import THE_ROW
from centre.accounts.tables import RoutingRulesRow
from core.clock import utc_now
from core.traffic_shares import RoutingRules
from db.session import Session


async def put_rules(session: Session, rules: RoutingRules, set_by: str) -> None:
    """Set the rules."""
    row = await session.get(RoutingRulesRow, THE_ROW)
    row = row or RoutingRulesRow(id=THE_ROW, rules="", set_by="", set_at=utc_now())
    row.rules, row.set_by, row.set_at = rules.model_dump_json(), set_by, utc_now()
    session.add(row)
    await session.flush()


async def drop_rules(session: Session) -> None:
    """Leave none set."""
    row = await session.get(RoutingRulesRow, THE_ROW)
    if row is not None:
        await session.delete(row)
        await session.flush()
