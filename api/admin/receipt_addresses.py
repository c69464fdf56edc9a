"""`/v1/admin/channels/{channel}/receipts`: the addresses to enter at providers."""

from fastapi import APIRouter

from api.admin.common import PREFIX, ChannelPath
from api.auth.callers import PEOPLE, Admin
from api.context import ContextDep
from api.http.checked_bodies import CheckedBody
from centre.receipts import addresses
from centre.receipts.models import ReceiptAddress
from channels.provider import DEFAULT_CODE
from core.base import Model
from core.fields import Code
from db.pages import Page

router = APIRouter(
    prefix=PREFIX + "/channels/{channel}/receipts",
    tags=["admin: channels"],
    dependencies=PEOPLE,
    route_class=CheckedBody,
)


class RenewBody(Model):
    """Whose address shall be another."""

    account: Code = DEFAULT_CODE


@router.get("")
async def list_receipt_addresses(
    channel: ChannelPath, caller: Admin, context: ContextDep
) -> Page[ReceiptAddress]:
    """List where the providers of a channel's accounts report; who looked is kept."""
    found = await addresses.receipt_addresses(context, channel, caller.actor)
    return Page[ReceiptAddress](items=found)


@router.post("/renew")
async def renew_receipt_address(
    channel: ChannelPath,
    body: RenewBody,
    caller: Admin,
    context: ContextDep,
) -> ReceiptAddress:
    """Give an account another address; the old one is refused at once."""
    return await addresses.renew_receipt_address(
        context, channel, body.account, caller.actor
    )
