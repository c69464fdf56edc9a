"""`/v1/admin/alarms`, `/watch`, `/stuck-messages`: the watch over the queues."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Path, Query
from pydantic import ConfigDict, Field

from api.admin.common import PREFIX, CodePath
from api.auth.callers import PEOPLE, Admin, Looker, Operator
from api.context import ContextDep
from api.http.checked_bodies import CheckedBody
from api.http.paging import Nothing, Paging, PagingDep
from centre.watch import alarms, thresholds
from centre.watch.models import (
    MOST_TOLD,
    Alarm,
    QueueThresholds,
    StuckMessage,
    WatchRules,
)
from centre.watch.rules import Expected, OwnThresholds, Thresholds
from centre.watch.stuck import stuck_messages
from core.base import Model
from core.models import Address
from core.words import IdentityType
from db.pages import Page

router = APIRouter(
    prefix=PREFIX, tags=["admin: alarms"], dependencies=PEOPLE, route_class=CheckedBody
)


class AlarmQuery(Paging):
    """Which alarms to list; `open`: only those that are not over, in one page."""

    open: bool = False


class AlarmRecipient(Model):
    """One identity of somebody who is told of alarms."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    type: IdentityType
    value: str = Field(min_length=1, max_length=255, repr=False)


class AlarmRecipients(Model):
    """Who is told of alarms, all of them; an empty list: nobody."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    recipients: tuple[AlarmRecipient, ...] = Field(max_length=MOST_TOLD)


@router.get("/alarms")
async def list_alarms(
    query: Annotated[AlarmQuery, Query()], caller: Looker, context: ContextDep
) -> Page[Alarm]:
    """List the alarms of the queues, the newest first."""
    if query.open:
        found = await alarms.open_alarms(context)
        return Page[Alarm](items=found[::-1])
    return await alarms.list_alarms(context, query.cursor, query.limit)


@router.post("/alarms/{alarm_id}/acknowledge")
async def acknowledge_alarm(
    alarm_id: Annotated[UUID, Path()],
    caller: Operator,
    context: ContextDep,
    _: Nothing | None = None,
) -> Alarm:
    """Record who looks after an alarm; the first one stays."""
    return await alarms.acknowledge(context, alarm_id, caller.actor)


@router.get("/queues/{code}/alarms")
async def get_queue_alarms(
    code: CodePath, caller: Looker, context: ContextDep
) -> QueueThresholds:
    """Return from when on a client's queue raises alarms."""
    return await thresholds.thresholds_of(context, code)


@router.put("/queues/{code}/alarms")
async def set_queue_alarms(
    code: CodePath, body: OwnThresholds, caller: Admin, context: ContextDep
) -> QueueThresholds:
    """Set what differs for a client from the default thresholds."""
    put = thresholds.put_own_thresholds
    return await put(context, code, body, caller.actor)


@router.get("/watch")
async def get_watch(caller: Looker, context: ContextDep) -> WatchRules:
    """Return what all queues are watched for; addresses are masked."""
    return await thresholds.watch_rules(context)


@router.put("/watch/thresholds")
async def set_thresholds(
    body: Thresholds, caller: Admin, context: ContextDep
) -> Thresholds:
    """Set the thresholds of every client without its own."""
    return await thresholds.put_thresholds(context, body, caller.actor)


@router.put("/watch/expected")
async def set_expected(body: Expected, caller: Admin, context: ContextDep) -> Expected:
    """Set within which time messages under way are expected to make a step."""
    return await thresholds.put_expected(context, body, caller.actor)


@router.put("/watch/recipients")
async def set_recipients(
    body: AlarmRecipients, caller: Admin, context: ContextDep
) -> WatchRules:
    """Set who is told of alarms, by a message of the centre's own."""
    told = tuple(Address(type=r.type, value=r.value) for r in body.recipients)
    await thresholds.put_recipients(context, told, caller.actor)
    return await thresholds.watch_rules(context)


@router.get("/stuck-messages")
async def list_stuck_messages(
    paging: PagingDep, caller: Looker, context: ContextDep
) -> Page[StuckMessage]:
    """List messages that stay under way longer than expected, the oldest first."""
    found = await stuck_messages(context)
    return Page[StuckMessage](items=found[: paging.limit])
