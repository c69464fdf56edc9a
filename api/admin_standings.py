"""`/v1/admin/standings` and `/consents`: what providers said of an identity."""

from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import Field

from api.admin_common import PREFIX, IdentityTypePath, ValuePath, normal_value
from api.callers import PEOPLE, Looker, Operator
from api.centre import CentreDep, SessionDep
from core.models import Address, Model
from core.words import Channel
from operations.standings import StandingView, standing_views
from store import consents, standings
from store.consents import Consent
from store.page import Page

router = APIRouter(prefix=PREFIX, tags=["admin: patients"], dependencies=PEOPLE)


class WhichStanding(Model):
    """Which channel's standing; all of them where it is left out."""

    channel: Channel | None = None


class ConsentBody(Model):
    """How many messages of a provider's template a person allows from now on."""

    template: str = Field(min_length=1, max_length=128, pattern=r"^[\x21-\x7e]+$")
    quota: int = Field(default=1, ge=0, le=10_000, strict=True)
    unlimited: bool = Field(default=False, strict=True)


@router.get("/standings/{identity_type}/{value}")
async def list_standings(
    identity_type: IdentityTypePath, value: ValuePath, caller: Looker, centre: CentreDep
) -> Page[StandingView]:
    """List what providers said of an identity, and whether it keeps messages back."""
    known, fade = normal_value(identity_type, value), centre.settings.standing_fade
    async with centre.store.sessions() as session:
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
    body: ConsentBody,
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
