"""A provider at its worst: what may come back instead of an answer.

Each fault is what a server does with the connection once the whole request is
there. Requests for an access token are answered first, so that the fault meets
the message itself.
"""

import asyncio
import functools
import json
import zlib
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta

from core.errors import DeliveryError, OutcomeUnknown, ProviderDown, RateLimited
from tests.support.channels.fakes import HTML, listening

Fault = Callable[[asyncio.StreamWriter], Awaitable[None]]
TOKENS = frozenset({"/cgi-bin/stable_token", "/cgi-bin/gettoken"})
_TOKEN = json.dumps(
    {"errcode": 0, "errmsg": "ok", "access_token": "TOKEN", "expires_in": 7200}
).encode()
_BOMB_SIZE = 300 << 20


def answer(body: bytes, status: str = "200 OK", *headers: str) -> bytes:
    """Return a whole HTTP answer."""
    lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", *headers]
    return "\r\n".join([*lines, "", ""]).encode() + body


def saying(body: bytes, status: str = "200 OK", *headers: str) -> Fault:
    """Return the fault that is this answer."""

    async def say(writer: asyncio.StreamWriter) -> None:
        writer.write(answer(body, status, *headers))
        await writer.drain()

    return say


async def closes(writer: asyncio.StreamWriter) -> None:
    """Say nothing."""


async def resets(writer: asyncio.StreamWriter) -> None:
    """Begin an answer, and cut the line in its middle."""
    writer.write(b'HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{"errcode":0,')
    await writer.drain()
    writer.transport.abort()


async def hangs(writer: asyncio.StreamWriter) -> None:
    """Take it, and say nothing for longer than anybody waits."""
    await asyncio.sleep(60)


async def drips(writer: asyncio.StreamWriter) -> None:
    """Answer one byte each 0.4 seconds."""
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
    while True:
        writer.write(b" ")
        await writer.drain()
        await asyncio.sleep(0.4)


async def never_ends(writer: asyncio.StreamWriter) -> None:
    """Answer without an end."""
    writer.write(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
    while True:
        writer.write(b"2000\r\n" + b"x" * 0x2000 + b"\r\n")
        await writer.drain()


@functools.cache
def bomb() -> bytes:
    """Return 300 MiB of zeros, packed to some 300 KiB."""
    packer = zlib.compressobj(wbits=zlib.MAX_WBITS | 16)
    chunk = bytes(1 << 20)
    parts = [packer.compress(chunk) for _ in range(_BOMB_SIZE // len(chunk))]
    return b"".join([*parts, packer.flush()])


async def bombs(writer: asyncio.StreamWriter) -> None:
    """Answer what unpacks to 300 MiB, though nobody asked for packed answers."""
    writer.write(answer(bomb(), "200 OK", "Content-Encoding: gzip"))
    await writer.drain()


@dataclass(frozen=True)
class Expected:
    """What a fault comes to: the class of error, and the pause it asks for."""

    kind: type[DeliveryError]
    pause: timedelta | None = None


_UNKNOWN = Expected(OutcomeUnknown)
_LATER = "429 Too Many Requests"
QUICK: Mapping[str, tuple[Fault, Expected]] = {
    "no answer": (closes, _UNKNOWN),
    "reset in the middle": (resets, _UNKNOWN),
    "an answer without end": (never_ends, _UNKNOWN),
    "a packed answer": (bombs, _UNKNOWN),
    "html with 200": (saying(HTML.encode()), _UNKNOWN),
    "nothing with 200": (saying(b""), _UNKNOWN),
    "garbage with 200": (saying(b"\xff\xfe{["), _UNKNOWN),
    "another's json with 200": (saying(b'["fine"]'), _UNKNOWN),
    "html with 502": (saying(HTML.encode(), "502 Bad Gateway"), _UNKNOWN),
    "html with 500": (saying(HTML.encode(), "500 Oops"), Expected(ProviderDown)),
    "429 with seconds": (
        saying(b"", _LATER, "Retry-After: 7"),
        Expected(RateLimited, timedelta(seconds=7)),
    ),
    "429 with a date long past": (
        saying(b"", _LATER, "Retry-After: Sun, 22 Nov 2020 00:00:00 GMT"),
        Expected(RateLimited, timedelta(seconds=1)),
    ),
    "429 with a date far off": (
        saying(b"", _LATER, "Retry-After: Fri, 31 Dec 9999 23:59:59 GMT"),
        Expected(RateLimited, timedelta(hours=1)),
    ),
    "429 with junk": (
        saying(b"", _LATER, "Retry-After: soon"),
        Expected(RateLimited, timedelta(seconds=30)),
    ),
    "429 with nothing": (
        saying(b"", _LATER),
        Expected(RateLimited, timedelta(seconds=30)),
    ),
}
# These take as long as a call may.
SLOW: Mapping[str, Fault] = {"hangs": hangs, "drips": drips}


@asynccontextmanager
async def faulty(fault: Fault) -> AsyncIterator[str]:
    """Yield the address of a provider that has this fault."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while await _read_request(reader) in TOKENS:
            writer.write(answer(_TOKEN))
        await fault(writer)

    async with listening(serve) as port:
        yield f"http://127.0.0.1:{port}"


async def _read_request(reader: asyncio.StreamReader) -> str:
    """Read one request whole, and return its path."""
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
    start, *lines = head.split("\r\n")
    for line in lines:
        name, _, value = line.partition(":")
        if name.lower() == "content-length":
            await reader.readexactly(int(value))
    return start.split(" ")[1].partition("?")[0]
