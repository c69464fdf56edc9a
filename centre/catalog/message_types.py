"""Message types: read, made, changed."""

from centre.audit import audit
from centre.audit.audit import Actor
from centre.audit.roles import ADMINS
from centre.catalog import type_queries
from centre.catalog.digest_texts import check_digest
from centre.catalog.models import (
    MessageTypeChanges,
    MessageTypeDetails,
    MessageTypeDraft,
)
from centre.clients import queries as clients
from centre.context import Context
from centre.providers.filing import rules_in_use, unfiled_channels
from core.errors import Conflict
from core.policies import MessageType
from db.pages import MAX_LIMIT, Page
from db.session import Session
from db.sql import lock


async def message_type(context: Context, code: str) -> MessageType:
    """Return a type with its policy and newest templates; NotFound where none is."""
    async with context.store.sessions() as session:
        return await type_queries.message_type(session, code)


async def find_message_type(context: Context, code: str) -> MessageType | None:
    """Return a type with its policy and newest templates; None where none is."""
    async with context.store.autocommit() as session:
        return await type_queries.find_message_type(session, code)


async def message_type_details(context: Context, code: str) -> MessageTypeDetails:
    """Return a type with who may send it and what its templates lack."""
    async with context.store.sessions() as session:
        message_type = await type_queries.message_type(session, code)
        rules = await rules_in_use(session, context.settings)
        return MessageTypeDetails(
            type=message_type,
            senders=await clients.senders_of(session, code),
            unfiled=unfiled_channels(message_type, rules),
        )


async def list_message_types(
    context: Context, cursor: str | None = None, limit: int = 100
) -> Page[MessageType]:
    """Return types in the order of their codes."""
    async with context.store.sessions() as session:
        return await type_queries.list_message_types(session, cursor, limit)


async def all_message_types(context: Context) -> list[MessageType]:
    """Return every type, in the order of their codes."""
    found: list[MessageType] = []
    cursor: str | None = None
    async with context.store.sessions() as session:
        while True:
            page = await type_queries.list_message_types(session, cursor, MAX_LIMIT)
            found += page.items
            cursor = page.next
            if cursor is None:
                return found


async def create_message_type(
    context: Context, draft: MessageTypeDraft, actor: Actor
) -> MessageType:
    """Create a type with an empty policy; Conflict if the code is taken."""
    actor.must_be(*ADMINS)
    async with context.store.sessions.begin() as session:
        return await add_message_type(session, draft, actor)


async def add_message_type(
    session: Session, draft: MessageTypeDraft, actor: Actor
) -> MessageType:
    """Create a type as a part of a larger change."""
    await lock(session, "message-types")
    if await type_queries.find_message_type(session, draft.code) is not None:
        raise Conflict("There is already a message type of this code.")
    await type_queries.add_message_type(session, draft)
    after = draft.model_dump(mode="json")
    await audit.write(session, actor, "create", _target(draft.code), None, after)
    added = await type_queries.message_type(session, draft.code)
    await _check_digest(session, added)
    return added


async def update_message_type(
    context: Context, code: str, changes: MessageTypeChanges, actor: Actor
) -> MessageType:
    """Change a type; a disabled one takes no messages and withholds waiting ones."""
    actor.must_be(*ADMINS)
    news = changes.model_dump(mode="json", exclude_unset=True)
    async with context.store.sessions.begin() as session:
        held = await type_queries.message_type(session, code)
        before = held.model_dump(mode="json", include=set(news))
        await type_queries.change_message_type(session, code, news)
        await audit.write(session, actor, "update", _target(code), before, news)
        changed = await type_queries.message_type(session, code)
        if news.keys() & {"digest", "acknowledge"}:
            await _check_digest(session, changed)
        return changed


async def _check_digest(session: Session, message_type: MessageType) -> None:
    if message_type.digest is not None:
        digest = await type_queries.find_message_type(session, message_type.digest)
        check_digest(message_type, digest)


def _target(code: str) -> str:
    return f"message-types/{code}"
