"""One connection to a carrier's gateway: requests in a window, answers by number.

CMPP and SMPP both carry requests of either side over one connection, number
them, and keep it up by a probe; what differs is in their `Wire`.
"""

import asyncio
import itertools
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

import structlog

from channels.kit.codes import refusal
from channels.kit.http import CALL_SECONDS, CONNECT_SECONDS, SLOT_SECONDS, Slots
from channels.receipts import ProviderReceipt, ReceiptSink
from channels.uplinks import Uplink
from core.errors import OutcomeUnknown, ProviderDown

WINDOW = 16
# SMPP has 31 bits for the number of a request, CMPP has 32.
_LAST_NUMBER = 0x7FFFFFFF
_FAREWELL_SECONDS = 1.0
# What may wait to be written: a gateway that reads nothing is gone.
_MOST_UNWRITTEN = 64 * 1024
_MOST_RECEIPTS = 1000

A = TypeVar("A")
Make = Callable[[int], bytes]
# What an answer tells that came when nobody waited for it any more.
Late = Callable[[A], ProviderReceipt]

log = structlog.get_logger("gateway")


@dataclass(frozen=True)
class SessionLimits:
    """How many seconds each step may take.

    `connect` with the sign-in, `send` a whole text with the wait for its turn,
    `pdu` the rest of one that has begun to come, `probe` the answer to it.
    """

    connect: float = CONNECT_SECONDS
    send: float = SLOT_SECONDS + CALL_SECONDS
    pdu: float = 10.0
    probe: float = 10.0


@dataclass(frozen=True)
class Incoming(Generic[A]):
    """One PDU of the gateway's.

    `answer` to the request of this number, or one of theirs: then `reply` is
    what we say to it, after the receipt or text in it has been taken in.
    """

    number: int
    answer: A | None = None
    reply: bytes = b""
    receipt: ProviderReceipt | None = None
    uplink: Uplink | None = None
    over: bool = False


class Wire(Protocol[A]):
    """How one protocol says what a connection needs.

    `header` is the size of a PDU's; `length` and `hear` raise ValueError for
    bytes that are no PDU. `bound` raises the DeliveryError of a refused sign-in.
    """

    provider: str
    header: int

    def length(self, header: bytes) -> int: ...

    def hear(self, pdu: bytes) -> Incoming[A]: ...

    def bind(self, number: int) -> bytes: ...

    def bound(self, answer: A) -> None: ...

    def probe(self, number: int) -> bytes: ...

    def farewell(self, number: int) -> bytes: ...


class Session(Generic[A]):
    """A connection in use, until `over`."""

    def __init__(
        self,
        wire: Wire[A],
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        sink: ReceiptSink,
        probe_every: float,
        limits: SessionLimits,
    ) -> None:
        self._wire = wire
        self._reader = reader
        self._writer = writer
        self._sink = sink
        self._probe_every = probe_every
        self._limits = limits
        self._numbers = itertools.cycle(range(1, _LAST_NUMBER))
        self._waiting: dict[int, asyncio.Future[A]] = {}
        self._late: dict[int, Late[A]] = {}
        self._window = Slots(wire.provider, WINDOW)
        self._doubt = asyncio.Event()
        self._receipts: asyncio.Queue[Incoming[A]] = asyncio.Queue(_MOST_RECEIPTS)
        self.over = asyncio.Event()
        work = (self._read(), self._take_in(), self._watch())
        self._tasks = [asyncio.create_task(each) for each in work]

    async def ask(self, make: Make, until: float, late: Late[A] | None = None) -> A:
        """Return the answer to one request, made with its number.

        One that comes after `until` goes to the sink, as the receipt `late` makes.
        RateLimited where no place in the window comes free, ProviderDown where
        the connection ended before, OutcomeUnknown where it did so after.
        """
        async with self._window.one():
            return await self._exchange(make, until, late)

    async def _exchange(
        self, make: Make, until: float, late: Late[A] | None = None
    ) -> A:
        if self.over.is_set():
            raise refusal(self._wire.provider, ProviderDown, code="connection-lost")
        number = next(self._numbers)
        answer: asyncio.Future[A] = asyncio.get_running_loop().create_future()
        self._waiting[number] = answer
        try:
            self._write(make(number))
            async with asyncio.timeout_at(until):
                return await answer
        except TimeoutError:
            self._doubt.set()
            if late is not None and len(self._late) < _MOST_RECEIPTS:
                self._late[number] = late
            raise refusal(self._wire.provider, OutcomeUnknown, code="timeout") from None
        except ConnectionError:
            raise refusal(
                self._wire.provider, OutcomeUnknown, code="connection-lost"
            ) from None
        finally:
            del self._waiting[number]

    def _write(self, data: bytes) -> None:
        if self._writer.transport.get_write_buffer_size() > _MOST_UNWRITTEN:
            self.end()
            raise refusal(self._wire.provider, ProviderDown, code="connection-stuck")
        self._writer.write(data)

    async def _read(self) -> None:
        try:
            while True:
                self._take(self._wire.hear(await self._pdu()))
                # What came in one piece is read without a pause: 64 kB of the
                # shortest PDUs would hold the loop for a third of a second.
                await asyncio.sleep(0)
        except (OSError, EOFError, ValueError) as error:
            # A TimeoutError is an OSError; what is no PDU, a ValueError.
            log.info("gateway.connection_ended", error=type(error).__name__)
        finally:
            self.end()

    async def _pdu(self) -> bytes:
        begin = await self._reader.readexactly(1)
        async with asyncio.timeout(self._limits.pdu):
            header = begin + await self._reader.readexactly(self._wire.header - 1)
            rest = self._wire.length(header) - len(header)
            return header + await self._reader.readexactly(rest)

    def _take(self, heard: Incoming[A]) -> None:
        waiting = self._waiting.get(heard.number)
        late = self._late.pop(heard.number, None) if heard.answer is not None else None
        if heard.answer is not None and late is not None:
            self._keep(Incoming(heard.number, receipt=late(heard.answer)))
        elif heard.answer is not None:
            # One that comes twice has nobody waiting.
            if waiting is not None and not waiting.done():
                waiting.set_result(heard.answer)
        elif heard.receipt is not None or heard.uplink is not None:
            self._keep(heard)
        elif heard.reply:
            self._writer.write(heard.reply)
        if heard.over:
            raise EOFError

    def _keep(self, heard: Incoming[A]) -> None:
        """Have a receipt taken in; one too many is not answered, and comes again."""
        with suppress(asyncio.QueueFull):
            self._receipts.put_nowait(heard)

    async def _take_in(self) -> None:
        """Hand receipts on, and answer them once they have been taken in."""
        while True:
            heard = [await self._receipts.get()]
            while not self._receipts.empty():
                heard.append(self._receipts.get_nowait())
            try:
                told = [one.receipt or one.uplink for one in heard]
                await self._sink([each for each in told if each is not None])
            except Exception as error:
                # Its text may hold what it failed on. Unanswered, they come again.
                log.warning("gateway.receipts_not_taken", error=type(error).__name__)
                continue
            self._writer.writelines(one.reply for one in heard)

    async def _watch(self) -> None:
        """Ask whether the gateway is there: now and then, and when in doubt."""
        while True:
            with suppress(TimeoutError):
                async with asyncio.timeout(self._probe_every):
                    await self._doubt.wait()
            self._doubt.clear()
            until = asyncio.get_running_loop().time() + self._limits.probe
            try:
                await self._exchange(self._wire.probe, until)
            except (OutcomeUnknown, ProviderDown):
                self.end()
                return

    async def aclose(self) -> None:
        """Let what is under way be answered, take leave, and end."""
        if self._waiting:
            under_way = list(self._waiting.values())
            await asyncio.wait(under_way, timeout=self._limits.send)
        until = asyncio.get_running_loop().time() + _FAREWELL_SECONDS
        with suppress(OutcomeUnknown, ProviderDown):
            await self._exchange(self._wire.farewell, until)
        self.end()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        with suppress(OSError):
            await self._writer.wait_closed()

    def end(self) -> None:
        """Close the connection; whoever waits for an answer learns that none comes."""
        if self.over.is_set():
            return
        self.over.set()
        for waiting in self._waiting.values():
            if not waiting.done():
                waiting.set_exception(ConnectionResetError())
        self._writer.close()
        for task in self._tasks:
            if task is not asyncio.current_task():
                task.cancel()
