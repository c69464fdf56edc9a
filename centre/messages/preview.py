"""What a message would say and by which channels, were it sent now."""

from collections.abc import Mapping
from dataclasses import dataclass
from uuid import uuid4

from centre.catalog.message_types import find_message_type
from centre.catalog.previews import Shown, preview_of
from centre.clients.models import Client
from centre.context import Context
from centre.messages.accept import planned, refuse_too_long
from centre.messages.acceptance import MessageRequest
from core.policies import Plan
from core.words import Channel


@dataclass(frozen=True)
class MessagePreview:
    """The plan, and what those of its channels would show that have a template."""

    plan: Plan
    channels: Mapping[Channel, Shown]


async def preview(
    context: Context, client: Client, asked: MessageRequest
) -> MessagePreview:
    """Return what a client's message would be; refused as if it were sent."""
    message_type = await find_message_type(context, asked.type)
    message = planned(context, client, asked, message_type, uuid4())
    await refuse_too_long(context, message_type, message)
    templates = message_type.templates if message_type else {}
    texts = {
        channel: preview_of(templates[channel], message.params)
        for channel in message.plan.channels
        if channel in templates
    }
    return MessagePreview(message.plan, texts)
