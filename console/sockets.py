"""What browsers may say over a page's socket: what its pages send, and no log lines.

NiceGUI takes from anybody who has opened the sign-in page text for the log, and
lets what it can't read become tracebacks.
"""

import logging
from collections.abc import Awaitable, Callable
from typing import Any

import structlog
from nicegui import core

_UNWANTED = ("log",)
# Their errors are all a peer's doing, but for those of their own housekeeping.
_LIBRARIES = ("engineio.server", "socketio.server")
_HOUSEKEEPING = "_service_task"

Handler = Callable[..., Awaitable[Any]]

log = structlog.get_logger("console")


def quieten_sockets() -> None:
    """Drop what no page of ours sends; once per process, before it serves."""
    sio = core.sio
    events: dict[str, Handler] = sio.handlers["/"]
    for name in _UNWANTED:
        events.pop(name, None)
    events["connect"] = _connecting(events["connect"])
    # An event, a packet, a connection: each layer below takes what is no such thing.
    sio._handle_event_internal = quiet(sio._handle_event_internal)
    sio.eio.handlers["message"] = quiet(sio.eio.handlers["message"])
    sio.handle_request = quiet(sio.handle_request)
    for name in _LIBRARIES:
        library = logging.getLogger(name)
        library.handlers.clear()  # a plain text on stderr, beside our own lines
        library.addFilter(_is_housekeeping)


def quiet(handler: Handler) -> Handler:
    """Return a handler that drops what it can't read."""

    async def handle(*args: Any) -> Any:
        try:
            return await handler(*args)
        except Exception as error:
            log.debug("socket.unreadable", error=type(error).__name__)
            return None

    return handle


def _connecting(handler: Handler) -> Handler:
    """Return a handler of `connect`, which refuses by an exception."""

    async def connect(*args: Any) -> Any:
        try:
            return await handler(*args)
        except Exception as error:
            log.debug("socket.unreadable", error=type(error).__name__)
            raise ConnectionRefusedError from None

    return connect


def _is_housekeeping(record: logging.LogRecord) -> bool:
    return record.funcName == _HOUSEKEEPING
