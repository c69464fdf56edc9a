"""`/v1/admin/…/sending-times` and `/holidays`: when messages may go out."""

from typing import Annotated

from fastapi import APIRouter, Path
from pydantic import Field

from api.admin.common import PREFIX, ChannelPath, CodePath
from api.auth.callers import PEOPLE, Admin, Looker
from api.context import ContextDep
from api.http.checked_bodies import CheckedBody
from centre.schedule import holidays, sending_times
from centre.schedule.models import RulesVersion
from centre.schedule.rules import (
    HOSPITAL,
    Day,
    Holiday,
    SendingRules,
    Weekday,
    channel_scope,
    class_scope,
    type_scope,
)
from core.base import Model
from core.text.plain_text import PlainText
from core.words import TypeClass
from db.pages import Page

router = APIRouter(
    prefix=PREFIX,
    tags=["admin: sending times"],
    dependencies=PEOPLE,
    route_class=CheckedBody,
)

ClassPath = Annotated[TypeClass, Path()]
DayPath = Annotated[Day, Path()]


class HolidayBody(Model):
    """Which weekday the day counts as: 7 for a day off, 1 for one made up for."""

    name: PlainText = Field(default="", max_length=64)
    counts_as: Weekday = 7


class HolidayList(Model):
    """Holidays to write at once, over those of the same days."""

    items: tuple[Holiday, ...] = Field(min_length=1, max_length=400)


@router.get("/sending-times")
async def get_hospital_times(caller: Looker, context: ContextDep) -> RulesVersion:
    """Return the hospital's quiet hours, windows and caps."""
    return await sending_times.rules_of(context, HOSPITAL)


@router.put("/sending-times")
async def put_hospital_times(
    body: SendingRules, caller: Admin, context: ContextDep
) -> RulesVersion:
    """Add a version of the hospital's rules; it holds within seconds."""
    return await sending_times.put_rules(context, HOSPITAL, body, caller.actor)


@router.get("/sending-times/versions")
async def list_hospital_times(
    caller: Looker, context: ContextDep
) -> Page[RulesVersion]:
    """List the versions of the hospital's rules, the newest first."""
    found = await sending_times.rules_versions(context, HOSPITAL)
    return Page[RulesVersion](items=found)


@router.get("/type-classes/{type_class}/sending-times")
async def get_class_times(
    type_class: ClassPath, caller: Looker, context: ContextDep
) -> RulesVersion:
    """Return the rules of a class of message types."""
    return await sending_times.rules_of(context, class_scope(type_class))


@router.put("/type-classes/{type_class}/sending-times")
async def put_class_times(
    type_class: ClassPath, body: SendingRules, caller: Admin, context: ContextDep
) -> RulesVersion:
    """Add a version of the rules of a class of message types."""
    scope = class_scope(type_class)
    return await sending_times.put_rules(context, scope, body, caller.actor)


@router.get("/message-types/{code}/sending-times")
async def get_type_times(
    code: CodePath, caller: Looker, context: ContextDep
) -> RulesVersion:
    """Return a message type's own rules."""
    return await sending_times.rules_of(context, type_scope(code))


@router.put("/message-types/{code}/sending-times")
async def put_type_times(
    code: CodePath, body: SendingRules, caller: Admin, context: ContextDep
) -> RulesVersion:
    """Add a version of a message type's own rules."""
    return await sending_times.put_rules(context, type_scope(code), body, caller.actor)


@router.get("/message-types/{code}/sending-times/versions")
async def list_type_times(
    code: CodePath, caller: Looker, context: ContextDep
) -> Page[RulesVersion]:
    """List the versions of a message type's own rules, the newest first."""
    found = await sending_times.rules_versions(context, type_scope(code))
    return Page[RulesVersion](items=found)


@router.get("/channels/{channel}/sending-times")
async def get_channel_times(
    channel: ChannelPath, caller: Looker, context: ContextDep
) -> RulesVersion:
    """Return a channel's rules, which hold for every type."""
    return await sending_times.rules_of(context, channel_scope(channel))


@router.put("/channels/{channel}/sending-times")
async def put_channel_times(
    channel: ChannelPath, body: SendingRules, caller: Admin, context: ContextDep
) -> RulesVersion:
    """Add a version of a channel's rules; it has limits, not caps."""
    scope = channel_scope(channel)
    return await sending_times.put_rules(context, scope, body, caller.actor)


@router.get("/holidays")
async def list_holidays(caller: Looker, context: ContextDep) -> Page[Holiday]:
    """List the holidays and the days made up for them."""
    return Page[Holiday](items=await holidays.list_holidays(context))


@router.put("/holidays")
async def put_holidays(
    body: HolidayList, caller: Admin, context: ContextDep
) -> Page[Holiday]:
    """Write several holidays at once; the others stay."""
    await holidays.put_holidays(context, body.items, caller.actor)
    return Page[Holiday](items=await holidays.list_holidays(context))


@router.put("/holidays/{day}")
async def put_holiday(
    day: DayPath, body: HolidayBody, caller: Admin, context: ContextDep
) -> Holiday:
    """Write one holiday."""
    holiday = Holiday(day=day, name=body.name, counts_as=body.counts_as)
    await holidays.put_holidays(context, [holiday], caller.actor)
    return holiday


@router.delete("/holidays/{day}", status_code=204)
async def delete_holiday(day: DayPath, caller: Admin, context: ContextDep) -> None:
    """Make a holiday an ordinary day again."""
    await holidays.delete_holiday(context, day, caller.actor)
