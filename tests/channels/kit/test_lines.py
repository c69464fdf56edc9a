"""Connections to providers: used again one after the other, closed when idle."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx
import pytest

from channels.kit.lines import ConnectionPool
from tests.support.waiting import until


class Server:
    """Answers every request after a moment, and counts its connections."""

    def __init__(self) -> None:
        self.opened = self.open = 0

    async def serve(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        self.opened, self.open = self.opened + 1, self.open + 1
        try:
            while await reader.readuntil(b"\r\n\r\n"):
                await asyncio.sleep(0.05)
                writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok")
        except (asyncio.IncompleteReadError, ConnectionError):
            self.open -= 1
            writer.close()


@asynccontextmanager
async def serving(
    idle_seconds: float,
) -> AsyncIterator[tuple[Server, httpx.AsyncClient]]:
    server = Server()
    listening = await asyncio.start_server(server.serve, "127.0.0.1", 0)
    url = "http://{}:{}".format(*listening.sockets[0].getsockname())
    one = httpx.Limits(max_connections=1, keepalive_expiry=idle_seconds)

    def line() -> httpx.AsyncHTTPTransport:
        return httpx.AsyncHTTPTransport(trust_env=False, limits=one)

    async with listening:
        transport = ConnectionPool(line, idle_seconds)
        async with httpx.AsyncClient(base_url=url, transport=transport) as http:
            yield server, http
        await until(lambda: server.open == 0)  # closed with the client


async def test_calls_in_turn_share_a_connection_and_calls_at_once_do_not() -> None:
    async with serving(60) as (server, http):
        for _ in range(3):
            await http.get("/")
        assert server.opened == 1
        await asyncio.gather(*(http.get("/") for _ in range(5)))
        assert server.opened == 5
        await asyncio.gather(*(http.get("/") for _ in range(5)))
        assert server.opened == 5


async def test_idle_connections_are_closed_by_the_next_call() -> None:
    async with serving(0.05) as (server, http):
        await asyncio.gather(*(http.get("/") for _ in range(5)))
        await asyncio.sleep(0.1)
        await http.get("/")
        await until(lambda: (server.opened, server.open) == (6, 1))


async def test_an_abandoned_call_gives_up_its_connection() -> None:
    async with serving(60) as (server, http):
        with pytest.raises(httpx.ReadTimeout):
            await http.get("/", timeout=httpx.Timeout(1, read=0.01))
        async with http.stream("GET", "/"):
            pass  # the body is not read
        assert (await http.get("/")).text == "ok"
        await until(lambda: server.open == 1)
