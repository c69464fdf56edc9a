"""Sends pages away whose session has ended: signed out, idle, or disabled."""

import asyncio
from collections import defaultdict
from contextlib import suppress

import structlog
from nicegui import Client, ui

from console.acting import SIGN_IN
from console.visits import COOKIE, GUARDED, visitor_of
from core.errors import MessageCentreError
from core.logs import describe

_EVERY_SECONDS = 5.0
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
        if client.has_socket_connection and client.storage.get(GUARDED):
            by_token[client.request.cookies.get(COOKIE, "")].append(client)
    for clients in by_token.values():
        if await visitor_of(clients[0].request, at_work=False) is None:
            for client in clients:
                with client:
                    ui.navigate.to(f"{SIGN_IN}?ended=1")
