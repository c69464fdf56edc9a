"""`/v1/admin/channels` and `/v1/admin/identity-types`: the two dictionaries."""

from typing import Annotated

from fastapi import APIRouter
from pydantic import Field, StrictBool, StrictInt

from api.admin.common import PREFIX, ChannelPath, IdentityTypePath
from api.auth.callers import PEOPLE, Admin, Looker
from api.context import ContextDep
from api.http.checked_bodies import CheckedBody
from centre.catalog import dictionaries
from centre.catalog.models import (
    ChannelChanges,
    ChannelEntry,
    IdentityTypeChanges,
    IdentityTypeEntry,
    LimitName,
)
from db.pages import Page

router = APIRouter(
    prefix=PREFIX,
    tags=["admin: dictionaries"],
    dependencies=PEOPLE,
    route_class=CheckedBody,
)

_Limit = Annotated[StrictInt, Field(ge=0, le=1_000_000_000)]


class ChannelPatch(ChannelChanges):
    """What to change of a channel; `enabled: false` withholds what would use it."""

    cost_per_message: float = Field(
        default=0.0, ge=0, le=1000, allow_inf_nan=False, strict=True
    )
    limits: dict[LimitName, _Limit] = Field(default={}, max_length=32)
    enabled: StrictBool = True


class IdentityTypePatch(IdentityTypeChanges):
    """What to change of an identity type."""

    enabled: StrictBool = True


@router.get("/channels")
async def list_channels(caller: Looker, context: ContextDep) -> Page[ChannelEntry]:
    """List the channels with costs, limits and accounts."""
    return Page[ChannelEntry](items=await dictionaries.list_channels(context))


@router.patch("/channels/{channel}")
async def change_channel(
    channel: ChannelPath, body: ChannelPatch, caller: Admin, context: ContextDep
) -> ChannelEntry:
    """Change a channel, or switch it off."""
    return await dictionaries.update_channel(context, channel, body, caller.actor)


@router.get("/identity-types")
async def list_identity_types(
    caller: Looker, context: ContextDep
) -> Page[IdentityTypeEntry]:
    """List the ways to name a recipient."""
    found = await dictionaries.list_identity_types(context)
    return Page[IdentityTypeEntry](items=found)


@router.patch("/identity-types/{identity_type}")
async def change_identity_type(
    identity_type: IdentityTypePath,
    body: IdentityTypePatch,
    caller: Admin,
    context: ContextDep,
) -> IdentityTypeEntry:
    """Change an identity type, or switch it off."""
    return await dictionaries.update_identity_type(
        context, identity_type, body, caller.actor
    )
