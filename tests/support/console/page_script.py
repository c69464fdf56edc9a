"""A page of the console as a script has it: the socket, and no browser that obeys."""

import asyncio
import html
import json
import re
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode
from uuid import uuid4

import httpx
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

_ELEMENTS = re.compile(r"parseElements\(String\.raw`(.*?)`\)", re.DOTALL)
_CLIENT = re.compile(r"client_id\W{1,20}([0-9a-f\-]{36})")
_EVENT = "42"
# More than the centre's own word for it takes, also on a busy machine.
PATIENCE = 20.0


@dataclass
class Script:
    """An open page: what it was sent, and what it does."""

    client_id: str
    elements: dict[str, dict[str, Any]]
    socket: ClientConnection
    got: list[tuple[str, Any]] = field(default_factory=list)

    @property
    def updates(self) -> int:
        """How often something new was shown."""
        return sum(kind == "update" for kind, _ in self.got)

    async def click(self, icon: str) -> None:
        """Press the button with this icon, as its page says it is to be done."""
        buttons = self._buttons(icon)
        element, listener = next(buttons)
        said = {"id": element, "client_id": self.client_id, "listener_id": listener}
        event = json.dumps(["event", said | {"args": []}])
        await self.socket.send(_EVENT + event)

    def _buttons(self, icon: str) -> Iterator[tuple[int, str]]:
        for number, element in self.elements.items():
            for event in element.get("events", ()):
                if element.get("props", {}).get("icon") == icon:
                    yield int(number), event["listener_id"]

    async def until_updated(self) -> None:
        """Read until something new is shown."""
        before = self.updates
        async with asyncio.timeout(PATIENCE):
            while self.updates == before:
                await self._read()

    async def until_closed(self) -> None:
        """Read until the centre has hung up; whatever it asks for is ignored."""
        with suppress(ConnectionClosed):
            async with asyncio.timeout(PATIENCE):
                while True:
                    if not await self._read():
                        return

    async def _read(self) -> bool:
        """Take what comes next; False where the centre says that it hangs up."""
        said = str(await self.socket.recv())
        if said == "2":
            await self.socket.send("3")
        if said.startswith(_EVENT):
            kind, what = json.loads(said.removeprefix(_EVENT))
            self.got.append((kind, what))
        return said not in ("1", "41")


@asynccontextmanager
async def script_at(url: str, path: str, cookie: str) -> AsyncIterator[Script]:
    """Open a page of the console, and its socket, with a session's cookie."""
    async with httpx.AsyncClient(base_url=url, cookies={"hmc_console": cookie}) as http:
        answer = await http.get(f"/console{path}")
    assert answer.status_code == 200, answer.headers.get("location")
    found, client = _ELEMENTS.search(answer.text), _CLIENT.search(answer.text)
    assert found
    assert client
    elements = json.loads(html.unescape(found[1]))
    async with connect(address_of(url, client[1]), max_size=None) as socket:
        await socket.recv()
        await socket.send("40")
        assert str(await socket.recv()).startswith("40")
        yield Script(client[1], elements, socket)


def address_of(url: str, client_id: str) -> str:
    """Return where a page's socket is."""
    query = {
        "EIO": 4,
        "transport": "websocket",
        "client_id": client_id,
        "next_message_id": 0,
        "implicit_handshake": "true",
        "document_id": uuid4(),
        "tab_id": uuid4(),
    }
    host = url.removeprefix("http://")
    return f"ws://{host}/console/_nicegui_ws/socket.io/?{urlencode(query)}"
