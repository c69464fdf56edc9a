"""A carrier's gateway: long connections, texts in parts, receipts over the line.

What CMPP's and SMPP's doubles share; each says it in its own protocol.
"""

import asyncio
import itertools
from collections.abc import AsyncIterator, Coroutine, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, ClassVar

from core.words import Channel
from sandbox.kit.book import Entry
from sandbox.kit.context import Desk, Provider
from sandbox.kit.memory import Memory
from sandbox.kit.outcomes import TAKEN, Outcome

WINDOW = 16
_GARBAGE = b"<html><body><h1>502 Bad Gateway</h1></body></html>"
_LIMIT = 64 * 1024
_REPORT_TRIES = 3


# (reference, total, number) of a part of a long text; (0, 1, 1) of a whole one.
Join = tuple[int, int, int]


class BadPdu(Exception):
    """What came is none of the protocol's: the line is cut."""


@dataclass(frozen=True)
class Part:
    """One part of a text."""

    to: str
    text: str
    join: Join
    wants_receipt: bool
    request: Mapping[str, object]


@dataclass(eq=False)
class GatewayConnection:
    """One connection."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    signed_in: bool = False
    receives: bool = True
    submits: bool = True
    version: int = 0
    under_way: int = 0
    numbers: "itertools.count[int]" = field(default_factory=lambda: itertools.count(1))
    reported: dict[int, asyncio.Event] = field(default_factory=dict)

    def cut(self) -> None:
        """Close it under the client."""
        self.writer.transport.abort()

    def heard(self, number: int) -> None:
        """Note that the client has taken in a receipt."""
        if number in self.reported:
            self.reported[number].set()


@dataclass
class _Whole:
    """The parts of one text that have come."""

    outcome: Outcome
    parts: dict[int, tuple[str, Part]] = field(default_factory=dict)


class Gateway(Provider):
    """One gateway, on a port of its own; a subclass speaks the protocol."""

    name: ClassVar[str]

    def __init__(self, desk: Desk, port: int | None) -> None:
        super().__init__(desk)
        self.port: int | None = None
        self._wanted = port
        self._ids = itertools.count(1)
        self._lines: list[GatewayConnection] = []
        self._tasks: set[asyncio.Task[None]] = set()
        self._joining: Memory[_Whole] = Memory(10_000, desk.options.clock)

    async def serve(self, line: GatewayConnection) -> None:
        """Read PDUs until the line ends; BadPdu for what is none."""
        raise NotImplementedError

    def yes(self, line: GatewayConnection, number: int, message_id: int) -> bytes:
        """Return the answer to a text that was taken."""
        raise NotImplementedError

    def no(self, line: GatewayConnection, number: int, outcome: Outcome) -> bytes:
        """Return the answer to a text that was not."""
        raise NotImplementedError

    def report(self, line: GatewayConnection, number: int, receipt: "Receipt") -> bytes:
        """Return the request that carries a receipt."""
        raise NotImplementedError

    def text(self, line: GatewayConnection, number: int, text: "Text") -> bytes:
        """Return the request that carries a text from a phone."""
        raise NotImplementedError

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Listen while the sandbox runs."""
        if self._wanted is None:
            yield
            return
        server = await asyncio.start_server(
            self._handle, self.desk.options.host, self._wanted, limit=_LIMIT
        )
        self.port = server.sockets[0].getsockname()[1]
        try:
            yield
        finally:
            server.close()
            for task in self._tasks:
                task.cancel()
            for line in list(self._lines):
                line.cut()
            await asyncio.gather(*self._tasks, return_exceptions=True)
            await server.wait_closed()

    async def _handle(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        line = GatewayConnection(reader, writer)
        self._lines.append(line)
        with suppress(OSError, EOFError, BadPdu, asyncio.CancelledError):
            await self.serve(line)
        self._lines.remove(line)
        writer.close()

    def later(self, work: Coroutine[Any, Any, None]) -> None:
        """Do something beside reading."""
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def take(self, line: GatewayConnection, number: int, part: Part) -> None:
        """Take one part, or do what a rule wants done."""
        if line.under_way >= WINDOW:
            line.writer.write(self.no(line, number, Outcome.RATE_LIMIT))
            return
        line.under_way += 1
        try:
            await self._answer(line, number, part)
        finally:
            line.under_way -= 1

    async def _answer(self, line: GatewayConnection, number: int, part: Part) -> None:
        whole = await self._whole(part)
        outcome = whole.outcome
        if outcome is Outcome.DROP:
            line.cut()
        elif outcome is Outcome.GARBAGE:
            line.writer.write(_GARBAGE)
        elif outcome not in TAKEN:
            line.writer.write(self.no(line, number, outcome))
        else:
            message_id = self._enter(whole, part)
            if outcome is not Outcome.TIMEOUT:
                line.writer.write(self.yes(line, number, message_id))
            if part.wants_receipt and outcome is not Outcome.NO_RECEIPT:
                failed = outcome is Outcome.RECEIPT_FAILED
                self.later(self._report(Receipt(message_id, part.to, failed)))

    async def _whole(self, part: Part) -> _Whole:
        """Return what a part belongs to; a rule decides once for all of them."""
        reference, total, _ = part.join
        key = (part.to, reference, total)
        whole = self._joining.recall(key) if total > 1 else None
        if whole is None or part.join[2] in whole.parts:
            whole = _Whole(await self.desk.decide(Channel.SMS, self.name, part.to))
            if total > 1 and whole.outcome in TAKEN:
                self._joining.keep(key, whole, timedelta(minutes=5))
        return whole

    def _enter(self, whole: _Whole, part: Part) -> int:
        """Return the part's number; the text is listed with its last part."""
        message_id = self._message_id()
        _, total, number = part.join
        whole.parts[number] = (str(message_id), part)
        if len(whole.parts) == total:
            texts = [whole.parts[n] for n in sorted(whole.parts)]
            request = {
                **texts[0][1].request,
                "text": "".join(each.text for _, each in texts),
                "parts": [one for one, _ in texts],
            }
            self.desk.book.enter(
                Entry(
                    channel=Channel.SMS,
                    provider=self.name,
                    recipient=part.to,
                    at=self.desk.now(),
                    provider_message_id=texts[0][0],
                    outcome=whole.outcome,
                    request=request,
                )
            )
        return message_id

    def _message_id(self) -> int:
        """Return a number as gateways make them: the time, and a count."""
        at = int(self.desk.now().timestamp())
        return at << 24 | next(self._ids) & 0xFFFFFF

    async def _report(self, receipt: "Receipt") -> None:
        await asyncio.sleep(self.desk.options.receipt_after)
        await self.hand_on(receipt)

    async def hand_on(self, news: "Receipt | Text") -> None:
        """Send what there is over any line that is up, until it has been taken in."""
        options = self.desk.options
        for _ in range(_REPORT_TRIES):
            line = await self._any_line()
            number = next(line.numbers)
            line.reported[number] = asyncio.Event()
            if isinstance(news, Text):
                line.writer.write(self.text(line, number, news))
            else:
                line.writer.write(self.report(line, number, news))
            with suppress(TimeoutError):
                async with asyncio.timeout(60 * options.retry_scale):
                    await line.reported[number].wait()
                    return
            line.reported.pop(number)

    async def _any_line(self) -> GatewayConnection:
        while True:
            for line in reversed(self._lines):
                if line.signed_in and line.receives and not line.writer.is_closing():
                    return line
            await asyncio.sleep(0.05)


@dataclass(frozen=True)
class Receipt:
    """What became of one part."""

    message_id: int
    to: str
    failed: bool


@dataclass(frozen=True)
class Text:
    """What somebody sent from their phone."""

    sender: str
    text: str


def udh(content: bytes) -> tuple[Join, bytes] | None:
    """Return what a part's header says, and the rest (3GPP TS 23.040, 9.2.3.24.1)."""
    if content[:3] != b"\5\0\3" or len(content) <= 6:
        return None
    reference, total, number = content[3:6]
    if not 1 <= number <= total or total < 2:
        return None
    return (reference, total, number), content[6:]
