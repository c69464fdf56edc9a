"""Holds every open page to its session: what has ended shows nothing more.

Each event from a browser and each tick of a timer asks the store who is there. A
page whose session has ended is led away and closed here, whatever the browser
makes of that: its elements, its timers and its socket are gone.
"""

import asyncio
import inspect
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any
from weakref import WeakKeyDictionary

import structlog
from nicegui import Client, background_tasks, core, ui

from console.kit.visits import SIGN_IN, Visitor, is_held, visitor_at
from core.errors import MessageCentreError

_log = structlog.get_logger("console")
_ENDED = f"{SIGN_IN}?ended=1"
# A browser that reads nothing is not waited for.
_CLOSING_SECONDS = 2.0
_EVENT = "event"

Handle = Callable[[str, dict[str, Any]], object]


def hold_events() -> None:
    """Let no event of an open page through once its session has ended."""
    handle = core.sio.handlers["/"][_EVENT]
    turns: WeakKeyDictionary[Client, asyncio.Lock] = WeakKeyDictionary()
    core.sio.on(_EVENT, partial(_take, handle, turns))


async def _take(
    handle: Handle,
    turns: WeakKeyDictionary[Client, asyncio.Lock],
    socket: str,
    event: object = None,
    *_: object,
) -> None:
    """Hand an event on; those of a page stay in their order."""
    if not isinstance(event, dict):
        return
    client = Client.instances.get(str(event.get("client_id")))
    if client is None:
        return
    async with turns.setdefault(client, asyncio.Lock()):
        if await stays(client):
            done = handle(socket, event)
            if inspect.isawaitable(done):
                await done


def every(seconds: float, work: Callable[[], Awaitable[None]]) -> ui.timer:
    """Do something every so often, while the page's visitor is there."""
    client = ui.context.client

    async def tick() -> None:
        if client.has_socket_connection and await stays(client):
            await work()

    return ui.timer(seconds, tick, immediate=False)


async def stays(client: Client) -> bool:
    """Tell whether a page may go on; where it may not, it is closed.

    While the store is away nobody is sent away, and nothing can be read.
    """
    if not is_held(client):
        return True
    try:
        visitor = await visitor_at(client, at_work=False)
    except MessageCentreError:
        return True
    return not is_held(client) or await settle(client, visitor)


async def settle(client: Client, visitor: Visitor | None) -> bool:
    """Close a page that is not for this visitor (any more); tell whether it stays."""
    if visitor is not None and visitor.may_be_at(client.page.path):
        return True
    await _close(client, (visitor and visitor.first) or _ENDED)
    return False


async def _close(client: Client, target: str) -> None:
    """Lead a browser to another page, and end this one."""
    if client.is_deleted or not client.has_socket_connection:
        return  # without a socket nothing leaves, and every tick asks again
    sockets = [eio for _, eio in core.sio.manager.get_participants("/", client.id)]
    to = {"path": target, "new_tab": False}
    await core.sio.emit("open", to, room=client.id)
    if not client.is_deleted:
        client.delete()
    # This may run within a timer of the page, which ends with it.
    background_tasks.create(_disconnect(sockets), name="close a page")


async def _disconnect(sockets: list[str]) -> None:
    for socket in sockets:
        try:
            async with asyncio.timeout(_CLOSING_SECONDS):
                await core.sio.eio.disconnect(socket)
        except TimeoutError:
            _log.info("slow", page="closing")
