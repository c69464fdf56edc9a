"""What a message would say and by which channels, were it sent now."""

from collections.abc import Mapping
from dataclasses import dataclass
from uuid import uuid4

from centre.catalog.previews import Shown, preview_of
from centre.clients.models import Client
from centre.context import Context
from centre.messages.accept import message_type, planned, refuse_too_long
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
    kind = await message_type(context, asked.type)
    message = planned(context, client, asked, kind, uuid4())
    await refuse_too_long(context, kind, message)
    templates = kind.templates if kind else {}
    texts = {
        channel: preview_of(templates[channel], message.params)
        for channel in message.plan.channels
        if channel in templates
    }
    return MessagePreview(message.plan, texts)
