"""What is checked of every request before anything else looks at it.

Size, time, type, encoding and characters. Each case stands in a table of what
breaks frameworks and databases (NUL, lone surrogates, NaN, deep nesting, ...):
none may become a 5xx. A larger body is taken in only once it is known who sends it.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from urllib.parse import unquote_to_bytes

from starlette.requests import HTTPConnection
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.http.problems import send_problem
from api.http.strict_json import read_json
from core.errors import (
    Ambiguous,
    HeadersTooLarge,
    Malformed,
    MessageCentreError,
    TooLarge,
    TooSlow,
    UnsupportedMedia,
)

KIB = 1024
FORM = "application/x-www-form-urlencoded"
JSON = "application/json"
MIB = 1024 * KIB
# The console's own addresses: where its pages take files, and where Temporal's
# pages within it ask to have a history decoded. Both come in larger pieces.
UPLOADS = "/console/_nicegui/client/"
HISTORIES = "/console/temporal/codec/"
HISTORY_BYTES = 2 * MIB
# Where a checked body's value lies in the scope, for who wants it whole.
VALUE = "hmc.json"
_NO_BODY = frozenset({"GET", "HEAD", "OPTIONS", "TRACE"})

# Raises an error of ours unless it is known who makes a request.
Known = Callable[[HTTPConnection], Awaitable[object]]


class _Gone(Exception):
    """The caller hung up before the body was whole."""


@dataclass(frozen=True)
class Larger:
    """How large a path's bodies may be, once it is `known` who sends them.

    `free` bytes anybody may send. A `raw` body may be of any type: its reader
    checks what it holds.
    """

    size: int
    known: Known
    free: int = 64 * KIB
    raw: bool = False


@dataclass(frozen=True)
class BodyLimits:
    """How much, and for how long.

    `larger` is keyed by path: one that ends with a slash holds for all below.
    """

    body: int = 64 * KIB
    larger: Mapping[str, Larger] = field(default_factory=dict)
    forms: frozenset[str] = frozenset()
    whole_body: timedelta = timedelta(seconds=10)
    headers: int = 100
    header_bytes: int = 32 * KIB

    def of(self, path: str) -> Larger:
        """Return what holds for a path."""
        fits = (
            larger
            for known, larger in self.larger.items()
            if path == known or (known.endswith("/") and path.startswith(known))
        )
        return next(fits, Larger(self.body, _anybody, free=self.body))


async def _anybody(_: HTTPConnection) -> None:
    """Let everybody send what is small."""


class Guard:
    """ASGI middleware that refuses malformed requests."""

    def __init__(self, app: ASGIApp, limits: BodyLimits) -> None:
        self._app = app
        self._limits = limits

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        try:
            checked = await self._checked(scope, receive)
        except MessageCentreError as error:
            await send_problem(scope, receive, send, error)
        except _Gone:
            return
        else:
            await self._app(scope, checked, send)

    async def _checked(self, scope: Scope, receive: Receive) -> Receive:
        """Return a receive that gives the checked body; an error of ours otherwise."""
        headers = self._headers(scope)
        _check_address(scope)
        if scope["method"] in _NO_BODY:
            return receive
        limit = self._limits.of(scope["path"])
        body = await self._body(scope, headers, receive, limit)
        if not limit.raw:
            await self._check_body(scope, headers, body)
        return _replay(body, receive)

    def _headers(self, scope: Scope) -> dict[bytes, list[bytes]]:
        fields: list[tuple[bytes, bytes]] = scope["headers"]
        size = sum(len(name) + len(value) for name, value in fields)
        if len(fields) > self._limits.headers or size > self._limits.header_bytes:
            raise HeadersTooLarge("There are too many header fields.")
        headers: dict[bytes, list[bytes]] = {}
        for name, value in fields:
            headers.setdefault(name.lower(), []).append(value)
        # RFC 9112, 6.3: what came after may have been smuggled in.
        if b"transfer-encoding" in headers and b"content-length" in headers:
            raise Ambiguous("Content-Length and Transfer-Encoding exclude each other.")
        return headers

    async def _body(
        self,
        scope: Scope,
        headers: dict[bytes, list[bytes]],
        receive: Receive,
        limit: Larger,
    ) -> bytes:
        told = headers.get(b"content-length", [b"0"])[0]
        if not told.isdigit() or len(told) > 12:
            raise Malformed("Content-Length is not a number.")
        if int(told) > limit.size:
            raise _too_large(limit)
        if any(
            v.strip().lower() != b"identity" for v in _all(headers, b"content-encoding")
        ):
            raise UnsupportedMedia("Encoded bodies are not taken.")
        try:
            async with asyncio.timeout(self._limits.whole_body.total_seconds()):
                return await _read(scope, receive, limit, int(told))
        except TimeoutError:
            raise TooSlow("The body took too long to arrive.") from None

    async def _check_body(
        self, scope: Scope, headers: dict[bytes, list[bytes]], body: bytes
    ) -> None:
        types = _all(headers, b"content-type")
        if not body and not types:
            return
        wanted = FORM if scope["path"] in self._limits.forms else JSON
        if len(types) != 1 or not _is_type(types[0], wanted):
            raise UnsupportedMedia(f"The body must be {wanted} in UTF-8.")
        if wanted == JSON and body:
            scope[VALUE] = await read_json(body)


async def _read(scope: Scope, receive: Receive, limit: Larger, told: int) -> bytes:
    """Return the body; who sends more than anybody may is asked for first."""
    body, known, more = bytearray(), False, True
    while True:
        if not known and max(told, len(body)) > limit.free:
            await limit.known(HTTPConnection(scope))
            known = True
        if not more:
            return bytes(body)
        message = await receive()
        if message["type"] == "http.disconnect":
            raise _Gone
        body += message.get("body", b"")
        if len(body) > limit.size:
            raise _too_large(limit)
        more = message.get("more_body", False)


def _too_large(limit: Larger) -> TooLarge:
    return TooLarge(f"The body may have {limit.size} bytes at most.")


def _replay(body: bytes, receive: Receive) -> Receive:
    """Return a receive that gives the body once, then what the server says."""
    waiting: list[Message] = [
        {"type": "http.request", "body": body, "more_body": False}
    ]

    async def again() -> Message:
        return waiting.pop() if waiting else await receive()

    return again


def _check_address(scope: Scope) -> None:
    """Refuse paths and queries that are not clean UTF-8 once decoded."""
    raw = scope.get("raw_path") or scope["path"].encode()
    for part in (raw, scope["query_string"].replace(b"+", b" ")):
        decoded = unquote_to_bytes(part)
        try:
            text = decoded.decode("utf-8")
        except UnicodeDecodeError:
            raise Malformed("The address is not UTF-8.") from None
        if any(ord(character) < 0x20 or character == "\x7f" for character in text):
            raise Malformed("The address holds control characters.")


def _all(headers: dict[bytes, list[bytes]], name: bytes) -> list[bytes]:
    return headers.get(name, [])


def _is_type(value: bytes, wanted: str) -> bool:
    """Tell whether a Content-Type is the wanted one, in UTF-8 or unsaid."""
    kind, *parameters = value.decode("latin-1").lower().split(";")
    if kind.strip() != wanted:
        return False
    for parameter in filter(str.strip, parameters):
        name, _, setting = parameter.partition("=")
        if name.strip() != "charset" or setting.strip().strip('"') != "utf-8":
            return False
    return True
