"""`/v1/admin/…/sending-times` and `/holidays`: when messages may go out."""

from typing import Annotated

from fastapi import APIRouter, Path
from pydantic import Field

from api.admin.common import PREFIX, ChannelPath, CodePath
from api.auth.callers import PEOPLE, Admin, Looker
from api.context import SessionDep
from centre.schedule import queries as sending_times
from centre.schedule.holidays import type_must_exist
from centre.schedule.queries import RulesVersion
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

router = APIRouter(prefix=PREFIX, tags=["admin: sending times"], dependencies=PEOPLE)

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
async def get_hospital_times(caller: Looker, session: SessionDep) -> RulesVersion:
    """Return the hospital's quiet hours, windows and caps."""
    return await sending_times.rules_of(session, HOSPITAL)


@router.put("/sending-times")
async def put_hospital_times(
    body: SendingRules, caller: Admin, session: SessionDep
) -> RulesVersion:
    """Add a version of the hospital's rules; it holds within seconds."""
    return await sending_times.put_rules(session, HOSPITAL, body, caller.actor)


@router.get("/sending-times/versions")
async def list_hospital_times(
    caller: Looker, session: SessionDep
) -> Page[RulesVersion]:
    """List the versions of the hospital's rules, the newest first."""
    found = await sending_times.rules_versions(session, HOSPITAL)
    return Page[RulesVersion](items=found)


@router.get("/type-classes/{type_class}/sending-times")
async def get_class_times(
    type_class: ClassPath, caller: Looker, session: SessionDep
) -> RulesVersion:
    """Return the rules of a class of message types."""
    return await sending_times.rules_of(session, class_scope(type_class))


@router.put("/type-classes/{type_class}/sending-times")
async def put_class_times(
    type_class: ClassPath, body: SendingRules, caller: Admin, session: SessionDep
) -> RulesVersion:
    """Add a version of the rules of a class of message types."""
    scope = class_scope(type_class)
    return await sending_times.put_rules(session, scope, body, caller.actor)


@router.get("/message-types/{code}/sending-times")
async def get_type_times(
    code: CodePath, caller: Looker, session: SessionDep
) -> RulesVersion:
    """Return a message type's own rules."""
    await type_must_exist(session, code)
    return await sending_times.rules_of(session, type_scope(code))


@router.put("/message-types/{code}/sending-times")
async def put_type_times(
    code: CodePath, body: SendingRules, caller: Admin, session: SessionDep
) -> RulesVersion:
    """Add a version of a message type's own rules."""
    await type_must_exist(session, code)
    return await sending_times.put_rules(session, type_scope(code), body, caller.actor)


@router.get("/message-types/{code}/sending-times/versions")
async def list_type_times(
    code: CodePath, caller: Looker, session: SessionDep
) -> Page[RulesVersion]:
    """List the versions of a message type's own rules, the newest first."""
    await type_must_exist(session, code)
    found = await sending_times.rules_versions(session, type_scope(code))
    return Page[RulesVersion](items=found)


@router.get("/channels/{channel}/sending-times")
async def get_channel_times(
    channel: ChannelPath, caller: Looker, session: SessionDep
) -> RulesVersion:
    """Return a channel's rules, which hold for every type."""
    return await sending_times.rules_of(session, channel_scope(channel))


@router.put("/channels/{channel}/sending-times")
async def put_channel_times(
    channel: ChannelPath, body: SendingRules, caller: Admin, session: SessionDep
) -> RulesVersion:
    """Add a version of a channel's rules; it has limits, not caps."""
    scope = channel_scope(channel)
    return await sending_times.put_rules(session, scope, body, caller.actor)


@router.get("/holidays")
async def list_holidays(caller: Looker, session: SessionDep) -> Page[Holiday]:
    """List the holidays and the days made up for them."""
    return Page[Holiday](items=await sending_times.list_holidays(session))


@router.put("/holidays")
async def put_holidays(
    body: HolidayList, caller: Admin, session: SessionDep
) -> Page[Holiday]:
    """Write several holidays at once; the others stay."""
    await sending_times.put_holidays(session, body.items, caller.actor)
    return Page[Holiday](items=await sending_times.list_holidays(session))


@router.put("/holidays/{day}")
async def put_holiday(
    day: DayPath, body: HolidayBody, caller: Admin, session: SessionDep
) -> Holiday:
    """Write one holiday."""
    holiday = Holiday(day=day, name=body.name, counts_as=body.counts_as)
    await sending_times.put_holidays(session, [holiday], caller.actor)
    return holiday


@router.delete("/holidays/{day}", status_code=204)
async def delete_holiday(day: DayPath, caller: Admin, session: SessionDep) -> None:
    """Make a holiday an ordinary day again."""
    await sending_times.delete_holiday(session, day, caller.actor)
