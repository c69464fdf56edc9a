"""Accepting a message: once per key, and only when Temporal has it."""

from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from uuid_utils.compat import uuid7

from centre.catalog import type_queries
from centre.clients.models import Client
from centre.context import Context
from centre.flows.ports import Started
from centre.flows.replays import replay
from centre.messages import queries as messages
from centre.messages.acceptance import MessageRequest, Sender, accept, fingerprint
from centre.messages.lookup import stored_message
from centre.providers.filing import check_values, to_be_checked
from centre.queues import queries
from core.clock import utc_now
from core.errors import Forbidden, Invalid
from core.models import Message, keyed_message_id
from core.policies import MessageType
from core.words import Priority


@dataclass(frozen=True)
class _Known:
    """What the store knows beforehand: an earlier message of the key, the type.

    `passes_pause`: the client's critical messages have a queue of their own.
    """

    first: Message | None
    message_type: MessageType | None
    passes_pause: bool


async def accept_message(
    context: Context, client: Client, asked: MessageRequest, key: str | None
) -> Started:
    """Accept a message; with a key seen before, return what it made then.

    Raises Forbidden or Invalid where it can't be sent so, Unavailable where nothing
    was accepted.
    """
    message_id = uuid7() if key is None else keyed_message_id(client.code, key)
    # The store is asked first: keys outlive what Temporal remembers.
    known = await _read(context, client, asked, None if key is None else message_id)
    if known.first is not None:
        return replay(known.first, fingerprint(asked))
    try:
        return await _start(context, client, asked, known, message_id)
    except (Invalid, Forbidden):
        # It may be a repeat whose time has passed since, or whose type is off now.
        first = None if key is None else await stored_message(context, message_id)
        if first is None:
            raise
        return replay(first, fingerprint(asked))


async def _read(
    context: Context, client: Client, asked: MessageRequest, keyed: UUID | None
) -> _Known:
    """Read all that acceptance needs in one go.

    Which queue a message waits in is settled now: it can't change it later.
    """
    async with context.store.autocommit() as session:
        stored = await messages.find(session, keyed) if keyed else None
        message_type = await type_queries.find_message_type(session, asked.type)
        passes_pause = False
        if message_type is not None and message_type.priority is Priority.CRITICAL:
            queue = await queries.settings_of(session, client.code)
            passes_pause = queue.critical_passes_pause
    return _Known(stored.message if stored else None, message_type, passes_pause)


async def _start(
    context: Context,
    client: Client,
    asked: MessageRequest,
    known: _Known,
    message_id: UUID,
) -> Started:
    message_type = known.message_type
    message = planned(
        context,
        client,
        asked,
        message_type,
        message_id,
        passes_pause=known.passes_pause,
    )
    await refuse_too_long(context, message_type, message)
    return await context.flows.start(message)


def planned(
    context: Context,
    client: Client,
    asked: MessageRequest,
    message_type: MessageType | None,
    message_id: UUID,
    *,
    passes_pause: bool = False,
) -> Message:
    """Return the message with its plan, if this client may send it so."""
    sender = Sender(client.code, client.message_types, client.callback is not None)
    return accept(
        asked,
        sender,
        message_type,
        message_id=message_id,
        now=utc_now(),
        resend_window=timedelta(hours=context.settings.resend_window_hours),
        passes_pause=passes_pause,
    )


async def refuse_too_long(
    context: Context, message_type: MessageType | None, message: Message
) -> None:
    """Refuse values that a provider in use would refuse.

    The store is asked only where a value is over the limit of any provider.
    """
    if message_type is None or not to_be_checked(message_type, message.params):
        return
    async with context.store.autocommit() as session:
        await check_values(session, context.settings, message_type, message.params)
