"""A running console in front of a double of Temporal's Web UI."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import pytest
import pytest_asyncio

from core.crypto import load_keyring
from store import Store, console_sessions, open_store, users
from tests.centre import Centre, running_centre


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


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def whole(
    temporal_cli: Path, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Door]:
    double = Double()
    double.server = await asyncio.start_server(double.serve, "127.0.0.1", 0)
    port = double.server.sockets[0].getsockname()[1]
    folder = tmp_path_factory.mktemp("door") / "var"
    address = f"http://127.0.0.1:{port}"
    async with running_centre(folder, temporal_ui_url=address) as centre:
        settings = centre.settings
        store = open_store(settings.database, load_keyring(settings.keys_file))
        async with store.sessions.begin() as session:
            admin = await users.find_user(session, "admin")
            assert admin is not None
            token = await console_sessions.begin(session, admin, None)
        yield Door(centre, store, double, token)
        await store.close()
    double.server.close()


@pytest.fixture
def door(whole: Door) -> Door:
    whole.double.heads.clear()
    whole.double.bodies.clear()
    return whole
