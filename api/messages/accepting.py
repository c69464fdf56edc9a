"""What the edge knows of accepting a message: the key's header, and the time taken."""

import re
import time

from fastapi import Request

from api.auth.callers import Caller
from api.context import ApiContext
from centre.clients.queries import Client
from centre.flows.ports import Started
from centre.messages import accept as accepting
from centre.messages.acceptance import MessageRequest
from core.errors import Forbidden, Malformed

# Printable ASCII that neither begins nor ends with a space.
_KEY = re.compile(r"(?=.{1,255}$)[\x21-\x7e]([\x20-\x7e]*[\x21-\x7e])?")


def idempotency_key(request: Request) -> str | None:
    """Return the request's key, if it has one; Malformed where it can't be one."""
    given = request.headers.getlist("idempotency-key")
    if not given:
        return None
    if len(given) > 1 or not _KEY.fullmatch(given[0]):
        raise Malformed("Idempotency-Key must be 1 to 255 printable ASCII characters.")
    return given[0]


def client_of(caller: Caller) -> Client:
    """Return the client system that is calling."""
    if caller.client is None:
        raise Forbidden("Only client systems send messages.")
    return caller.client


async def submit(
    context: ApiContext, client: Client, asked: MessageRequest, key: str | None
) -> Started:
    """Accept a message, and count it."""
    began = time.perf_counter()
    started = await accepting.submit(context, client, asked, key)
    seconds = time.perf_counter() - began
    context.metrics.accepted(client.code, started.replayed, seconds)
    return started
