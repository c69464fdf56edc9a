"""A hand at the console, in this process: opens pages, fills fields, clicks.

Pages are drawn by NiceGUI as for a browser, and events come in where its websocket
hands them over, so what the console does with a real event it does here. Elements are
found by the words a person reads: labels, titles, the name of a row's button.
"""

import asyncio
import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, TypeVar
from uuid import uuid4

import httpx
from nicegui import Client, background_tasks, core, ui
from nicegui.element import Element
from nicegui.elements.mixins.value_element import ValueElement
from nicegui.nicegui import _on_handshake

MOUNT = "/console"
# How long a click's work may take on a busy machine; what it leads to is there then.
PATIENCE = 30.0
_TICK = 0.005
# What a page asks its browser at first, in NiceGUI's words.
_DRAWER = "__IS_DRAWER_OPEN__"
_PAGE = re.compile(r"'client_id': '([0-9a-f-]+)'")
_TOKEN = re.compile(r'token: ("[^"]+")')
_BUTTON = re.compile(
    r'<q-btn [^>]*?icon="[^"]*"(?: v-if="props\.row\.(\w+)")? '
    r"aria-label=\"([^\"]*)\" @click=\"\$parent\.\$emit\('act', \{n: (\d+)"
)

Found = TypeVar("Found")


class Absent(AssertionError):
    """Nothing of this name is on the page, for this person."""


class Refusal(Exception):
    """The console said no; its words, one a line."""


@dataclass
class Hand:
    """One person's browser: its cookies, and the page it has open."""

    http: httpx.AsyncClient
    page: Client | None = None
    sent: list[tuple[str, Any]] = field(default_factory=list)
    _tasks: set["asyncio.Task[Any]"] = field(default_factory=set)
    _before: set[int] = field(default_factory=set)

    async def sign_in(self, username: str, password: str) -> None:
        """Sign in at the sign-in page, and carry the session as its script does."""
        self.http.cookies.set("hmc_lang", "en")
        await self.open("/sign-in")
        self.fill("User name", username)
        self.fill("Password", password)
        await self.click("Sign in")
        await self.settle()
        # A script leaves by a task of its own.
        await _until(lambda: self._entering() is not None)
        token = json.loads(self._entering() or "")
        body = {"token": token, "device": None}
        answer = await self.http.post(f"{MOUNT}/session", json=body)
        assert answer.status_code == 204, answer.text
        self.leave()

    def _entering(self) -> str | None:
        """Return the new session's token as the page's script has it."""
        scripts = (d["code"] for kind, d in self.sent if kind == "run_javascript")
        found = (_TOKEN.search(code) for code in scripts)
        return next((one[1] for one in found if one), None)

    async def open(self, path: str) -> None:
        """Open a page; Refusal with its words where it can't be shown."""
        self.leave()
        answer = await self.http.get(MOUNT + path)
        found = _PAGE.search(answer.text)
        assert found, f"{path}: {answer.status_code}"
        self.page = Client.instances[found[1]]
        self._listen(self.page)
        known = {"client_id": self.page.id, "tab_id": "hand"}
        await _on_handshake(f"test-{uuid4()}", known | {"document_id": str(uuid4())})
        if answer.status_code != 200:
            raise Refusal("\n".join(self.texts()))

    def _listen(self, page: Client) -> None:
        """Note what the page sends its browser: scripts, and where to go."""
        self.sent = sent = []
        emit = page.outbox._emit

        async def noted(message: Any) -> None:
            _, kind, data = message
            sent.append((kind, data))
            await emit(message)
            if kind == "run_javascript" and _DRAWER in data["code"]:
                answer = {"request_id": data["request_id"], "result": True}
                page.handle_javascript_response(answer)

        page.outbox._emit = noted  # type: ignore[method-assign]

    def leave(self) -> None:
        """Close the page."""
        for task in self._tasks:
            task.cancel()
        if self.page is not None and not self.page.is_deleted:
            self.page.delete()
        self.page, self._tasks = None, set()

    def texts(self) -> Iterator[str]:
        """Yield what can be read on the page."""
        for element in self._shown():
            text = getattr(element, "text", None) or element.props.get("label")
            if isinstance(text, str) and text:
                yield text

    def refusals(self) -> list[str]:
        """Return what the page says is wrong: notes that stay, fields in red."""
        said = [
            n.message.split("\n")
            for n in self._all(ui.notification)
            if n.type == "negative"
        ]
        fields = (e.props for e in self._shown() if e.props.get("error"))
        wrong = [str(props["error-message"]) for props in fields]
        return [line for lines in said for line in lines] + wrong

    def fill(self, label: str, value: Any, within: str | None = None) -> None:
        """Put a value into a field, or the values that these words stand for."""
        made = self._named(label, within)
        if not isinstance(made, ValueElement) or made.props.get("disable"):
            raise Absent(label)
        options = getattr(made, "options", None)
        if isinstance(options, dict):
            keys = {text: key for key, text in options.items()} | {
                k: k for k in options
            }
            several = isinstance(value, list)
            if lacking := [v for v in (value if several else [value]) if v not in keys]:
                raise Absent(f"{label}: {lacking[0]}")
            value = [keys[v] for v in value] if several else keys[value]
        assert self.page is not None
        with self.page:
            made.set_value(value)

    async def click(self, label: str, within: str | None = None) -> None:
        """Click what has this name, once it is there."""
        made = await self._until(lambda: self._named(label, within), label)
        await self._send(made, "click", {})

    async def agree(self, label: str) -> None:
        """Click in the dialog that the last click opens."""

        def asked() -> Element | None:
            return self._named(label) if self._asked() else None

        await self._send(await self._until(asked, label), "click", {})

    async def act(self, row: str, action: str) -> None:
        """Click a button in the row of a table in which these words stand."""
        table, args = await self._until(lambda: self._row(row, action), action)
        await self._send(table, "act", args)

    async def there(self, label: str, within: str | None = None) -> None:
        """Wait until something of this name is there."""
        await self._until(lambda: self._named(label, within), label)

    def open_up(self, title: str, within: str | None = None) -> None:
        """Unfold what is folded below a title."""
        for box in self._shown(within):
            if isinstance(box, ui.expansion) and box.props.get("label") == title:
                with box.client:
                    box.set_value(True)
                return
        raise Absent(title)

    async def shown(self, text: str) -> str:
        """Wait until these words stand on the page; return the line."""

        def look() -> str | None:
            return next((line for line in self.texts() if text in line), None)

        return await self._until(look, text)

    async def read(self, text: str) -> None:
        """Wait until these words stand on the page, whoever writes them there."""
        await _until(lambda: any(text in line for line in self.texts()))

    async def settle(self) -> None:
        """Wait until the last click's work is done; Refusal where it was refused."""
        await _until(
            lambda: not self._at_work() or bool(self.refusals()) or self._asked()
        )
        if said := self.refusals():
            raise Refusal("\n".join(said))

    async def _until(self, look: Callable[[], Found | None], what: str) -> Found:
        """Return what is looked for; Refusal where the page says no meanwhile."""
        async with asyncio.timeout(PATIENCE):
            while (found := look()) is None:
                if said := self.refusals():
                    raise Refusal("\n".join(said))
                if not self._at_work():
                    raise Absent(what)
                await asyncio.sleep(_TICK)
        return found

    def _at_work(self) -> bool:
        return any(not task.done() for task in self._tasks)

    def _asked(self) -> bool:
        """Tell whether the last click has opened another dialog."""
        return bool({box.id for box in self._dialogs()} - self._before)

    async def _send(self, element: Element, event: str, args: Any) -> None:
        """Hand an event over, as the page's websocket does."""
        assert self.page is not None
        self._before = {box.id for box in self._dialogs()}
        running = set(background_tasks.running_tasks)
        for listener in list(element._event_listeners.values()):
            if listener.type == event:
                message = {"client_id": self.page.id, "id": element.id}
                message |= {"listener_id": listener.id, "args": [json.dumps(args)]}
                await core.sio.handlers["/"]["event"]("hand", message)
        self._tasks |= background_tasks.running_tasks - running

    def _named(self, label: str, within: str | None = None) -> Element | None:
        """Return the element of a name, in the dialog on top or in a card."""
        for element in self._shown(within):
            props = element.props
            names = {props.get("aria-label"), props.get("label")}
            if label in names | {getattr(element, "text", None)} and _is_used(element):
                return element
        return None

    def _row(self, row: str, action: str) -> tuple[Element, Any] | None:
        for table in self._all(ui.table):
            slot = table.slots.get("body-cell-actions")
            for held in table.rows:
                if slot and row in held.values():
                    for only, title, number in _BUTTON.findall(str(slot.template)):
                        if title == action and (not only or held[only]):
                            key = held[table.row_key]
                            return table, {"n": int(number), "key": key}
        return None

    def _all(self, kind: type[Found]) -> list[Found]:
        held = self.page.elements.values() if self.page else ()
        return [e for e in list(held) if isinstance(e, kind)]

    def _dialogs(self) -> list[ui.dialog]:
        return [box for box in self._all(ui.dialog) if box.value]

    def _shown(self, within: str | None = None) -> Iterator[Element]:
        """Yield what can be seen: in the dialog on top, else on the page."""
        boxes = self._dialogs()
        room: Element | None = max(boxes, key=lambda box: box.id) if boxes else None
        if within is not None:
            room = self._card(within)
        for element in self._all(Element):
            above = list(element.ancestors())
            if room is not None and room not in above:
                continue
            if all(map(_is_open, above)) and element.visible:
                yield element

    def _card(self, title: str) -> Element:
        for element in self._all(Element):
            if getattr(element, "text", None) == title and element.tag in ("h2", "h3"):
                return next(iter(element.ancestors()))
        raise Absent(title)


async def _until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(PATIENCE):
        while True:
            if condition():
                return
            await asyncio.sleep(_TICK)


def _is_open(element: Element) -> bool:
    closes = isinstance(element, ui.dialog | ui.expansion)
    return element.visible and (not closes or bool(element.value))  # type: ignore[attr-defined]


def _is_used(element: Element) -> bool:
    """Tell whether one clicks it or puts something into it: it is no mere text."""
    return hasattr(element, "set_value") or any(
        listener.type == "click" for listener in element._event_listeners.values()
    )
