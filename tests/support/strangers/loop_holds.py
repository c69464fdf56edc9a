"""How long work holds the event loop, in the process's own CPU time.

A ticker takes every turn that the loop has to give. What the process computes between
two of its turns, on the loop or in a thread that does not let go of the interpreter,
is what everybody else waits for; what other processes compute is not in it.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable
from urllib.parse import unquote_to_bytes

from starlette.types import ASGIApp, Message

Work = Callable[[], Awaitable[object]]
Field = tuple[bytes, bytes]
# Nobody may wait longer; on a slow machine, so many times what a plain one takes.
MOST, TIMES = 0.05, 10
# A collection of garbage, or the other's turn, falls into one try and not in all.
TRIES = 4
SIZE = 64 * 1024


async def longest_hold(work: Work) -> float:
    """Return the longest time, in seconds, for which the work held the loop."""
    longest = 0.0
    before = time.process_time()

    def ticked() -> None:
        nonlocal longest, before
        now = time.process_time()
        longest, before = max(longest, now - before), now

    async def tick() -> None:
        while True:
            await asyncio.sleep(0)
            ticked()

    ticker = asyncio.create_task(tick())
    try:
        await work()
        ticked()
    finally:
        ticker.cancel()
    return longest


async def bound(plain: Work) -> float:
    """Return how long what is like `plain` may hold the loop, in this run."""
    return max(MOST, TIMES * min([await longest_hold(plain) for _ in range(3)]))


async def holds_too_long(work: Work, most: float) -> bool:
    """Tell whether each of some tries holds the loop for more than `most` seconds."""
    for _ in range(TRIES):
        if await longest_hold(work) <= most:
            return False
    return True


async def call(
    app: ASGIApp,
    method: str,
    path: bytes,
    query: bytes = b"",
    headers: tuple[Field, ...] = (),
    body: bytes = b"",
) -> int:
    """Ask an application as a server would; return the answer's status.

    `path` and `query` are as they come over the line, escaped or not.
    """
    sent: list[Message] = []
    given: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

    async def receive() -> Message:
        return given.pop() if given else {"type": "http.disconnect"}

    async def send(message: Message) -> None:
        sent.append(message)

    await app(_scope("http", method, path, query, headers), receive, send)
    status: int = sent[0]["status"]
    return status


async def say(app: ASGIApp, path: bytes, text: str) -> int | None:
    """Open a socket and say one thing; return the code it is closed with."""
    given: list[Message] = [
        {"type": "websocket.receive", "text": text},
        {"type": "websocket.connect"},
    ]
    closed: list[int] = []

    async def receive() -> Message:
        return given.pop() if given else {"type": "websocket.disconnect"}

    async def send(message: Message) -> None:
        if message["type"] == "websocket.close":
            closed.append(message["code"])

    await app(_scope("websocket", "GET", path, b"", ()), receive, send)
    return closed[0] if closed else None


def _scope(
    kind: str, method: str, path: bytes, query: bytes, headers: tuple[Field, ...]
) -> dict[str, object]:
    # As servers do it; what is no UTF-8 is for the guard to see in the raw path.
    text = unquote_to_bytes(path).decode("utf-8", "replace")
    return {
        "type": kind,
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": method,
        "scheme": "http",
        "path": text,
        "raw_path": path,
        "root_path": "",
        "query_string": query,
        "headers": [(b"host", b"centre"), *headers],
        "client": ("127.0.0.1", 4242),
        "server": ("127.0.0.1", 80),
        "subprotocols": [],
        "state": {},
    }
