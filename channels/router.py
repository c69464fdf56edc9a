"""Chooses among a channel's accounts, and watches how their calls end."""

import asyncio
import random
from collections.abc import AsyncIterator, Callable, Collection, Iterable, Mapping
from contextlib import asynccontextmanager, nullcontext
from dataclasses import dataclass, field

from channels.base import Sender
from channels.breaker import Breaker
from channels.kit.codes import refusal
from channels.kit.http import Slots
from channels.provider import Account
from core.errors import DeliveryError, OutcomeUnknown, ProviderDown
from core.traffic_shares import Deduction, in_force, shares
from core.words import Channel

Dice = Callable[[], float]
# No account of a channel can be told from another by this: the inbox has one.
_OWN = "own"


@dataclass(eq=False)
class Route:
    """One account, open: its sender, its breaker and its calls under way."""

    sender: Sender
    account: Account | None = None
    breaker: Breaker = field(default_factory=Breaker)
    under_way: int = 0
    _idle: asyncio.Event = field(default_factory=asyncio.Event)

    def __post_init__(self) -> None:
        most = self.account.max_concurrent if self.account else None
        self._slots = Slots(self.sender.provider, most) if most else None

    @property
    def code(self) -> str:
        """The account's code."""
        return self.account.code if self.account else _OWN

    @property
    def full(self) -> bool:
        """Whether as many calls are under way as may be."""
        most = self.account.max_concurrent if self.account else None
        return most is not None and self.under_way >= most

    @asynccontextmanager
    async def call(self, *, anyway: bool = False) -> AsyncIterator[None]:
        """Make one call, and note how it ends.

        RateLimited where `max_concurrent` are under way and none ends in time;
        ProviderDown where the breaker has opened, unless it shall be made anyway.
        """
        self.under_way += 1
        self._idle.clear()
        try:
            async with self._slots.one() if self._slots else nullcontext():
                if not anyway and not self.breaker.admits():
                    raise refusal(
                        self.sender.provider, ProviderDown, code="breaker-open"
                    )
                async with self._watched():
                    yield
        finally:
            self.under_way -= 1
            if not self.under_way:
                self._idle.set()

    @asynccontextmanager
    async def _watched(self) -> AsyncIterator[None]:
        """Tell the breaker how a call ends."""
        self.breaker.begin()
        try:
            yield
        except (ProviderDown, OutcomeUnknown):
            self.breaker.fail()
            raise
        except DeliveryError:
            # It answered: what it refused is one message, or the account.
            self.breaker.succeed()
            raise
        except BaseException:
            self.breaker.abandon()
            raise
        self.breaker.succeed()

    async def idle(self) -> None:
        """Wait until no call is under way."""
        if self.under_way:
            await self._idle.wait()


class Router:
    """The open accounts of every channel, and the shares that hold among them."""

    def __init__(
        self, routes: Iterable[Route] = (), dice: Dice = random.random
    ) -> None:
        self._dice = dice
        self._by_channel: dict[Channel, dict[str, Route]] = {}
        self._taken: Mapping[Channel, Mapping[str, Deduction]] = {}
        self.use(routes)

    def use(self, routes: Iterable[Route]) -> None:
        """Send by these from now on."""
        by_channel: dict[Channel, dict[str, Route]] = {}
        for route in routes:
            by_channel.setdefault(route.sender.channel, {})[route.code] = route
        self._by_channel = by_channel

    def weigh(self, taken: Mapping[Channel, Mapping[str, Deduction]]) -> None:
        """Take these points from the shares from now on."""
        self._taken = taken

    def serves(self, channel: Channel) -> bool:
        """Tell whether a channel has an account."""
        return channel in self._by_channel

    def admits(self, channel: Channel) -> bool:
        """Tell whether an account of a channel may be called now."""
        routes = self._by_channel.get(channel, {}).values()
        return any(route.breaker.admits() for route in routes)

    def channels(self) -> Collection[Channel]:
        """Return the channels that have an account."""
        return self._by_channel.keys()

    def route(self, channel: Channel, code: str | None) -> Route | None:
        """Return one account's route; the only one of its channel for None."""
        routes = self._by_channel.get(channel, {})
        if code is None and len(routes) == 1:
            return next(iter(routes.values()))
        return routes.get(code or _OWN)

    def choices(self, channel: Channel, tried: Collection[str] = ()) -> list[Route]:
        """Return the routes a call may take now, in the order to try them.

        Drawn by the shares in force, an account without a share after those that
        have one; those that were tried before, and before them those that are
        full, come last.
        """
        routes = self._by_channel.get(channel, {})
        open_now = [route for route in routes.values() if route.breaker.admits()]
        if len(open_now) < 2:
            return open_now
        held = self._held(channel, routes)
        drawn = {route.code: self._draw(held[route.code]) for route in open_now}
        return sorted(open_now, key=lambda r: (r.code in tried, r.full, -drawn[r.code]))

    def _held(self, channel: Channel, routes: Mapping[str, Route]) -> dict[str, int]:
        weights = {c: r.account.weight if r.account else 1 for c, r in routes.items()}
        return in_force(shares(weights), self._taken.get(channel, {}))

    def _draw(self, share: int) -> float:
        """Return a key by which the largest comes first as often as its share says.

        Efraimidis and Spirakis, Weighted random sampling with a reservoir (2006):
        u^(1/w).
        """
        return self._dice() ** (1 / share) if share else -1.0
