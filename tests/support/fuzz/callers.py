"""Who asks in `make fuzz`, and what they know: two systems, a person of each role."""

import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import httpx

from api.messages.examples import BATCHES, MESSAGES
from core.words import Scope
from tests.support.centre.running import PASSWORD, Centre
from tests.support.centre.system import signed_in

PEERS = ("fuzz-a", "fuzz-b")
_FIRST = "given by an admin"
_NAMES = ("id", "code", "username")
_UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
# An operation's things are named where its first parameter stands.
_PLACE = re.compile(r"\{.*")


@dataclass
class Caller:
    """Somebody with a token, and what they have come to know.

    `made` are the ids of what a system has made itself.
    """

    name: str
    sign_in: tuple[str, dict[str, Any]]
    client: bool
    headers: dict[str, str] = field(default_factory=dict)
    made: set[str] = field(default_factory=set)
    known: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))

    def begin(self, url: str) -> None:
        """Sign in (a token lasts a quarter of an hour); a system sends something."""
        path, request = self.sign_in
        with httpx.Client(base_url=url, timeout=30) as http:
            answer = http.post(path, **request)
            answer.raise_for_status()
            self.headers["Authorization"] = f"Bearer {answer.json()['access_token']}"
            if not self.client:
                return
            for at, example in (
                ("/v1/messages", MESSAGES["registration"]),
                ("/v1/batches", BATCHES["reminders"]),
            ):
                sent = http.post(at, json=example["value"], headers=self.headers)
                sent.raise_for_status()
                self.made.add(sent.json()["id"])
                self.known[f"{at}/"].append(sent.json()["id"])

    def things(self, path: str) -> list[str]:
        """Return what may stand in an operation's first parameter."""
        return self.known[_PLACE.sub("", path)]

    def learn(self, path: str, answer: Any) -> None:
        """Remember what an answer names; never the callers, who are to stay."""
        for name in _named(answer):
            if not name.startswith("fuzz-") and name != "admin":
                kept = self.known[_PLACE.sub("", path).rstrip("/") + "/"]
                kept.append(name)
                del kept[:-50]


def seen_by_another(maker: Caller, answer: Any) -> bool:
    """Tell whether an answer names what a system made that did not ask."""
    if answer.status_code >= 300:
        return False
    text = answer.content.decode("utf-8", "replace")
    return not maker.made.isdisjoint(_UUID.findall(text))


def _named(answer: Any) -> Iterator[str]:
    if "json" not in str(answer.headers.get("content-type")):
        return
    try:
        found = answer.json()
    except ValueError:
        return
    items = found.get("items", [found]) if isinstance(found, dict) else found
    for item in items if isinstance(items, list) else ():
        for name in _NAMES:
            if isinstance(item, dict) and isinstance(item.get(name), str):
                yield item[name]


async def callers_of(centre: Centre, roles: list[str]) -> list[Caller]:
    """Let two systems and a person of each role join a centre."""
    made: list[Caller] = []
    async with signed_in(centre) as admin, centre.http() as http:
        for code in PEERS:
            draft = {"code": code, "name": code, "scopes": list(Scope)}
            joined = await admin.ask("POST", "/admin/clients", draft)
            form = {
                "grant_type": "client_credentials",
                "client_id": joined["appkey"],
                "client_secret": joined["appsecret"],
            }
            made.append(Caller(code, ("/v1/token", {"data": form}), client=True))
        for role in roles:
            who = {"username": f"fuzz-{role}", "password": _FIRST}
            await admin.ask("POST", "/admin/users", who | {"role": role})
            change = who | {"new_password": PASSWORD}
            (await http.post("/v1/session/password", json=change)).raise_for_status()
            body = who | {"password": PASSWORD}
            made.append(Caller(role, ("/v1/session", {"json": body}), client=False))
    return made
