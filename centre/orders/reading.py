"""What a recipient may still read of a message, whatever link they kept."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from centre.catalog import template_queries, type_queries
from centre.context import Context
from centre.messages import queries as messages
from centre.messages.contracts import StoredMessage
from centre.workstations import removal_queries as removals
from core.errors import Gone
from core.models import Message, MessageStatus
from core.text.templating import render
from core.words import Status

_CLOSED = frozenset({Status.CANCELLED, Status.EXPIRED})
# From here a workflow goes on to no other state: it need not be asked.
_SETTLED = _CLOSED | {Status.DELIVERED}


@dataclass(frozen=True)
class Reading:
    """A message on its page; `title` is its detail's, else its template's."""

    message: Message
    title: str


async def read_message(
    context: Context, message_id: UUID, now: datetime
) -> Reading | None:
    """Return what a recipient reads of a message; None where nobody accepted it.

    Raises Gone where it is no longer valid.
    """
    message = await readable_message(context, message_id, now)
    if message is None:
        return None
    detail = message.detail
    title = detail.title if detail else await _title(context, message)
    return Reading(message, title)


async def _title(context: Context, message: Message) -> str:
    """Return the title that the message's first channel with one shows."""
    async with context.store.sessions() as session:
        for channel in message.plan.channels:
            version = message.templates.get(channel, 0)
            found = await template_queries.template(
                session, message.type, channel, version
            )
            if found is not None and found.title:
                return render(found.title, message.params)
        message_type = await type_queries.find_message_type(session, message.type)
    return message_type.name if message_type else message.type


async def readable_message(
    context: Context, message_id: UUID, now: datetime
) -> Message | None:
    """Return a message for its recipient; None where nobody accepted it.

    Raises Gone where it was taken back or cancelled, or has expired: by the order
    itself, the workflow, or the store, whichever knew it first.
    """
    async with context.store.sessions() as session:
        gone = await removals.removed(session, message_id)
        stored = await messages.find(session, message_id)
    if gone or (stored is not None and _closed(stored.status)):
        raise Gone("This message is no longer valid.")
    message = await _running(context, message_id, stored)
    if message is not None and message.expires_at and message.expires_at <= now:
        raise Gone("This message has expired.")
    return message


async def _running(
    context: Context, message_id: UUID, stored: StoredMessage | None
) -> Message | None:
    """Return the message; where it may be under way, its workflow is asked too."""
    if stored is None or stored.status.status not in _SETTLED:
        answered = await context.flows.status_of(message_id)
        if answered is not None and _closed(answered):
            raise Gone("This message is no longer valid.")
    if stored is not None:
        return stored.message
    return await context.flows.accepted_message(message_id)


def _closed(doc: MessageStatus) -> bool:
    return doc.recall is not None or doc.status in _CLOSED
