"""Keeps one connection to a carrier's gateway: opened, watched, opened again."""

import asyncio
from typing import Generic

from channels.carrier.session import A, Late, Make, Session, SessionLimits, Wire
from channels.kit.codes import refusal
from channels.kit.http import LEAST_SECONDS, SLOT_SECONDS
from channels.receipts import ReceiptSink
from core.errors import (
    DeliveryError,
    Misconfigured,
    OutcomeUnknown,
    ProviderDown,
    RateLimited,
)

# Between two tries: a send does not wait for the long ones, but a gateway that
# is down, or refuses us, is not asked by every send either.
_SHORTEST_PAUSE = 1.0
_LONGEST_PAUSE = 30.0


class Link(Generic[A]):
    """The way to one gateway with one account; opened by the first send."""

    def __init__(
        self,
        wire: Wire[A],
        host: str,
        port: int,
        sink: ReceiptSink,
        probe_every: float,
        limits: SessionLimits,
    ) -> None:
        self._wire = wire
        self._host = host
        self._port = port
        self._sink = sink
        self._probe_every = probe_every
        self._limits = limits
        self._opening = asyncio.Lock()
        self._session: Session[A] | None = None
        self._keeper: asyncio.Task[None] | None = None
        self._trouble: DeliveryError | None = None
        self._not_before = 0.0
        self._closed = False

    async def ask(self, make: Make, until: float, late: Late[A] | None = None) -> A:
        """Return the gateway's answer to one request.

        Raises what Session.ask does; ProviderDown or Misconfigured where there
        is no connection.
        """
        try:
            async with asyncio.timeout_at(until - LEAST_SECONDS):
                session = await self.session()
        except TimeoutError:
            raise refusal(self._wire.provider, ProviderDown, code="no-time") from None
        return await session.ask(make, until, late)

    async def session(self) -> Session[A]:
        """Return the connection that is up, opened now if none is."""
        if self._keeper is None and not self._closed:
            self._keeper = asyncio.create_task(self._keep())
        async with self._opening:
            if self._session is None or self._session.over.is_set():
                self._session = await self._open()
            return self._session

    async def aclose(self) -> None:
        """Take leave of the gateway; nothing is sent from now on."""
        self._closed = True
        if self._keeper is not None:
            self._keeper.cancel()
            await asyncio.gather(self._keeper, return_exceptions=True)
        if self._session is not None:
            await self._session.aclose()

    async def _keep(self) -> None:
        """Hold a connection also while nothing is sent: receipts come over it."""
        pause = _SHORTEST_PAUSE
        while True:
            try:
                session = await self.session()
            except DeliveryError:
                pause = min(2 * pause, _LONGEST_PAUSE)
            else:
                pause = _SHORTEST_PAUSE
                await session.over.wait()
            await asyncio.sleep(pause)

    async def _open(self) -> Session[A]:
        loop = asyncio.get_running_loop()
        if self._closed:
            raise refusal(self._wire.provider, ProviderDown, code="closed")
        if self._trouble is not None and loop.time() < self._not_before:
            raise _again(self._trouble, self._wire.provider)
        try:
            session = await self._connect(loop.time() + self._limits.connect)
        except DeliveryError as error:
            error.answered = False  # what it refused is the sign-in
            self._trouble = error
            hopeless = isinstance(error, Misconfigured)
            pause = _LONGEST_PAUSE if hopeless else _SHORTEST_PAUSE
            self._not_before = loop.time() + pause
            raise
        self._trouble = None
        return session

    async def _connect(self, until: float) -> Session[A]:
        try:
            async with asyncio.timeout_at(until):
                reader, writer = await asyncio.open_connection(self._host, self._port)
        except OSError as error:
            code = type(error).__name__
            raise refusal(self._wire.provider, ProviderDown, code=code) from None
        session = Session(
            self._wire, reader, writer, self._sink, self._probe_every, self._limits
        )
        try:
            self._wire.bound(await session.ask(self._wire.bind, until))
        except OutcomeUnknown as error:
            # Nothing but the sign-in has left.
            session.end()
            raise refusal(self._wire.provider, ProviderDown, code=error.code) from None
        except BaseException:
            session.end()
            raise
        return session


def _again(error: DeliveryError, provider: str) -> DeliveryError:
    return refusal(provider, type(error), code=error.code)


class Pace:
    """How fast one account may send: evenly, `per_second` of them."""

    def __init__(self, provider: str, per_second: float) -> None:
        self._provider = provider
        self._gap = 1 / per_second
        self._next = 0.0

    async def one(self) -> None:
        """Wait for the turn; RateLimited where it does not come soon."""
        now = asyncio.get_running_loop().time()
        turn = max(now, self._next)
        if turn - now > SLOT_SECONDS:
            raise refusal(self._provider, RateLimited, code="speed")
        self._next = turn + self._gap
        await asyncio.sleep(turn - now)
