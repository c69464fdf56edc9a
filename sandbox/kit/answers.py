"""HTTP answers as providers give them, no answer at all among them."""

import asyncio
import json
import math
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta, timezone
from typing import NoReturn

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

HANG_UP = "sandbox.hang_up"
MAX_BODY = 1 << 20

GARBAGE = HTMLResponse(
    "<!DOCTYPE html><html><head><title>502 Bad Gateway</title></head>"
    "<body><center><h1>502 Bad Gateway</h1></center></body></html>"
)

Handler = Callable[[Request], Awaitable[Response]]


class Refusal(Exception):
    """A call is refused, with the answer that says so."""

    def __init__(self, answer: Response) -> None:
        super().__init__()
        self.answer = answer


class Json(Response):
    """A JSON answer; its media type carries no charset, as with the vendors."""

    media_type = "application/json"

    def render(self, content: object) -> bytes:
        """Return UTF-8, where a lone surrogate of a request can't hurt."""
        text = json.dumps(content, ensure_ascii=False, separators=(",", ":"))
        return text.encode("utf-8", "replace")


class HangUp(Response):
    """Closes the connection without an answer."""

    def __init__(self, after: float = 0.0) -> None:
        super().__init__()
        self._after = after

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Hold the connection for a while, then close it under the server."""
        try:
            async with asyncio.timeout(self._after):
                await _disconnected(receive)
                return
        except TimeoutError:
            scope[HANG_UP]()
        await _disconnected(receive)


async def _disconnected(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


def hang_up_of(send: Send) -> Callable[[], None]:
    """Return what closes the connection that `send` writes to.

    ASGI has no word for it: uvicorn's `send` is a method of the object that
    holds the transport. A caller in this process gets an exception instead.
    """
    transport = getattr(getattr(send, "__self__", None), "transport", None)
    if transport is None:
        return _no_connection
    close: Callable[[], None] = transport.close
    return close


def _no_connection() -> NoReturn:
    raise ConnectionResetError("the sandbox closed the connection")


def answering(path: str, method: str, handler: Handler) -> Route:
    """Return a route whose handler may raise a Refusal."""

    async def endpoint(request: Request) -> Response:
        try:
            return await handler(request)
        except Refusal as refusal:
            return refusal.answer

    return Route(path, endpoint, methods=[method])


async def body_of(request: Request) -> bytes:
    """Return the body, or refuse one larger than any provider takes."""
    size, chunks = 0, []
    async for chunk in request.stream():
        size += len(chunk)
        if size > MAX_BODY:
            raise Refusal(Response(status_code=413))
        chunks.append(chunk)
    return b"".join(chunks)


def json_object(raw: bytes | str) -> dict[str, object] | None:
    """Return a JSON object, or None where it is anything else."""
    try:
        value = json.loads(raw, parse_constant=_no_constant, parse_float=_finite)
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None


def _finite(text: str) -> float:
    number = float(text)
    if math.isinf(number):
        raise ValueError
    return number


def _no_constant(name: str) -> NoReturn:
    raise ValueError(name)


CHINA = timezone(timedelta(hours=8))


def china_time(at: datetime) -> str:
    """Return a time as Aliyun writes it."""
    return at.astimezone(CHINA).strftime("%Y-%m-%d %H:%M:%S")
