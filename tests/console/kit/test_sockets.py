"""Nobody outside writes into the log: a page's socket, the server, its requests."""

import asyncio
import json
import os
import re
import sys
from asyncio.subprocess import STDOUT, Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
import pytest_asyncio
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import WebSocketException

from core.settings import Settings
from deploy.supervision.processes import ROOT, environment
from deploy.up import api_url
from tests.support.centre.running import free_settings
from tests.support.waiting import until

pytestmark = pytest.mark.asyncio(loop_scope="module")

MARKER = "MARKER"
SOCKET = "/console/_nicegui_ws/socket.io/?EIO=4&transport=websocket"
UPGRADE = (
    f"GET {SOCKET} HTTP/1.1\r\nHost: centre\r\nUpgrade: websocket\r\n"
    "Connection: upgrade\r\nSec-WebSocket-Version: 13\r\n"
)
KEY = "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"


def event(*parts: Any) -> str:
    return f"42{json.dumps(parts)}"


def frames(page: str) -> list[str]:
    """Return what no page of ours says over its socket, for an open page's id."""
    of_page = {"client_id": page}
    log = of_page | {"level": "error", "message": MARKER * 300}
    unknown = [
        event("event", of_page | {"id": n, "listener_id": MARKER, "args": []})
        for n in range(30)
    ]
    return [
        event("log", log),
        event("log"),
        event("ack", {}),
        event("ack", of_page),
        event("ack", of_page | {"next_message_id": MARKER}),
        event("ack", MARKER),
        event("event", {}),
        event("event", {"client_id": [MARKER]}),
        event("event", of_page | {"id": MARKER}),
        event("event", of_page | {"id": 4, "listener_id": MARKER, "args": ["{"]}),
        *unknown,
        event("javascript_response", of_page | {"request_id": MARKER}),
        event("javascript_response", {}),
        event("handshake", {}),
        event("handshake", of_page | {"tab_id": {MARKER: 1}}),
        event("connect", {}),
        event("disconnect", MARKER),
        event(MARKER),
        event({MARKER: 1}),
        event(None),
        *("42[]", "42{}", "42", "4", "2", "9", "x", "41", "45", "40/x,", "5", "0"),
        *(
            f"43[{MARKER}]",
            "431[]",
            "44{}",
            f"4{MARKER}",
            f'40{{"{MARKER}',
            "42" + "[" * 999,
        ),
        '451-["event",{"_placeholder":true,"num":0}]',
    ]


@dataclass(frozen=True)
class Web:
    """A web process of its own, and what it has written."""

    settings: Settings
    process: Process
    log: Path

    def lines(self) -> list[dict[str, Any]]:
        """Return its lines, but those of requests; each is JSON, none MARKER's."""
        text = self.log.read_text()
        assert MARKER not in text
        assert "Traceback" not in text
        found = [json.loads(line) for line in text.splitlines()]
        return [line for line in found if line["event"] != "request"]

    def requests(self) -> int:
        """Return how many requests stand in the log."""
        return self.log.read_text().count('"event": "request"')


@asynccontextmanager
async def running_web(state: Path) -> AsyncIterator[Web]:
    settings = free_settings(state)
    clean = {k: v for k, v in os.environ.items() if not k.startswith("HMC_")}
    log = state.with_suffix(".log")
    with log.open("wb") as file:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "web.py"),
            cwd=ROOT,
            env=clean | environment(settings),
            stdout=file,
            stderr=STDOUT,
        )
    try:
        await until(lambda: "Uvicorn running" in log.read_text(), 90)
        yield Web(settings, process, log)
    finally:
        process.terminate()
        await process.wait()


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def web(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Web]:
    """One for all: none changes what it does."""
    async with running_web(tmp_path_factory.mktemp("web") / "var") as running:
        yield running


async def open_page(http: httpx.AsyncClient) -> str:
    """Return the id of a sign-in page that anybody may open."""
    text = (await http.get("/console/sign-in")).text
    found = re.search(r"client_id\W+([0-9a-f-]{36})", text)
    assert found
    return found[1]


@asynccontextmanager
async def socket_of(web: Web, page: str, more: str) -> AsyncIterator[ClientConnection]:
    """Connect as a page does, or nearly so."""
    url = api_url(web.settings).replace("http", "ws") + SOCKET
    async with connect(f"{url}&client_id={page}{more}") as socket:
        await socket.recv()
        await socket.send("40")
        await socket.recv()
        yield socket


async def say(web: Web, page: str, frame: str) -> None:
    """Say something over sockets with a handshake, without one, with a wrong one."""
    hands = {"client_id": page, "tab_id": "t", "document_id": "d", "next_message_id": 0}
    wrong = f"&implicit_handshake=true&tab_id={MARKER}&document_id=d"
    wrong += f"&next_message_id={MARKER}"
    for more, shake in (("", True), ("", False), (wrong, False)):
        with suppress(WebSocketException):
            async with socket_of(web, page, more) as socket:
                if shake:
                    await socket.send(event("handshake", hands))
                await socket.send(frame)
                await socket.send(b"\0" + MARKER.encode())


async def raw(web: Web, *parts: bytes) -> None:
    """Write octets to the server's port, waiting for an answer to each but the last."""
    port = web.settings.api_port
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    for part in parts:
        writer.write(part)
        with suppress(OSError):
            await writer.drain()
            await reader.read(60)
    writer.close()


async def test_what_a_page_never_says_writes_nothing(web: Web) -> None:
    before = web.lines()
    async with httpx.AsyncClient(base_url=api_url(web.settings), timeout=30) as http:
        page = await open_page(http)
        for frame in frames(page):
            await say(web, page, frame)
        assert (await http.get("/health/live")).is_success
    assert web.lines() == before


async def test_what_is_no_socket_and_no_http_writes_nothing(web: Web) -> None:
    before = web.lines()
    head, whole = f"{UPGRADE}\r\n".encode(), f"{UPGRADE}{KEY}\r\n".encode()
    await raw(web, head)
    await raw(web, f"{UPGRADE}Sec-WebSocket-Key: {MARKER}\r\n\r\n".encode())
    await raw(web, head.replace(b"websocket\r\n", f"{MARKER}\r\n".encode()))
    await raw(web, f"{MARKER}\r\n\r\n".encode())
    await raw(web, whole.replace(b"/console", b"/nowhere"))
    for octets in (
        *(b"\xff\xff\xff\xff" + MARKER.encode(), b"\x81\x02ab"),
        *(b"\x81\x82\0\0\0\0\xff\xfe", b"\x88\x85\0\0\0\0\0\0abc"),
    ):
        await raw(web, whole, octets)
    async with httpx.AsyncClient(base_url=api_url(web.settings), timeout=30) as http:
        for query in ("EIO=3", f"EIO=4&transport={MARKER}", f"EIO=4&sid={MARKER}"):
            await http.get(f"/console/_nicegui_ws/socket.io/?{query}")
        for path in ("/console", "/console/_nicegui", "/console/sign-in", ""):
            await http.get(f"{path}/{MARKER}?{MARKER}={MARKER}")
        assert (await http.get("/health/live")).is_success
    assert web.lines() == before


async def test_the_requests_of_strangers_become_few_lines(web: Web) -> None:
    before = web.requests()
    stranger = httpx.AsyncHTTPTransport(local_address="127.0.0.7")
    url = api_url(web.settings)
    async with httpx.AsyncClient(base_url=url, timeout=30, transport=stranger) as http:
        for _ in range(150):
            await http.get("/v1/messages")
    assert 60 <= web.requests() - before <= 120  # a minute may end in between
