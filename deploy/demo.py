"""The demonstration: a whole centre, a morning's messages, what became of each.

`python -m deploy.demo`; with ONCE=1 it ends by itself, with status 1 where an
outcome is not the expected one.
"""

import asyncio
import os
import sys
from datetime import timedelta

import httpx
from rich.box import HORIZONTALS
from rich.console import Console
from rich.table import Table

from core.clock import utc_now
from core.errors import Unavailable
from core.process.faults import CannotStart
from core.settings import Settings
from deploy.configured import settings_to_send_by
from deploy.credentials import admin_password, client_key
from deploy.demo_scenes import SCENES, VALUES, Scene
from deploy.remote import Document, Refused, Remote, as_client, as_person
from deploy.up import addresses, api_url, up

APP, INBOX = "mini-program", "inbox:read"
_PATIENCE = 90.0
_AS_EXPECTED = "All as expected · 全部符合预期"
_NOT_AS_EXPECTED = "NOT as expected · 与预期不符"
# Narrower, the table would break its words.
_WIDTH = 118
_GOES_ON = ("accepted", "scheduled", "delivering")


class Demo:
    """Plays every scene against a running centre."""

    def __init__(self, console: Console, once: bool) -> None:
        self._console = console
        self._once = once
        self.as_expected = False

    async def show(self, settings: Settings, stop: asyncio.Event) -> None:
        """Play, print the table, and say whether all ended as it should."""
        self._say(f"Sending {len(SCENES)} messages · 正在发送示例消息 …")
        await _set_rules(settings)
        url, password = api_url(settings), admin_password(settings)
        async with as_person(url, "admin", password) as admin:
            await _forget(admin)
            await _let_read(admin)
            plays = (_play(settings, scene, admin) for scene in SCENES)
            ends = await asyncio.gather(*plays)
        self._console.print(table(ends))
        self.as_expected = all(
            not _surprises(s, d) for s, d in zip(SCENES, ends, strict=True)
        )
        self._say(_AS_EXPECTED if self.as_expected else _NOT_AS_EXPECTED)
        if self._once:
            stop.set()
        else:
            self._say(f"{addresses(settings)}\nCtrl-C ends it · 按 Ctrl-C 结束")

    def _say(self, text: str) -> None:
        self._console.print(text, markup=False, highlight=False, soft_wrap=True)


async def _set_rules(settings: Settings) -> None:
    """Tell the providers' doubles how to behave towards whom."""
    sandbox = f"http://127.0.0.1:{settings.sandbox_port}"
    rules = [rule for scene in SCENES for rule in scene.rules]
    async with httpx.AsyncClient(base_url=sandbox) as http:
        (await http.put("/_sandbox/rules", json=rules)).raise_for_status()


async def _forget(admin: Remote) -> None:
    """Let nobody be skipped for what an earlier demonstration showed of them."""
    known = {pair for scene in SCENES if scene.rules for pair in scene.to.items()}
    for kind, value in sorted(known):
        await admin.delete(f"/v1/admin/standings/{kind}/{value}")


async def _play(settings: Settings, scene: Scene, admin: Remote) -> Document:
    """Send one message as its client system; return its last status document."""
    key = client_key(settings.state_dir, scene.client)
    kind = await admin.get(f"/v1/admin/message-types/{scene.type}")
    async with as_client(api_url(settings), *key) as client:
        sent = await client.post("/v1/messages", _body(scene, kind))
        path = f"/v1/messages/{sent['id']}"
        if scene.then == "cancel":
            await client.post(f"{path}/cancel", {})
        end = await _end(client, path)
        if scene.then == "read":
            await _read(settings, scene)
            end = await _end(client, path)
        if scene.then == "resend":
            await admin.post(f"{path}/resend", {"reason": "渠道已恢复"})
            end = await _end(client, path, run=2)
    return end


async def _let_read(admin: Remote) -> None:
    """Let the mini program read inboxes; one that joined earlier could not."""
    path = f"/v1/admin/clients/{APP}"
    scopes = (await admin.get(path))["scopes"]
    if INBOX not in scopes:
        await admin.patch(path, {"scopes": [*scopes, INBOX]})


async def _read(settings: Settings, scene: Scene) -> None:
    """Open what a person has not read yet, in the mini program."""
    key = client_key(settings.state_dir, APP)
    async with as_client(api_url(settings), *key) as app:
        mine = await app.post("/v1/inbox/query", {"identities": scene.to})
        for item in mine["items"]:
            if item["read_at"] is None:
                await app.post(f"/v1/inbox/{item['id']}/read", {})


def _body(scene: Scene, kind: Document) -> Document:
    body: Document = {
        "type": scene.type,
        "recipient": {"identities": scene.to},
        "params": {name: VALUES[name] for name in kind["placeholders"]},
        "reference": "demo",
    }
    if scene.channels:
        body["channels"] = list(scene.channels)
    if scene.wait_seconds:
        due = utc_now() + timedelta(seconds=scene.wait_seconds)
        body["send_at"] = due.isoformat()
    return body


async def _end(client: Remote, path: str, run: int = 1) -> Document:
    """Wait until a message has ended, or failed."""
    async with asyncio.timeout(_PATIENCE):
        while True:
            doc = await client.get(path)
            if doc["status"] not in _GOES_ON and doc["run"] >= run:
                return doc
            await asyncio.sleep(0.3)


def table(ends: list[Document]) -> Table:
    """Draw what became of each message."""
    drawn = Table(box=HORIZONTALS, show_lines=True)
    for title in (
        "消息 · message",
        "系统 · client",
        "状态 · status",
        "渠道 · channels",
        "",
    ):
        drawn.add_column(title)
    for scene, doc in zip(SCENES, ends, strict=True):
        wrong = _surprises(scene, doc)
        drawn.add_row(
            scene.title,
            scene.client,
            _status(doc),
            "\n".join(_line(delivery) for delivery in doc["deliveries"]),
            "\n".join(wrong) if wrong else "✓",
            style="red" if wrong else None,
        )
    return drawn


def _status(doc: Document) -> str:
    again = "failed → " if doc["run"] == 2 else ""
    return f"{again}{doc['status']}"


def _line(delivery: Document) -> str:
    tries = f" (×{delivery['attempts']})" if delivery["attempts"] > 1 else ""
    return f"{delivery['stage']} {delivery['channel']} {_outcome(delivery)}{tries}"


def _outcome(delivery: Document) -> str:
    reason = delivery["reason"]
    return f"{delivery['outcome']}: {reason}" if reason else str(delivery["outcome"])


def _met(wanted: str | None, found: str | None) -> bool:
    """Tell whether it came out so; a receipt may have come as well."""
    return wanted == found or (wanted, found) == ("accepted", "delivered")


def _surprises(scene: Scene, doc: Document) -> list[str]:
    """Return what did not come out as it should."""
    found = {d["channel"]: _outcome(d) for d in doc["deliveries"]}
    wrong = [
        f"{channel}: {scene.outcomes.get(channel)}, not {found.get(channel)}"
        for channel in scene.outcomes.keys() | found.keys()
        if not _met(scene.outcomes.get(channel), found.get(channel))
    ]
    if doc["status"] != scene.status:
        wrong.append(f"{scene.status}, not {doc['status']}")
    return wrong


async def main() -> int:
    """Run the demonstration; return its exit status."""
    console = Console()
    if console.width < _WIDTH:
        console = Console(width=_WIDTH)
    demo = Demo(console, once=bool(os.environ.get("ONCE")))
    try:
        settings = settings_to_send_by()
        await up(settings, lambda text: console.print(text, markup=False), demo.show)
    except (CannotStart, Refused, Unavailable) as error:
        console.print(str(error), markup=False, soft_wrap=True)
        return 2
    # The SDK's threads may abort an interpreter that ends at once.
    await asyncio.sleep(0.25)
    return 0 if demo.as_expected or not demo._once else 1


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
