"""Looks after open pages nobody touches: theirs may have ended, too."""

import asyncio
from collections import defaultdict
from contextlib import suppress

import structlog
from nicegui import Client

from centre.access import sessions as console_sessions
from console.kit.context import context
from console.kit.presence import settle
from console.kit.visits import SESSION, Visitor, address_of, is_held
from core.errors import MessageCentreError
from core.process.logs import describe

# An ended page shows nothing new within five seconds; closing takes a moment.
_EVERY_SECONDS = 2.0
_log = structlog.get_logger("console")


async def watch_sessions() -> None:
    """Look after every open page until cancelled."""
    while True:
        await asyncio.sleep(_EVERY_SECONDS)
        # While the store is down nobody is sent away.
        with suppress(MessageCentreError):
            try:
                await _look()
            except MessageCentreError:
                raise
            except Exception as error:
                _log.error("unexpected", page="watch", **describe(error))


async def _look() -> None:
    by_token: dict[str, list[Client]] = defaultdict(list)
    for client in list(Client.instances.values()):
        if client.has_socket_connection and is_held(client):
            by_token[client.storage[SESSION]].append(client)
    if not by_token:
        return
    present = await console_sessions.visitors(context(), list(by_token))
    for token, clients in by_token.items():
        user = present.get(token)
        for client in clients:
            # Meanwhile the page may have got another session.
            if is_held(client) and client.storage[SESSION] == token:
                address = address_of(client.request)
                await settle(client, Visitor(user, address) if user else None)
