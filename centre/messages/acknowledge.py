"""Somebody confirms a message, reading back the value its type asks for."""

import unicodedata
from contextlib import suppress
from dataclasses import replace
from typing import Annotated
from uuid import UUID

from pydantic import Field, StringConstraints

from centre.audit import audit
from centre.audit.audit import Actor
from centre.audit.roles import CLIENT, OPERATORS, WORKSTATION, own_client
from centre.context import Context
from centre.messages import status as progress
from centre.messages import writes as message_writes
from centre.messages.lookup import Lookup, kept_message, look_up, stored_message
from core.base import Model
from core.clock import utc_now
from core.errors import Conflict, FieldError, Invalid
from core.models import Acknowledgement, Message
from core.text.plain_text import PlainLine
from core.words import Channel

Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)]


class AcknowledgeOrder(Model):
    """Who confirmed a message, and what they read back."""

    by: PlainLine = Field(min_length=1, max_length=128, examples=["N0217"], repr=False)
    read_back: Annotated[Text, Field(max_length=1000)] | None = Field(
        default=None,
        repr=False,
        description="The value of the parameter that the type names to be read back.",
    )


async def acknowledge(
    context: Context,
    message_id: UUID,
    order: AcknowledgeOrder,
    actor: Actor,
    channel: Channel | None = None,
) -> Lookup:
    """Confirm a message; the first confirmation stays, and is returned.

    Raises Invalid where the value read back is not the message's own. The
    workflow may have ended, so the store is told as well.
    """
    actor.must_be(*OPERATORS, CLIENT, WORKSTATION)
    found = await look_up(context, message_id, own_client(actor))
    if found.doc.acknowledgement is not None:
        return found
    message = await kept_message(context, message_id)
    check_read_back(message, order.read_back)
    given = Acknowledgement(
        by=order.by,
        at=utc_now(),
        channel=channel,
        read_back=order.read_back,
    )
    with suppress(Conflict):  # it may have ended; then only the store is left
        await context.flows.acknowledge(message_id, given)
    await _write(context, message_id, given, actor)
    return replace(found, doc=progress.with_acknowledgement(found.doc, given))


async def asks_read_back(context: Context, message_id: UUID) -> bool:
    """Tell whether who confirms a message must read a value back."""
    message = await stored_message(context, message_id)
    return message is not None and message.read_back_param is not None


async def _write(
    context: Context, message_id: UUID, given: Acknowledgement, actor: Actor
) -> None:
    """Write the confirmation and who recorded it; not the value, nor the name."""
    after = {
        "at": given.at.isoformat(),
        "channel": given.channel,
        "read_back": given.read_back is not None,
    }
    async with context.store.sessions.begin() as session:
        await message_writes.acknowledge(session, message_id, given)
        target = f"messages/{message_id}"
        await audit.write(session, actor, "acknowledge", target, None, after)


def check_read_back(message: Message, given: str | None) -> None:
    """Raise Invalid unless the value was read back right, where one must be.

    Blanks and the forms of a character (full width, half width) do not count.
    """
    if message.read_back_param is None:
        return
    value = message.params.get(message.read_back_param)
    if value is None:  # the request had no such parameter: nothing can be read
        return
    if given is None:
        raise _refused("The value must be read back.")
    if _spoken(given) != _spoken(value):
        raise _refused("What was read back is not the message's value.")


def _spoken(text: str) -> str:
    return "".join(unicodedata.normalize("NFKC", text).casefold().split())


def _refused(detail: str) -> Invalid:
    return Invalid("The confirmation was refused.", [FieldError("/read_back", detail)])
