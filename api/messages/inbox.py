"""`/v1/inbox`: a person's messages, for the hospital's own app or mini program."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Body
from pydantic import Field

from api.auth.callers import CLIENTS, InboxReader
from api.context import ContextDep
from api.http.checked_bodies import CheckedBody
from api.messages.examples import INBOX
from centre.receipts import read_inbox as inbox
from centre.workstations.contracts import InboxItem
from core.base import Model
from core.words import IdentityType
from db.pages import MAX_LIMIT

router = APIRouter(
    prefix="/v1/inbox", tags=["inbox"], dependencies=CLIENTS, route_class=CheckedBody
)


class InboxQuery(Model):
    """Whose inbox, by any identities of one person: in the body, never an address."""

    identities: dict[IdentityType, str] = Field(min_length=1, max_length=16, repr=False)
    limit: int = Field(default=50, ge=1, le=MAX_LIMIT, strict=True)
    cursor: str | None = Field(default=None, max_length=512)


class Item(Model):
    """One message of an inbox; `read_at` is when it was opened."""

    id: UUID
    type: str
    title: str
    body: str
    link: str | None
    at: datetime
    read_at: datetime | None


class Inbox(Model):
    """Some items, the newest first; `unread` counts those of all pages."""

    items: tuple[Item, ...]
    unread: int
    next: str | None


@router.post("/query")
async def query_inbox(
    body: Annotated[InboxQuery, Body(openapi_examples=INBOX)],
    caller: InboxReader,
    context: ContextDep,
) -> Inbox:
    """List a person's inbox: what every client sent; the deliveries shown are read."""
    page = await inbox.query_inbox(context, body.identities, body.cursor, body.limit)
    items = tuple(map(_shown, page.items))
    return Inbox(items=items, unread=page.unread, next=page.next)


@router.post("/{item_id:uuid}/read")
async def read_inbox_item(
    item_id: UUID, caller: InboxReader, context: ContextDep
) -> Item:
    """Note that an item was opened; a second time changes nothing."""
    return _shown(await inbox.open_item(context, item_id))


def _shown(item: InboxItem) -> Item:
    return Item(
        id=item.delivery_id,
        type=item.type,
        title=item.title,
        body=item.body,
        link=item.link,
        at=item.created_at,
        read_at=item.read_at,
    )
