"""What every provider's double works with, and what one is."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from starlette.responses import Response
from starlette.routing import BaseRoute

from core.clock import utc_now
from core.sandbox_keys import SECRET
from core.words import Channel
from sandbox.kit.answers import GARBAGE, HangUp
from sandbox.kit.book import Book
from sandbox.kit.outcomes import TAKEN, Outcome
from sandbox.kit.receipts import Receipts
from sandbox.kit.rules import Rules


@dataclass(frozen=True)
class Options:
    """How one sandbox differs from another."""

    host: str = "127.0.0.1"
    # None: no SMTP server; 0: a free port.
    smtp_port: int | None = None
    # The same of the carriers' gateways.
    cmpp_port: int | None = None
    smpp_port: int | None = None
    # How long `timeout` holds a connection before it closes it.
    hold_seconds: float = 30.0
    # How long after a message its receipt is there.
    receipt_after: float = 0.2
    receipts_url: str | None = None
    receipts_secret: str = SECRET
    # One second for each minute a provider waits between its tries.
    retry_scale: float = 1 / 60
    token_life: timedelta = timedelta(seconds=7200)
    room: int = 100_000
    clock: Callable[[], datetime] = utc_now


@dataclass
class Desk:
    """The rules, the book and the rest that the doubles share."""

    options: Options
    rules: Rules = field(init=False)
    book: Book = field(init=False)
    receipts: Receipts = field(init=False)
    fetches: Counter[Channel] = field(init=False)

    def __post_init__(self) -> None:
        options = self.options
        self.rules = Rules()
        self.book = Book(options.room, options.clock)
        self.receipts = Receipts(
            options.receipts_url,
            options.receipts_secret,
            after=options.receipt_after,
            scale=options.retry_scale,
        )
        self.fetches = Counter()

    def now(self) -> datetime:
        """Return the time by this sandbox's clock."""
        return self.options.clock()

    async def decide(self, channel: Channel, provider: str, recipient: str) -> Outcome:
        """Return what the rules say of a message, after the rule's delay."""
        decision = self.rules.take(channel, provider, recipient)
        if decision.delay:
            await asyncio.sleep(decision.delay)
        return decision.outcome

    async def decide_all(
        self, channel: Channel, provider: str, recipients: Sequence[str]
    ) -> dict[str, Outcome]:
        """Return what the rules say of each recipient of one call."""
        decisions = {to: self.rules.take(channel, provider, to) for to in recipients}
        if delay := max(d.delay for d in decisions.values()):
            await asyncio.sleep(delay)
        return {to: decision.outcome for to, decision in decisions.items()}

    def answer(
        self,
        outcome: Outcome,
        refusals: Mapping[Outcome, Callable[[], Response]],
        take: Callable[[], Response],
    ) -> Response:
        """Return what the caller sees of an outcome; `take` lists the message."""
        if outcome in refusals:
            return refusals[outcome]()
        if outcome is Outcome.DROP:
            return HangUp()
        if outcome is Outcome.GARBAGE:
            return GARBAGE
        assert outcome in TAKEN, outcome
        answer = take()
        if outcome is Outcome.TIMEOUT:
            return HangUp(after=self.options.hold_seconds)
        return answer


class Provider:
    """One provider's double: its HTTP routes, or a server of its own."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk

    def routes(self) -> list[BaseRoute]:
        """Return the paths of the provider's host that it answers."""
        return []

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Hold open what it needs besides its routes."""
        yield
