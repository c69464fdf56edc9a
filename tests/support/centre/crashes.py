"""Two hundred messages under way, what kills them, and what must be so after."""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

import httpx

from tests.support.centre.providers import Providers
from tests.support.centre.system import Document, Person, System, delivery, somebody
from tests.support.centre.types import message
from tests.support.waiting import eventually

COUNT = 200
# Each with another behind it: mail of unknown end can't be asked after.
ROUTES = (
    ("wechat",),
    ("sms",),
    ("wecom",),
    ("workstation",),
    ("email", "inbox"),
)
DEDUPED = frozenset({"wechat", "wecom", "workstation"})
# So many posts at once, and how long a client pauses before it tries again.
_AT_ONCE, _PAUSE = 16, 1.0


@dataclass
class Crowd:
    """Messages under way: key → to whom and by which route, key → id."""

    system: System
    kind: str
    prefix: str
    people: dict[str, Person] = field(default_factory=dict)
    ids: dict[str, str] = field(default_factory=dict)
    troubles: Counter[str] = field(default_factory=Counter)

    async def submit(self) -> None:
        """Submit at speed, as a client that comes again until it is heard."""
        gate = asyncio.Semaphore(_AT_ONCE)
        keys = [f"{self.prefix}-{number}" for number in range(COUNT)]
        self.people |= {key: somebody() for key in keys}
        await asyncio.gather(*(self._submit(gate, key) for key in keys))

    def route(self, key: str) -> tuple[str, ...]:
        """Return the channels a message may go on."""
        return ROUTES[int(key.rpartition("-")[2]) % len(ROUTES)]

    async def _submit(self, gate: asyncio.Semaphore, key: str) -> None:
        body = message(self.kind, self.people[key], *self.route(key))
        while key not in self.ids:
            async with gate:
                await self._try(key, body)
            if key not in self.ids:
                await asyncio.sleep(_PAUSE)

    async def _try(self, key: str, body: Document) -> None:
        """Post once; count what did not work, fail on what never may be."""
        try:
            answer = await self.system.post(body, key)
        except httpx.TransportError as error:
            self.troubles[type(error).__name__] += 1
            return
        if answer.status_code == 202:
            self.ids[key] = answer.json()["id"]
            return
        assert answer.status_code == 503, answer.text
        assert answer.headers["Retry-After"]
        self.troubles["503"] += 1

    async def ends(self, within: float) -> dict[str, Document]:
        """Return how each message ended; all must be delivered.

        The list has it, which no workflow needs to answer; every tenth workflow
        is asked too, and says the same.
        """
        async with asyncio.timeout(within):
            docs = await self._all_written()
        for message_id in list(self.ids.values())[::10]:
            asked = await self.system.status(message_id)
            assert {**asked, "source": "store"} == docs[message_id]
        return {key: docs[message_id] for key, message_id in self.ids.items()}

    async def delivered(self) -> int:
        """Return how many have ended by now."""
        return [item["status"] for item in await self._list()].count("delivered")

    async def _all_written(self) -> dict[str, Document]:
        while True:
            items = await self._list()
            done = {i["id"]: i for i in items if i["status"] == "delivered"}
            if len(done) == COUNT:
                return done
            failed = [i["deliveries"] for i in items if i["status"] == "failed"]
            assert not failed, failed
            await asyncio.sleep(0.5)

    async def _list(self) -> list[Document]:
        items: list[Document] = []
        query = {"type": self.kind, "limit": "200"}
        while True:
            try:
                answer = await self.system.http.get("/v1/messages", params=query)
            except httpx.TransportError:
                return items
            if not answer.is_success:
                return items
            items += answer.json()["items"]
            if answer.json()["next"] is None:
                return [i for i in items if i["id"] in set(self.ids.values())]
            query["cursor"] = answer.json()["next"]


@dataclass(frozen=True)
class Toll:
    """What a crash cost: calls made again, repeats dropped, second sends."""

    again: int
    dropped: int
    twice: int


async def reckon(crowd: Crowd, docs: dict[str, Document], providers: Providers) -> Toll:
    """Check every message against what the providers took."""
    taken: dict[tuple[str, str], list[Document]] = {}
    for item in await providers.taken():
        taken.setdefault((item["channel"], item["recipient"]), []).append(item)
    again = dropped = twice = 0
    for key, doc in docs.items():
        assert doc["status"] == "delivered", doc
        channel = crowd.route(key)[0]
        items = taken.get((channel, crowd.people[key].at(channel)), [])
        attempts = delivery(doc, channel)["attempts"]
        if delivery(doc, channel)["outcome"] in ("accepted", "delivered"):
            assert items, f"{channel}: said to be sent, and is not"
        if channel in DEDUPED:
            assert len(items) <= 1, f"{channel}: sent twice"
        assert len(items) <= attempts, f"{channel}: sent again unrecorded"
        again += attempts > 1
        dropped += sum(item["repeats"] for item in items)
        twice += len(items) > 1
    return Toll(again, dropped, twice)


async def crash(
    crowd: Crowd, ripe: Callable[[], Awaitable[bool]], strike: Awaitable[object]
) -> None:
    """Submit the crowd, and strike in the middle of it."""
    async with asyncio.TaskGroup() as group:
        group.create_task(crowd.submit())
        await eventually(ripe)
        assert await crowd.delivered() < COUNT // 2, "too few are under way"
        await strike
