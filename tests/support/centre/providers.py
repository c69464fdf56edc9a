"""The providers' side of a running centre: its sandbox's rules and listing."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

import httpx

from tests.support.centre.running import Centre
from tests.support.centre.system import Document, Person


@dataclass(frozen=True)
class Providers:
    """A connection to the sandbox's own routes."""

    http: httpx.AsyncClient

    async def obey(self, *rules: Document) -> None:
        """Replace the rules."""
        answer = await self.http.put("/_sandbox/rules", json=list(rules))
        assert answer.status_code == 200, answer.text

    async def taken(
        self, channel: str | None = None, recipient: str | None = None
    ) -> list[Document]:
        """Return what was taken, the oldest first."""
        asked = {"channel": channel, "recipient": recipient}
        query = {name: value for name, value in asked.items() if value}
        answer = await self.http.get("/_sandbox/messages", params=query)
        assert answer.status_code == 200, answer.text
        items: list[Document] = answer.json()["items"]
        return items

    async def taken_for(self, person: Person) -> dict[str, list[Document]]:
        """Return what was taken for one person, by channel."""
        found: dict[str, list[Document]] = {}
        for channel in ("wechat", "sms", "wecom", "email", "workstation"):
            if items := await self.taken(channel, person.at(channel)):
                found[channel] = items
        return found

    async def tokens(self) -> dict[str, int]:
        """Return how many tokens were fetched, per channel."""
        answer = await self.http.get("/_sandbox/tokens")
        counts: dict[str, int] = answer.json()
        return counts


def rule(person: Person, channel: str, outcome: str, **more: object) -> Document:
    """Return the rule that decides about one person on one channel."""
    return {
        "channel": channel,
        "recipient": person.at(channel),
        "outcome": outcome,
        **more,
    }


@asynccontextmanager
async def providers_of(centre: Centre) -> AsyncIterator[Providers]:
    """Connect to a centre's sandbox."""
    async with centre.sandbox() as http:
        yield Providers(http)
