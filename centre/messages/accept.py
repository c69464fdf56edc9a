"""Accepting a message: once per key, and only when Temporal has it."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

from uuid_utils.compat import uuid7

from centre.catalog import types as catalog
from centre.clients.queries import Client
from centre.context import Parts
from centre.flows.ports import Started
from centre.messages import queries as messages
from centre.messages.acceptance import MessageRequest, Sender, accept, fingerprint
from centre.messages.lookup import stored_message
from centre.providers.filing import check_values, to_be_checked
from centre.queues import settings as queue_settings
from core.errors import Forbidden, Invalid
from core.models import Message, keyed_message_id
from core.policies import MessageType
from core.words import Priority


async def submit(
    parts: Parts, client: Client, asked: MessageRequest, key: str | None
) -> Started:
    """Accept a message; with a key seen before, return what it made then."""
    if key is None:
        return await _start(parts, client, asked, uuid7())
    message_id = keyed_message_id(client.code, key)
    return await _start_once(parts, client, asked, message_id)


async def _start_once(
    parts: Parts, client: Client, asked: MessageRequest, message_id: UUID
) -> Started:
    """Look into the store first: keys outlive what Temporal remembers."""
    first = await _written(parts, message_id)
    if first is not None:
        return _replay(first, asked)
    try:
        return await _start(parts, client, asked, message_id)
    except (Invalid, Forbidden):
        # It may be a repeat whose time has passed since, or whose type is off now.
        first = await stored_message(parts, message_id)
        if first is None:
            raise
        return _replay(first, asked)


async def _start(
    parts: Parts, client: Client, asked: MessageRequest, message_id: UUID
) -> Started:
    kind = await message_type(parts, asked.type)
    message = planned(parts, client, asked, kind, message_id)
    await refuse_too_long(parts, kind, message)
    return await parts.deliveries.start(await on_its_queue(parts, message))


def planned(
    parts: Parts,
    client: Client,
    asked: MessageRequest,
    kind: MessageType | None,
    message_id: UUID,
) -> Message:
    """Return the message with its plan, if this client may send it so."""
    sender = Sender(client.code, client.message_types, client.callback is not None)
    return accept(
        asked,
        sender,
        kind,
        message_id=message_id,
        now=datetime.now(UTC),
        resend_window=timedelta(hours=parts.settings.resend_window_hours),
    )


async def refuse_too_long(
    parts: Parts, kind: MessageType | None, message: Message
) -> None:
    """Refuse values that a provider in use would refuse.

    The store is asked only where a value is over the limit of any provider.
    """
    if kind is None or not to_be_checked(kind, message.params):
        return
    async with parts.store.alone() as session:
        await check_values(session, parts.settings, kind, message.params)


async def on_its_queue(parts: Parts, message: Message) -> Message:
    """Return the message as its client's queues take it.

    Which queue it waits in is settled here: a message can't change it later.
    """
    if message.priority is not Priority.CRITICAL:
        return message
    async with parts.store.alone() as session:
        settings = await queue_settings.settings_of(session, message.client)
    return message.model_copy(update={"passes_pause": settings.critical_passes_pause})


async def message_type(parts: Parts, code: str) -> MessageType | None:
    """Return a message type with its policy and newest templates."""
    async with parts.store.alone() as session:
        return await catalog.message_type(session, code)


async def _written(parts: Parts, message_id: UUID) -> Message | None:
    async with parts.store.alone() as session:
        stored = await messages.find(session, message_id)
    return stored.message if stored else None


def _replay(first: Message, asked: MessageRequest) -> Started:
    if first.fingerprint != fingerprint(asked):
        raise Invalid("This Idempotency-Key was used with another body.")
    return Started(message=first, replayed=True)
