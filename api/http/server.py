"""Serves an application over HTTP, as every web process of a centre does."""

import atexit
import logging
import time

import uvicorn
from fastapi import FastAPI

from api.http.connections import Connection
from core.process import cycles
from core.settings import Settings

# Where the server's lines are a caller's doing, but for the application's failures.
_OF_PEERS = ("/uvicorn/protocols/", "/websockets/", "/wsproto/")
_OF_OURS = "Exception in ASGI application"


def serve(app: FastAPI, settings: Settings, port: int) -> None:
    """Serve until told to stop."""
    # Temporal's threads may still run when the interpreter ends: give them time.
    atexit.register(time.sleep, 0.25)
    logging.getLogger("uvicorn.error").addFilter(_no_peers)
    cycles.search_seldom()
    uvicorn.run(
        app,
        host=settings.host,
        port=port,
        http=Connection,  # h11's, which bounds the size of header fields
        ws_max_size=256 * 1024,  # a page's longest field; files go by HTTP
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=settings.trusted_proxies is not None,
        forwarded_allow_ips=settings.trusted_proxies,
        timeout_graceful_shutdown=10,
    )


def _no_peers(record: logging.LogRecord) -> bool:
    """Leave out what is said of connections, as anybody can open one.

    An open websocket's address names a page of the console, too.
    """
    of_peers = any(part in record.pathname for part in _OF_PEERS)
    return not of_peers or record.getMessage().startswith(_OF_OURS)
