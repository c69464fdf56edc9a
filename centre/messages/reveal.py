"""Whom a message is for: masked, and in clear only by a step that is kept."""

from uuid import UUID

from centre.audit.audit import Actor
from centre.context import Context
from centre.messages.lookup import look_up, stored_message
from centre.people.masking import masked_recipient, note_look
from core.errors import NotFound
from core.models import Recipient


async def recipient_of(context: Context, message_id: UUID) -> Recipient | None:
    """Return whom a message is for, masked; None where that is no longer kept."""
    message = await stored_message(context, message_id)
    return masked_recipient(message.recipient) if message else None


async def reveal_recipient(
    context: Context, message_id: UUID, actor: Actor
) -> Recipient:
    """Return whom a message is for in clear; the log keeps who looked."""
    await look_up(context, message_id)
    message = await stored_message(context, message_id)
    if message is None:
        raise NotFound("This message's recipient is no longer kept.")
    await note_look(context, f"messages/{message_id}", actor)
    return message.recipient
