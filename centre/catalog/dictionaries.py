"""The dictionaries of channels and identity types (the paper's tables 1 and 2)."""

from dataclasses import dataclass

from centre.audit import audit
from centre.audit.audit import Actor
from centre.audit.roles import ADMINS
from centre.catalog import dictionary_queries, type_queries
from centre.catalog.models import (
    ChannelChanges,
    ChannelEntry,
    IdentityTypeChanges,
    IdentityTypeEntry,
)
from centre.clients import queries as clients
from centre.clients.models import Client
from centre.context import Context
from core.base import Model
from core.errors import FieldError, Invalid, NotFound
from core.policies import MessageType
from core.rate_limits import read_name
from core.words import Channel, IdentityType
from db.pages import MAX_LIMIT
from db.session import Session


@dataclass(frozen=True)
class Named:
    """What has a code and a name; up to 200 of each, which no hospital has."""

    channels: tuple[ChannelEntry, ...]
    identity_types: tuple[IdentityTypeEntry, ...]
    types: tuple[MessageType, ...]
    clients: tuple[Client, ...]


async def everything_named(context: Context) -> Named:
    """Return what lists of messages name by code."""
    async with context.store.sessions() as session:
        types = await type_queries.list_message_types(session, None, MAX_LIMIT)
        systems = await clients.list_clients(session, None, MAX_LIMIT)
        return Named(
            channels=await dictionary_queries.list_channels(session),
            identity_types=await dictionary_queries.list_identity_types(session),
            types=types.items,
            clients=systems.items,
        )


async def list_channels(context: Context) -> tuple[ChannelEntry, ...]:
    """Return every channel, in the order of the dictionary."""
    async with context.store.sessions() as session:
        return await dictionary_queries.list_channels(session)


async def channel_entry(context: Context, code: str) -> ChannelEntry:
    """Return one channel of the dictionary; NotFound where there is none."""
    if code not in set(Channel):
        raise NotFound("There is no such channel.")
    async with context.store.sessions() as session:
        return await _channel(session, Channel(code))


async def update_channel(
    context: Context, code: Channel, changes: ChannelChanges, actor: Actor
) -> ChannelEntry:
    """Change a channel's entry, or switch the channel off for every type."""
    actor.must_be(*ADMINS)
    _check_limits(changes)
    async with context.store.sessions.begin() as session:
        before = await _channel(session, code)
        columns = changes.model_dump(exclude_unset=True)
        await dictionary_queries.change_channel(session, code, columns)
        after = await _channel(session, code)
        await _note(session, actor, f"channels/{code}", before, after)
        return after


async def _channel(session: Session, code: Channel) -> ChannelEntry:
    found = await dictionary_queries.find_channel(session, code)
    if found is None:
        raise NotFound("There is no such channel.")
    return found


def _check_limits(changes: ChannelChanges) -> None:
    field_errors = [
        FieldError(f"/limits/{name}", "There is no limit of this name.")
        for name in changes.limits
        if read_name(name) is None
    ]
    if field_errors:
        raise Invalid("The limits were refused; see `errors`.", field_errors)


async def list_identity_types(context: Context) -> tuple[IdentityTypeEntry, ...]:
    """Return every identity type, in the order of the dictionary."""
    async with context.store.sessions() as session:
        return await dictionary_queries.list_identity_types(session)


async def update_identity_type(
    context: Context, code: IdentityType, changes: IdentityTypeChanges, actor: Actor
) -> IdentityTypeEntry:
    """Change an identity type's entry."""
    actor.must_be(*ADMINS)
    async with context.store.sessions.begin() as session:
        before = await _identity_type(session, code)
        columns = changes.model_dump(exclude_unset=True)
        await dictionary_queries.change_identity_type(session, code, columns)
        after = await _identity_type(session, code)
        await _note(session, actor, f"identity-types/{code}", before, after)
        return after


async def _identity_type(session: Session, code: IdentityType) -> IdentityTypeEntry:
    found = await dictionary_queries.find_identity_type(session, code)
    if found is None:
        raise NotFound("There is no such identity type.")
    return found


async def _note(
    session: Session, actor: Actor, target: str, before: Model, after: Model
) -> None:
    old, new = before.model_dump(mode="json"), after.model_dump(mode="json")
    await audit.write(session, actor, "update", target, old, new)
