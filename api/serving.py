"""Serves an application over HTTP, as every web process of a centre does."""

import atexit
import logging
import time

import uvicorn
from fastapi import FastAPI

from api.connections import Connection
from core.settings import Settings


def serve(app: FastAPI, settings: Settings, port: int) -> None:
    """Serve until told to stop."""
    # Temporal's threads may still run when the interpreter ends: give them time.
    atexit.register(time.sleep, 0.25)
    logging.getLogger("uvicorn.error").addFilter(_no_sockets)
    uvicorn.run(
        app,
        host=settings.host,
        port=port,
        http=Connection,  # h11's, which bounds the size of header fields
        ws_max_size=1024 * 1024,
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=settings.trusted_proxies is not None,
        forwarded_allow_ips=settings.trusted_proxies,
        timeout_graceful_shutdown=10,
    )


def _no_sockets(record: logging.LogRecord) -> bool:
    """Leave out a websocket's address: it names an open page of the console."""
    text = record.getMessage()
    return "WebSocket" not in text and not text.startswith("connection ")
