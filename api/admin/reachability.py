"""`/v1/admin/standings` and `/consents`: what providers said of an identity."""

from typing import Annotated

from fastapi import APIRouter, Query

from api.admin.common import PREFIX, IdentityTypePath, ValuePath, normal_value
from api.auth.callers import PEOPLE, Looker, Operator
from api.context import ContextDep
from api.http.checked_bodies import CheckedBody
from centre.reachability import service
from centre.reachability.contracts import Consent, ConsentChange, StandingView
from core.base import Model
from core.models import Address
from core.words import Channel
from db.pages import Page

router = APIRouter(
    prefix=PREFIX,
    tags=["admin: patients"],
    dependencies=PEOPLE,
    route_class=CheckedBody,
)


class WhichStanding(Model):
    """Which channel's standing; all of them where it is left out."""

    channel: Channel | None = None


@router.get("/standings/{identity_type}/{value}")
async def list_standings(
    identity_type: IdentityTypePath,
    value: ValuePath,
    caller: Looker,
    context: ContextDep,
) -> Page[StandingView]:
    """List what providers said of an identity, and whether it keeps messages back."""
    known = normal_value(identity_type, value)
    found = await service.standings_of(context, identity_type, known)
    return Page[StandingView](items=found)


@router.delete("/standings/{identity_type}/{value}", status_code=204)
async def clear_standing(
    identity_type: IdentityTypePath,
    value: ValuePath,
    which: Annotated[WhichStanding, Query()],
    caller: Operator,
    context: ContextDep,
) -> None:
    """Forget what is held against an identity: the next message is tried again."""
    address = Address(type=identity_type, value=normal_value(identity_type, value))
    await service.clear_standing(context, address, which.channel, caller.actor)


@router.get("/consents/{identity_type}/{value}")
async def list_consents(
    identity_type: IdentityTypePath,
    value: ValuePath,
    caller: Looker,
    context: ContextDep,
) -> Page[Consent]:
    """List what a person still allows, per template of the mini program."""
    known = normal_value(identity_type, value)
    found = await service.consents_of(context, identity_type, known)
    return Page[Consent](items=found)


@router.put("/consents/{identity_type}/{value}", status_code=204)
async def put_consent(
    identity_type: IdentityTypePath,
    value: ValuePath,
    body: ConsentChange,
    caller: Operator,
    context: ContextDep,
) -> None:
    """Set what a person allows of a template, where no event of WeChat told it."""
    address = Address(type=identity_type, value=normal_value(identity_type, value))
    await service.set_consent(context, address, body, caller.actor)
