"""`/v1/admin/routing`: when traffic moves among the accounts of a channel."""

from fastapi import APIRouter

from api.admin.common import PREFIX
from api.auth.callers import PEOPLE, Admin, Looker
from api.context import ContextDep
from api.http.checked_bodies import CheckedBody
from centre.accounts import routing_service
from centre.accounts.models import RulesInForce
from core.traffic_shares import RoutingRules

router = APIRouter(
    prefix=PREFIX,
    tags=["admin: channels"],
    dependencies=PEOPLE,
    route_class=CheckedBody,
)


@router.get("/routing")
async def get_routing(caller: Looker, context: ContextDep) -> RulesInForce:
    """Return the rules that hold, and whether somebody has set them."""
    return await routing_service.routing_rules(context)


@router.put("/routing")
async def set_routing(
    body: RoutingRules, caller: Admin, context: ContextDep
) -> RulesInForce:
    """Set the rules; what is left out is as at the beginning. Held within seconds."""
    return await routing_service.put_routing_rules(context, body, caller.actor)


@router.delete("/routing", status_code=204)
async def forget_routing(caller: Admin, context: ContextDep) -> None:
    """Go back to the rules of `HMC_ROUTING`, or of the beginning."""
    await routing_service.forget_routing_rules(context, caller.actor)
