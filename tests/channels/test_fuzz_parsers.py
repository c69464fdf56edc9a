"""No 64 kB from outside hold the event loop: receipts, sheets, gateways' PDUs."""

import asyncio
import struct
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from channels.carrier import cmpp_pdu
from channels.carrier.cmpp import CmppWire
from channels.carrier.session import Session, SessionLimits, Wire
from channels.carrier.smpp import SmppWire
from channels.receipt_formats import FORMATS, Reporting
from channels.receipts import Reported
from core.errors import MessageCentreError
from core.sheets.reading import read_sheet
from tests.channels.test_receipts_fuzz import reader, signed
from tests.support.channels.gateways import cmpp_account, smpp_account
from tests.support.strangers.hostile_texts import ALL, TEXTS
from tests.support.strangers.loop_holds import MOST, SIZE, bound, holds_too_long

SMPP, CMPP = SmppWire(smpp_account(9)), CmppWire(cmpp_account(9))
_DELIVER, _DATA = 0x0005, 0x0103
# A deliver_sm up to its text, and a data_sm up to its parameters.
DELIVERED = b"\0\1\1" + b"13800138000\0" + b"\1\1" + b"10690000\0" + b"\4\0\0\0\0\0\0"
SAID = b"\0\1\1" + b"13800138000\0" + b"\1\1" + b"10690000\0" + b"\4\0\0"
UNITS = {
    "zeros": b"\0",
    "letters": b"a",
    "eights": b"\xff",
    "ids": b"id:1 stat:A ",
    "half ids": b"id:",
    "texts": b"text:",
    "parameters": b"\x04\x24\0\1a",
    "empty parameters": b"\0\x1e\0\0",
    "one long parameter": b"\x04\x24\xff\xf0",
    "headed parts": b"\x05\x00\x03\x01\x02\x01",
    "letters of two bytes": "中".encode("utf-16-be"),
}


def in_a_thread(work: Callable[[Any], object], value: Any) -> Callable[[], Any]:
    """Return the work as the centre does it: beside the loop."""

    async def done() -> None:
        with suppress(MessageCentreError):
            await asyncio.to_thread(work, value)

    return done


@pytest.mark.parametrize("form", FORMATS, ids=lambda f: f"{f.channel}-{f.provider}")
async def test_receipts(form: Reporting[Any]) -> None:
    read = reader(form).read
    most = await bound(in_a_thread(read, signed(b"[]", "POST")))
    for name, body in ALL.items():
        work = in_a_thread(read, signed(body, "POST"))
        assert not await holds_too_long(work, most), name


async def test_sheets() -> None:
    most = await bound(in_a_thread(read_sheet, b"mobile\n13800138000"))
    for name, body in ALL.items():
        assert not await holds_too_long(in_a_thread(read_sheet, body), most), name


def smpp(command: int, body: bytes) -> bytes:
    return struct.pack(">IIII", 16 + len(body), command, 0, 7) + body


def smpp_pdus(unit: bytes) -> Iterator[bytes]:
    text = unit * (SIZE // len(unit))
    for command in (_DELIVER, _DATA, _DELIVER | 1 << 31, 0x15):
        yield smpp(command, text)
    option = b"\x04\x24" + struct.pack(">H", 0xFFFF) + text[:0xFFFF]
    for esm in (b"\4", b"\0", b"\x40"):
        for coding in (b"\0", b"\x08"):
            head = DELIVERED[:-7] + esm + b"\0\0\0\0\0\0" + coding + b"\0\0"
            yield smpp(_DELIVER, head + option)
            yield smpp(_DELIVER, head + text)
    yield smpp(_DATA, SAID + text)
    yield smpp(_DATA, SAID + option)


def cmpp_pdus(unit: bytes) -> Iterator[bytes]:
    room = cmpp_pdu.LONGEST - cmpp_pdu.HEADER
    text = unit * (room // len(unit))
    for command in cmpp_pdu.Command:
        yield struct.pack(">III", 12 + len(text), command, 7) + text


@pytest.mark.parametrize("unit", UNITS.values(), ids=UNITS)
async def test_gateways(unit: bytes) -> None:
    """A wire reads on the loop: CMPP's PDUs are short, SMPP's have 64 kB."""
    enquiry = smpp(0x15, b"")
    most = await bound(hearing(SMPP, enquiry))
    for wire, pdus in ((SMPP, smpp_pdus(unit)), (CMPP, cmpp_pdus(unit))):
        for pdu in pdus:
            assert not await holds_too_long(hearing(wire, pdu), most), pdu[:40]


def hearing(wire: Wire[Any], *pdus: bytes) -> Callable[[], Any]:
    """Return what a connection does with PDUs as they come."""

    async def heard() -> None:
        for pdu in pdus:
            with suppress(ValueError):
                assert wire.length(pdu[: wire.header]) == len(pdu)
                wire.hear(pdu)

    return heard


class Unread(asyncio.WriteTransport):
    """The way to a gateway that reads nothing."""

    def write(self, data: bytes | bytearray | memoryview) -> None:
        pass

    def get_write_buffer_size(self) -> int:
        return 0

    def is_closing(self) -> bool:
        return True

    def close(self) -> None:
        pass


@pytest.mark.parametrize(
    ("wire", "pdu"),
    [
        (SMPP, smpp(0x15, b"")),
        (SMPP, smpp(0x99, b"")),
        (SMPP, smpp(_DELIVER | 1 << 31, b"a\0")),
        (SMPP, smpp(_DELIVER, b"")),
        (SMPP, smpp(_DELIVER, DELIVERED + b"\0\0\0")),
        (CMPP, struct.pack(">III", 12, 8, 7)),
        (CMPP, struct.pack(">III", 12, 0x80000002, 7)),
    ],
    ids=("enquiry", "unknown", "answer", "garbled", "receipt", "test", "farewell"),
)
async def test_short_pdus_that_come_in_one_piece(wire: Wire[Any], pdu: bytes) -> None:
    """Others have their turn between two of them."""

    async def taken(pdus: bytes) -> None:
        loop = asyncio.get_running_loop()
        reader = asyncio.StreamReader()
        protocol = asyncio.StreamReaderProtocol(reader)
        writer = asyncio.StreamWriter(Unread(), protocol, reader, loop)
        reader.feed_data(pdus)
        reader.feed_eof()
        session = Session(wire, reader, writer, nowhere, 60, SessionLimits())
        await session.over.wait()

    most = await bound(lambda: taken(pdu))
    # Twice as much waits to be read at the most (asyncio's own limit).
    pdus = pdu * (2 * SIZE // len(pdu))
    assert not await holds_too_long(lambda: taken(pdus), most)


async def nowhere(receipts: Sequence[Reported]) -> None:
    """Take receipts in and forget them."""


@settings(max_examples=60)
@given(
    head=st.binary(max_size=40),
    unit=st.binary(min_size=1, max_size=12)
    | st.sampled_from(list(TEXTS)).map(str.encode),
    tail=st.binary(max_size=8),
)
def test_whatever_is_repeated(head: bytes, unit: bytes, tail: bytes) -> None:
    """Guesses of a unit, which the lists above do not have."""
    body = (head + unit * (60_000 // len(unit)) + tail)[:60_000]
    work = [hearing(SMPP, smpp(_DELIVER, DELIVERED + body))]
    work += [in_a_thread(reader(form).read, signed(body, "POST")) for form in FORMATS]
    work += [in_a_thread(read_sheet, body)]

    async def held() -> list[int]:
        most = await bound(work[0])
        return [n for n, each in enumerate(work) if await holds_too_long(each, most)]

    assert not asyncio.run(held())


async def test_what_holds_the_loop_is_seen() -> None:
    def compute() -> None:
        until = time.process_time() + 0.1
        while time.process_time() < until:
            pass

    async def on_the_loop() -> None:
        compute()

    assert await holds_too_long(on_the_loop, MOST)
    assert not await holds_too_long(lambda: asyncio.to_thread(compute), MOST)
