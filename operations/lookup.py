"""Finding out how a message stands: the workflow first, then what is written down."""

from dataclasses import dataclass
from typing import Literal
from uuid import UUID

from core import progress
from core.errors import NotFound
from core.models import Message, MessageStatus
from operations import Parts
from store import messages

Source = Literal["workflow", "store"]


@dataclass(frozen=True)
class Found:
    """A message's status, and who knew it."""

    doc: MessageStatus
    source: Source


async def find_message(parts: Parts, message_id: UUID) -> Found | None:
    """Return how a message stands; None where nobody accepted it."""
    answered = await parts.deliveries.status_of(message_id)
    if answered is not None:
        return Found(answered, "workflow")
    async with parts.store.sessions() as session:
        stored = await messages.find(session, message_id)
    if stored is not None:
        return Found(stored.status, "store")
    # Accepted, and no worker has seen it yet: only its start is known.
    message = await parts.deliveries.accepted_message(message_id)
    return Found(progress.begin(message), "workflow") if message else None


async def look_up(parts: Parts, message_id: UUID, client: str | None = None) -> Found:
    """Return how a message stands; NotFound where it is not this client's.

    No client stands for everybody's messages, as people see them.
    """
    found = await find_message(parts, message_id)
    if found is None or client not in (None, found.doc.client):
        raise NotFound("There is no such message.")
    return found


async def stored_message(parts: Parts, message_id: UUID) -> Message | None:
    """Return a message as it was accepted, from the store or from Temporal."""
    async with parts.store.sessions() as session:
        stored = await messages.find(session, message_id)
    if stored is not None:
        return stored.message
    return await parts.deliveries.accepted_message(message_id)
