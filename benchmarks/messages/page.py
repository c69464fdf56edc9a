"""`python -m benchmarks.messages.page`: every filter over a million messages.

Times the functions behind the messages page, the store's row to the status
document included, and writes a section of benchmarks/RESULTS.md.
"""

import asyncio
import random
import statistics
import sys
import time
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated
from uuid import UUID

import typer

from benchmarks.machine import machine
from benchmarks.messages.browser import first_pages
from benchmarks.messages.load import CLIENTS, DAYS, TYPES, Loaded, load, people
from centre.messages import queries as messages
from centre.messages.contracts import MessageFilter
from centre.watch import overview_queries
from core.crypto import Keyring
from core.models import Address
from core.words import IdentityType, Status
from db.migrate import migrate
from db.pages import time_cursor
from db.session import Session
from db.store import Store, open_store
from tests.support.stores.postgres import postgres_cluster

RESULTS = Path(__file__).parent.parent / "RESULTS.md"
LIMIT_MS = 300
_OPENED = 11
# Asked for every 10 seconds at most by each process, for all its pages together.
_HOME = "the first page's figures"
_BEGIN, _END = "<!-- messages page: begin -->", "<!-- messages page: end -->"
_KEYRING = Keyring(
    keys={"k1": bytes(range(32))},
    current="k1",
    index_key=b"i" * 32,
    token_key=b"t" * 32,
)

Ask = Callable[[Session], Awaitable[object]]


@dataclass(frozen=True)
class Times:
    """One filter's times in milliseconds."""

    name: str
    p50: float
    p95: float
    worst: float


def main(
    count: Annotated[int, typer.Option(min=1000)] = 1_000_000,
    times: Annotated[int, typer.Option(min=5)] = 40,
    write: Annotated[Path, typer.Option(help="the file whose section it is")] = RESULTS,
) -> None:
    """Load the messages, ask with every filter, say whether all is quick enough."""
    with postgres_cluster() as url:
        began = time.monotonic()
        asyncio.run(migrate(url))
        loaded = load(url, _KEYRING, count)
        taken = time.monotonic() - began
        _say(f"{count:,} messages loaded in {taken:.0f} s")
        found = asyncio.run(_measured(url, loaded, times))
        took = asyncio.run(first_pages(url, _OPENED))
    _write(write, _section(found, loaded, times, took))
    if _slow(found):
        raise typer.Exit(1)


async def _measured(url: str, loaded: Loaded, times: int) -> list[Times]:
    store = open_store(url, _KEYRING)
    try:
        found = []
        for name, asks in _questions(loaded, times):
            found.append(await _timed(store, name, asks))
            last = found[-1]
            _say(f"{last.p50:8.1f} {last.p95:8.1f} {last.worst:8.1f}  {name}")
        return found
    finally:
        await store.close()


async def _timed(store: Store, name: str, asks: Iterator[Ask]) -> Times:
    took = []
    for ask in asks:
        began = time.perf_counter()
        async with store.sessions() as session:
            await ask(session)
        took.append((time.perf_counter() - began) * 1000)
    p95 = statistics.quantiles(took, n=20, method="inclusive")[-1]
    return Times(name, statistics.median(took), p95, max(took))


def _questions(loaded: Loaded, times: int) -> Iterator[tuple[str, Iterator[Ask]]]:
    """Yield every filter of the page, alone and with others, with values to ask."""
    rng = random.Random(2)
    for name, wanted in _filters(loaded, rng):
        yield name, (_first(wanted()) for _ in range(times))
    for name, wanted in _filters(loaded, rng):
        yield f"{name}, deep page", (_deep(wanted(), loaded, rng) for _ in range(times))
    yield "failed messages", (_failed() for _ in range(times))
    yield "failed messages, counted for a bulk resend", (_count() for _ in range(times))
    yield _HOME, (_home() for _ in range(times))


Wanted = Callable[[], MessageFilter]


class _Values:
    """Values to ask with, other ones each time."""

    def __init__(self, loaded: Loaded, rng: random.Random) -> None:
        self._loaded = loaded
        self._rng = rng
        self._numbers = people(100_000)

    def status(self) -> Status:
        return self._rng.choice([s for s in Status if s is not Status.SCHEDULED])

    def until(self) -> datetime:
        return self._loaded.until - timedelta(days=self._rng.uniform(1, DAYS))

    def reference(self) -> str:
        return f"REF-{self._rng.randrange(self._loaded.messages)}"

    def recipient(self) -> Address:
        return Address(type=IdentityType.MOBILE, value=next(self._numbers))

    def client(self) -> str:
        return self._rng.choice(CLIENTS)

    def type(self) -> str:
        return self._rng.choice(TYPES)

    def of(self, *names: str, **fixed: object) -> Wanted:
        """Return a maker of filters with these conditions."""

        def wanted() -> MessageFilter:
            made = {name: getattr(self, name)() for name in names}
            return MessageFilter.model_validate(made | fixed)

        return wanted


# Every condition of the page alone, and those that go together.
_CONDITIONS = (
    (),
    ("reference",),
    ("recipient",),
    ("recipient", "status"),
    ("type",),
    ("client",),
    ("status",),
    ("until",),
    ("client", "type"),
    ("client", "status"),
    ("type", "status"),
    ("client", "type", "status"),
    ("client", "type", "status", "until"),
)


def _filters(loaded: Loaded, rng: random.Random) -> Iterator[tuple[str, Wanted]]:
    values = _Values(loaded, rng)
    for names in _CONDITIONS:
        yield ", ".join(names) or "no condition", values.of(*names)
    rare = {"client": CLIENTS[-1], "type": TYPES[-1]}
    name = "the rarest client, type and status"
    yield name, values.of(**rare, status=Status.DELIVERING)
    yield "a status that none has", values.of(status=Status.SCHEDULED)
    name = "a client, a type and a status that none has"
    yield name, values.of(**rare, status=Status.SCHEDULED)
    yield "a reference that none has", values.of(reference="none")


def _first(wanted: MessageFilter) -> Ask:
    return lambda session: messages.list_messages(session, wanted, None, 50)


def _deep(wanted: MessageFilter, loaded: Loaded, rng: random.Random) -> Ask:
    at = loaded.until - timedelta(days=rng.uniform(1, DAYS))
    cursor = time_cursor(at, UUID(int=0))
    return lambda session: messages.list_messages(session, wanted, cursor, 50)


def _failed() -> Ask:
    now = datetime.now(UTC)
    return lambda session: messages.list_failed(session, MessageFilter(), now, None, 50)


def _count() -> Ask:
    now = datetime.now(UTC)
    return lambda session: messages.count_failed(session, MessageFilter(), now)


def _home() -> Ask:
    now = datetime.now(UTC)

    async def ask(session: Session) -> None:
        await overview_queries.count_by_status(session, now - timedelta(days=1))
        await overview_queries.waiting_failed(session, now)
        await overview_queries.provider_health(session, now - timedelta(minutes=15))
        await overview_queries.ending_secrets(session, now, now + timedelta(days=14))

    return ask


def _slow(found: list[Times]) -> list[str]:
    """Return the filters that take too long; the first page's figures are shared."""
    return [f.name for f in found if f.p95 > LIMIT_MS and f.name != _HOME]


def _section(found: list[Times], loaded: Loaded, times: int, took: list[float]) -> str:
    rows = [f"| {f.name} | {f.p50:.1f} | {f.p95:.1f} | {f.worst:.1f} |" for f in found]
    slow = _slow(found)
    verdict = (
        f"Over {LIMIT_MS} ms: {', '.join(slow)}."
        if slow
        else (f"Every p95 is within {LIMIT_MS} ms.")
    )
    about = [f"| {name} | {value} |" for name, value in machine().items()]
    return "\n".join(
        [
            "## The messages page over a million messages",
            "",
            f"{loaded.messages:,} messages of {DAYS} days in PostgreSQL, to patients "
            "of eight identities each; pages of 50, read to",
            f"status documents; {times} times a filter, other values each time. "
            f"{verdict}",
            "",
            "|  |  |",
            "| --- | --- |",
            *about,
            "",
            "| Filter | p50 ms | p95 ms | worst ms |",
            "| --- | --- | --- | --- |",
            *rows,
            "",
            "In Chromium the first page's messages stand there after "
            f"{statistics.median(took[1:]):.0f} ms (median of {len(took) - 1},"
            f" worst {max(took[1:]):.0f}),",
            f"with an empty cache after {took[0]:.0f} ms.",
        ]
    )


def _write(path: Path, section: str) -> None:
    """Put the section in its place, at the end where it has none yet."""
    text = path.read_text() if path.exists() else ""
    before, _, rest = text.partition(_BEGIN)
    after = rest.partition(_END)[2]
    path.write_text(
        f"{before.rstrip()}\n\n{_BEGIN}\n{section}\n{_END}\n{after.lstrip()}"
    )


def _say(line: str) -> None:
    sys.stderr.write(f"{line}\n")


if __name__ == "__main__":
    typer.run(main)
