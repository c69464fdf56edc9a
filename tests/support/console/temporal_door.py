"""A running console in front of a double of Temporal's Web UI."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import httpx

from db.store import Store
from tests.support.centre.running import Centre


@dataclass
class Double:
    """What stands where the UI should, and what has reached it."""

    heads: list[str] = field(default_factory=list)
    bodies: list[bytes] = field(default_factory=list)
    rest: asyncio.Event = field(default_factory=asyncio.Event)
    server: asyncio.Server | None = None

    async def serve(
        self, reader: asyncio.StreamReader, out: asyncio.StreamWriter
    ) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        self.heads.append(head)
        length = head.lower().partition("content-length: ")[2].partition("\r")[0]
        self.bodies.append(await reader.readexactly(int(length or 0)))
        if "/large" in head:
            await self._large(out)
        else:
            out.write(
                b"HTTP/1.1 200 OK\r\nset-cookie: a=b\r\ncontent-length: 2\r\n\r\n{}"
            )
        await out.drain()
        out.close()

    async def _large(self, out: asyncio.StreamWriter) -> None:
        out.write(b"HTTP/1.1 200 OK\r\ncontent-length: 4000000\r\n\r\n")
        out.write(b"a" * 2_000_000)
        await out.drain()
        await self.rest.wait()
        out.write(b"b" * 2_000_000)


@dataclass(frozen=True)
class Door:
    """A centre in front of the double, and a session of its administrator."""

    centre: Centre
    store: Store
    double: Double
    token: str

    @property
    def cookie(self) -> str:
        return f"hmc_console={self.token}"

    @asynccontextmanager
    async def browser(self, **headers: str) -> AsyncIterator[httpx.AsyncClient]:
        """Open a connection that carries the session."""
        async with self.centre.http() as http:
            http.headers.update({"Cookie": self.cookie, **headers})
            yield http

    async def raw(self, request: str) -> int:
        """Send bytes no library would; return the status."""
        reader, out = await asyncio.open_connection(
            "127.0.0.1", self.centre.settings.api_port
        )
        out.write(request.replace("\n", "\r\n").encode())
        line = await asyncio.wait_for(reader.readline(), 30)
        out.close()
        return int(line.split()[1])
