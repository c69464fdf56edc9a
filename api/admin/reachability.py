"""`/v1/admin/standings` and `/consents`: what providers said of an identity."""

from typing import Annotated

from fastapi import APIRouter, Query

from api.admin.common import PREFIX, IdentityTypePath, ValuePath, normal_value
from api.auth.callers import PEOPLE, Looker, Operator
from api.context import ContextDep, SessionDep
from centre.reachability import consents
from centre.reachability import queries as standings
from centre.reachability.consents import Consent
from centre.reachability.service import ConsentChange, StandingView, standing_views
from core.base import Model
from core.models import Address
from core.words import Channel
from db.pages import Page

router = APIRouter(prefix=PREFIX, tags=["admin: patients"], dependencies=PEOPLE)


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
    known, fade = normal_value(identity_type, value), context.settings.standing_fade
    async with context.store.sessions() as session:
        found = await standing_views(session, identity_type, known, fade)
    return Page[StandingView](items=found)


@router.delete("/standings/{identity_type}/{value}", status_code=204)
async def clear_standing(
    identity_type: IdentityTypePath,
    value: ValuePath,
    which: Annotated[WhichStanding, Query()],
    caller: Operator,
    session: SessionDep,
) -> None:
    """Forget what is held against an identity: the next message is tried again."""
    known = normal_value(identity_type, value)
    await standings.clear(session, identity_type, known, which.channel, caller.actor)


@router.get("/consents/{identity_type}/{value}")
async def list_consents(
    identity_type: IdentityTypePath,
    value: ValuePath,
    caller: Looker,
    session: SessionDep,
) -> Page[Consent]:
    """List what a person still allows, per template of the mini program."""
    known = normal_value(identity_type, value)
    found = await consents.consents_of(session, identity_type, known)
    return Page[Consent](items=found)


@router.put("/consents/{identity_type}/{value}", status_code=204)
async def put_consent(
    identity_type: IdentityTypePath,
    value: ValuePath,
    body: ConsentChange,
    caller: Operator,
    session: SessionDep,
) -> None:
    """Set what a person allows of a template, where no event of WeChat told it."""
    await consents.put(
        session,
        Address(type=identity_type, value=normal_value(identity_type, value)),
        body.template,
        quota=body.quota,
        unlimited=body.unlimited,
        actor=caller.actor,
    )
