"""`/v1/admin/messages`: what people may see of a message beyond its status."""

from uuid import UUID

from fastapi import APIRouter

from api.admin.common import PREFIX
from api.auth.callers import PEOPLE, Looker, Operator
from api.context import ContextDep
from api.http.checked_bodies import CheckedBody
from api.http.paging import Nothing
from centre.delivery.timeline import Run, message_timeline
from centre.messages.reveal import reveal_recipient
from core.models import Recipient
from db.pages import Page

_PREFIX = PREFIX + "/messages/{message_id}"
router = APIRouter(
    prefix=_PREFIX,
    tags=["admin: messages"],
    dependencies=PEOPLE,
    route_class=CheckedBody,
)


@router.get("/timeline")
async def get_timeline(
    message_id: UUID, caller: Looker, context: ContextDep
) -> Page[Run]:
    """List a message's runs, the newest first, with every call to a provider."""
    return Page[Run](items=await message_timeline(context, message_id))


@router.post("/recipient")
async def show_recipient(
    message_id: UUID, caller: Operator, context: ContextDep, _: Nothing | None = None
) -> Recipient:
    """Show whom a message is for, in clear; the audit log keeps who looked."""
    return await reveal_recipient(context, message_id, caller.actor)
