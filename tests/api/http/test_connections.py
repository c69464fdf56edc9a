"""Connections: who says nothing in time is given up, what is no HTTP is told so."""

import asyncio
import json
from collections.abc import AsyncIterator
from typing import ClassVar

import pytest
import uvicorn
from starlette.types import Receive, Scope, Send

from api.http.connections import Connection
from tests.support.ports import free_port
from tests.support.waiting import until

GET = b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"


class Impatient(Connection):
    """Waits shorter."""

    head_seconds: ClassVar[float] = 0.3


async def slow_app(scope: Scope, receive: Receive, send: Send) -> None:
    """Answer after longer than a request's head may take."""
    await asyncio.sleep(0.5)
    headers = [(b"content-length", b"2")]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": b"ok"})


@pytest.fixture
async def port() -> AsyncIterator[int]:
    config = uvicorn.Config(
        slow_app, port=free_port(), http=Impatient, lifespan="off", log_config=None
    )
    server = uvicorn.Server(config)
    running = asyncio.create_task(server.serve())
    await until(lambda: server.started)
    yield config.port
    server.should_exit = server.force_exit = True
    await running


async def said(port: int, *parts: bytes, pause: float = 0.0) -> bytes:
    """Return what comes until the server closes."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        async with asyncio.timeout(5):
            for part in parts:
                writer.write(part)
                await asyncio.sleep(pause)
            return await reader.read()
    except ConnectionError:
        return b""
    finally:
        writer.close()


@pytest.mark.parametrize("head", [b"", b"GET /", b"GET / HTTP/1.1\r\nX: y\r\n"])
async def test_a_head_that_does_not_come_is_not_waited_for(
    port: int, head: bytes
) -> None:
    assert await said(port, head) == b""


async def test_a_head_that_drips_is_not_waited_for(port: int) -> None:
    drops = [b"GET / HTTP/1.1\r\n", *[b"X: y\r\n"] * 20]
    assert await said(port, *drops, pause=0.1) == b""


async def test_a_second_request_is_bounded_too_and_an_answer_is_not(port: int) -> None:
    whole = await said(port, GET, GET[:10], pause=0.8)
    assert whole.count(b"HTTP/1.1 200") == 1
    assert whole.endswith(b"ok")


async def test_what_is_no_http_gets_a_problem(port: int) -> None:
    answer = await said(port, b"\x16\x03\x01\x02\x00\x01\r\n\r\n")
    head, _, body = answer.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 400 ")
    assert b"content-type: application/problem+json" in head.lower()
    assert json.loads(body)["status"] == 400
