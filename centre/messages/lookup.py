"""Finding out how a message stands: the workflow first, then what is written down."""

from contextlib import suppress
from dataclasses import dataclass
from typing import Literal
from uuid import UUID

from centre.context import Context
from centre.messages import queries as messages
from centre.messages import status as progress
from core.base import evolve
from core.errors import NotFound, Unavailable
from core.models import Message, MessageStatus
from core.words import Status

Source = Literal["workflow", "store"]
_MAY_HAVE_ENDED = frozenset(
    {Status.DELIVERED, Status.FAILED, Status.CANCELLED, Status.EXPIRED}
)


@dataclass(frozen=True)
class Lookup:
    """A message's status, and who knew it."""

    doc: MessageStatus
    source: Source


async def find_message(context: Context, message_id: UUID) -> Lookup | None:
    """Return how a message stands; None where nobody accepted it."""
    answered = await context.flows.status_of(message_id)
    if answered is not None:
        return await _newest(context, answered)
    async with context.store.autocommit() as session:
        stored = await messages.find(session, message_id)
    if stored is not None:
        return Lookup(stored.status, "store")
    # Accepted, and no worker has seen it yet: only its start is known.
    message = await context.flows.accepted_message(message_id)
    return Lookup(progress.begin(message), "workflow") if message else None


async def _newest(context: Context, answered: MessageStatus) -> Lookup:
    """Return what a workflow knows, or what was written after it had ended.

    Late receipts and confirmations go to the store once nobody runs any more;
    an ended workflow still answers, with what it knew.
    """
    if answered.status not in _MAY_HAVE_ENDED:
        return Lookup(answered, "workflow")
    with suppress(Unavailable):
        async with context.store.autocommit() as session:
            stored = await messages.find(session, answered.id)
        if stored is not None and (later := _later(answered, stored.status)):
            return Lookup(later, "store")
    return Lookup(answered, "workflow")


def _later(answered: MessageStatus, stored: MessageStatus) -> MessageStatus | None:
    """Return the document with the store's news, None where it has none."""
    then, now = (answered.run, answered.updated_at), (stored.run, stored.updated_at)
    given = answered.acknowledgement or stored.acknowledgement
    if now > then:
        return evolve(stored, acknowledgement=given)
    if given is not answered.acknowledgement:
        return evolve(answered, acknowledgement=given)
    return None


async def look_up(
    context: Context, message_id: UUID, client: str | None = None
) -> Lookup:
    """Return how a message stands; NotFound where it is not this client's.

    No client stands for everybody's messages, as people see them.
    """
    found = await find_message(context, message_id)
    if found is None or client not in (None, found.doc.client):
        raise _no_such_message()
    return found


def message_id_of(text: str) -> UUID:
    """Return the id that stands in an address; NotFound for anything else."""
    try:
        return UUID(text)
    except ValueError:
        raise _no_such_message() from None


def _no_such_message() -> NotFound:
    return NotFound("There is no such message.")


async def kept_message(context: Context, message_id: UUID) -> Message:
    """Return a message as it was accepted; NotFound once that is no longer kept."""
    message = await stored_message(context, message_id)
    if message is None:
        raise NotFound("This message's request is no longer kept.")
    return message


async def stored_message(context: Context, message_id: UUID) -> Message | None:
    """Return a message as it was accepted, from the store or from Temporal."""
    async with context.store.autocommit() as session:
        stored = await messages.find(session, message_id)
    if stored is not None:
        return stored.message
    return await context.flows.accepted_message(message_id)
