"""Accepting a message: once per key, and only when Temporal has it."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

from uuid_utils.compat import uuid7

from centre.catalog import types as catalog
from centre.clients.queries import Client
from centre.context import Context
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
    context: Context, client: Client, asked: MessageRequest, key: str | None
) -> Started:
    """Accept a message; with a key seen before, return what it made then."""
    if key is None:
        return await _start(context, client, asked, uuid7())
    message_id = keyed_message_id(client.code, key)
    return await _start_once(context, client, asked, message_id)


async def _start_once(
    context: Context, client: Client, asked: MessageRequest, message_id: UUID
) -> Started:
    """Look into the store first: keys outlive what Temporal remembers."""
    first = await _written(context, message_id)
    if first is not None:
        return _replay(first, asked)
    try:
        return await _start(context, client, asked, message_id)
    except (Invalid, Forbidden):
        # It may be a repeat whose time has passed since, or whose type is off now.
        first = await stored_message(context, message_id)
        if first is None:
            raise
        return _replay(first, asked)


async def _start(
    context: Context, client: Client, asked: MessageRequest, message_id: UUID
) -> Started:
    kind = await message_type(context, asked.type)
    message = planned(context, client, asked, kind, message_id)
    await refuse_too_long(context, kind, message)
    return await context.flows.start(await on_its_queue(context, message))


def planned(
    context: Context,
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
        resend_window=timedelta(hours=context.settings.resend_window_hours),
    )


async def refuse_too_long(
    context: Context, kind: MessageType | None, message: Message
) -> None:
    """Refuse values that a provider in use would refuse.

    The store is asked only where a value is over the limit of any provider.
    """
    if kind is None or not to_be_checked(kind, message.params):
        return
    async with context.store.autocommit() as session:
        await check_values(session, context.settings, kind, message.params)


async def on_its_queue(context: Context, message: Message) -> Message:
    """Return the message as its client's queues take it.

    Which queue it waits in is settled here: a message can't change it later.
    """
    if message.priority is not Priority.CRITICAL:
        return message
    async with context.store.autocommit() as session:
        settings = await queue_settings.settings_of(session, message.client)
    return message.model_copy(update={"passes_pause": settings.critical_passes_pause})


async def message_type(context: Context, code: str) -> MessageType | None:
    """Return a message type with its policy and newest templates."""
    async with context.store.autocommit() as session:
        return await catalog.message_type(session, code)


async def _written(context: Context, message_id: UUID) -> Message | None:
    async with context.store.autocommit() as session:
        stored = await messages.find(session, message_id)
    return stored.message if stored else None


def _replay(first: Message, asked: MessageRequest) -> Started:
    if first.fingerprint != fingerprint(asked):
        raise Invalid("This Idempotency-Key was used with another body.")
    return Started(message=first, replayed=True)
