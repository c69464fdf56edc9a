"""Finding messages: by what they are, or by any number of whoever they are for.

A person who looks for somebody's messages is written down.
"""

from centre.audit import audit
from centre.audit.audit import Actor
from centre.audit.roles import own_client
from centre.context import Context
from centre.messages import queries as messages
from centre.messages.contracts import (
    AddressedMessage,
    MessageExport,
    MessageFilter,
)
from centre.people.masking import masked_recipient
from centre.people.owners import Trail
from core.base import evolve
from core.clock import utc_now
from core.errors import FieldError, Invalid
from core.fields import check_times
from core.identities import normalise
from core.models import Address, MessageStatus
from core.words import IdentityType
from db.pages import MAX_LIMIT, Page

# More in one file is a report's work.
MOST_EXPORTED = 10_000
_NOTHING = Page[MessageStatus](items=(), next=None)


async def list_messages(
    context: Context,
    wanted: MessageFilter,
    cursor: str | None = None,
    limit: int = 50,
) -> Page[MessageStatus]:
    """Return messages, the newest first."""
    check_times(wanted.since, wanted.until)
    async with context.store.sessions() as session:
        return await messages.list_messages(session, wanted, cursor, limit)


async def list_addressed(
    context: Context,
    wanted: MessageFilter,
    cursor: str | None = None,
    limit: int = 50,
) -> Page[AddressedMessage]:
    """Return the same with whom each message is for, masked."""
    check_times(wanted.since, wanted.until)
    async with context.store.sessions() as session:
        found = await messages.list_addressed(session, wanted, cursor, limit)
    return Page(items=tuple(map(_masked, found.items)), next=found.next)


def _masked(one: AddressedMessage) -> AddressedMessage:
    shown = one.recipient and masked_recipient(one.recipient)
    return AddressedMessage(status=one.status, recipient=shown)


async def find_messages(
    context: Context,
    wanted: MessageFilter,
    actor: Actor,
    recipient: str | None = None,
    cursor: str | None = None,
    limit: int = 50,
) -> Page[MessageStatus]:
    """Return the messages that somebody may know of: a client its own, people all.

    `recipient` is `TYPE:VALUE`, or a bare value: the first identity type under which
    there is a message.
    """
    check_times(wanted.since, wanted.until)
    only = own_client(actor)
    if only is not None:
        if wanted.client not in (None, only):
            return _NOTHING
        wanted = evolve(wanted, client=only)
    narrowed = await _narrowed(context, wanted, recipient) if recipient else wanted
    if recipient and only is None and cursor is None:
        await note_search(context, narrowed or MessageFilter(), actor)
    if narrowed is None:
        return _NOTHING
    return await list_messages(context, narrowed, cursor, limit)


async def _narrowed(
    context: Context, wanted: MessageFilter, recipient: str
) -> MessageFilter | None:
    """Return the filter for one recipient; None where no message is theirs."""
    kind, colon, value = recipient.partition(":")
    if colon and kind in set(IdentityType):
        address = _address(IdentityType(kind), value)
        return evolve(wanted, recipient=address)
    async with context.store.sessions() as session:
        for address in _candidates(recipient):
            narrowed = evolve(wanted, recipient=address)
            if (await messages.list_messages(session, narrowed, None, 1)).items:
                return narrowed
    return None


def _address(kind: IdentityType, value: str) -> Address:
    try:
        return Address(type=kind, value=normalise(kind, value))
    except ValueError as error:
        field_error = FieldError("/recipient", str(error))
        raise Invalid("recipient is refused.", [field_error]) from None


def _candidates(value: str) -> list[Address]:
    """Return every identity that a bare value can be, in the dictionary's order."""
    found = []
    for kind in IdentityType:
        try:
            found.append(Address(type=kind, value=normalise(kind, value)))
        except ValueError:
            continue
    return found


async def note_search(context: Context, wanted: MessageFilter, actor: Actor) -> Trail:
    """Return by what somebody's messages are found; the log keeps who looked for whom.

    It names the kind of number and the entries of the index, never the number.
    """
    check_times(wanted.since, wanted.until)
    kind = wanted.recipient.type.value if wanted.recipient else None
    async with context.store.sessions.begin() as session:
        trail = await messages.trail(session, wanted) or Trail(keys=())
        asked = {"identity_type": kind, "people": list(map(str, trail.people))}
        await audit.write(session, actor, "search", "messages", None, asked)
    return trail


async def export_messages(
    context: Context, wanted: MessageFilter, actor: Actor
) -> MessageExport:
    """Return messages for a file, at most MOST_EXPORTED; who took them is kept."""
    items: list[MessageStatus] = []
    page = await list_messages(context, wanted, None, MAX_LIMIT)
    items += page.items
    while page.next is not None and len(items) < MOST_EXPORTED:
        page = await list_messages(context, wanted, page.next, MAX_LIMIT)
        items += page.items
    # A recipient's number stays out of the log.
    asked = wanted.model_dump(mode="json", exclude_none=True, exclude={"recipient"})
    if wanted.recipient is not None:
        asked["recipient"] = str(wanted.recipient.type)
    async with context.store.sessions.begin() as session:
        after = {"filter": asked, "rows": len(items)}
        await audit.write(session, actor, "export", "messages", None, after)
    return MessageExport(items=tuple(items), more=page.next is not None)


async def list_failed(
    context: Context,
    wanted: MessageFilter,
    cursor: str | None = None,
    limit: int = 50,
) -> Page[MessageStatus]:
    """Return the messages that wait for somebody to send them again."""
    check_times(wanted.since, wanted.until)
    async with context.store.sessions() as session:
        return await messages.list_failed(session, wanted, utc_now(), cursor, limit)


async def count_failed(context: Context, wanted: MessageFilter) -> tuple[int, bool]:
    """Count them up to 10,000; tell whether there are more."""
    check_times(wanted.since, wanted.until)
    async with context.store.sessions() as session:
        return await messages.count_failed(session, wanted, utc_now())
