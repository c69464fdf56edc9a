"""A person's inbox, as the hospital's own app shows it, and what reading it tells."""

import asyncio
from collections.abc import Mapping, Sequence
from contextlib import suppress
from uuid import UUID

from centre.context import Context
from centre.people.holder_queries import inboxes_of
from centre.receipts.intake import ReceiptIntake
from centre.workstations import inbox_queries as inbox
from centre.workstations.contracts import InboxItem
from channels.hospital.inbox import InboxSender
from channels.receipts import ProviderReceipt
from core.base import Model
from core.clock import utc_now
from core.errors import FieldError, Invalid, NotFound, Unavailable
from core.identities import normalise
from core.words import Channel, IdentityType, Outcome

# Each is a signal and some writes: an app that lists much asks for much at once.
_AT_ONCE = 8


class InboxPage(Model):
    """Some items, the newest first; `unread` counts all, on this page or not."""

    items: tuple[InboxItem, ...]
    unread: int
    next: str | None


async def query_inbox(
    context: Context,
    identities: Mapping[IdentityType, str],
    cursor: str | None,
    limit: int,
) -> InboxPage:
    """Return what lies in a person's inbox, by any of their identities.

    What an app has shown in full, its delivery counts as read from then on. An
    item is unread until it is opened.
    """
    named = _checked(identities)
    async with context.store.sessions() as session:
        owners = await inboxes_of(session, named)
        page = await inbox.list_inbox(session, owners, cursor, limit)
        unread = await inbox.count_unread(session, owners)
    await _tell(context, page.items)
    return InboxPage(items=page.items, unread=unread, next=page.next)


async def open_item(context: Context, item_id: UUID) -> InboxItem:
    """Note that an item was opened; the first time counts.

    NotFound where there is none, or none any more: taken back, or expired.
    """
    async with context.store.sessions.begin() as session:
        if await inbox.find_item(session, item_id) is None:
            raise NotFound("There is no such item, or it was taken back.")
        await inbox.mark_read(session, None, item_id)
        item = await inbox.find_item(session, item_id)
    assert item is not None
    await _tell(context, [item])
    return item


def _checked(identities: Mapping[IdentityType, str]) -> dict[IdentityType, str]:
    """Return identities in their one spelling; Invalid names the wrong ones."""
    found: dict[IdentityType, str] = {}
    field_errors: list[FieldError] = []
    for kind, value in identities.items():
        try:
            found[kind] = normalise(kind, value)
        except ValueError as error:
            field_errors.append(FieldError(f"/identities/{kind}", str(error)))
    if field_errors:
        raise Invalid("The identities were refused; see `errors`.", field_errors)
    return found


async def _tell(context: Context, items: Sequence[InboxItem]) -> None:
    """Let messages know that they are read, once each.

    Where Temporal is away the inbox is read all the same: the next look tells.
    """
    untold = [item.delivery_id for item in items if not item.told]
    if not untold:
        return
    intake, room = (
        ReceiptIntake(context),
        asyncio.Semaphore(_AT_ONCE),
    )
    with suppress(Unavailable):
        told = await asyncio.gather(
            *(_read(intake, room, each) for each in untold), return_exceptions=True
        )
        for error in filter(None, told):
            raise error
        async with context.store.sessions.begin() as session:
            await inbox.note_told(session, untold)


async def _read(
    intake: ReceiptIntake, room: asyncio.Semaphore, delivery_id: UUID
) -> None:
    async with room:
        await intake.take(
            ProviderReceipt(
                channel=Channel.INBOX,
                provider=InboxSender.provider,
                sending_id=delivery_id,
                outcome=Outcome.READ,
                at=utc_now(),
            )
        )
