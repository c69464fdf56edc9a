"""What a gateway sends of its own: receipts, probes, its leave."""

import asyncio
import random
import struct

import pytest

from channels.carrier.session import SessionLimits
from core.errors import OutcomeUnknown
from core.words import Outcome
from tests.support.channels.fakes import listening
from tests.support.channels.gateways import NAMES, PROTOCOLS, Call, Protocol, text_to
from tests.support.sandbox.rig import new_number
from tests.support.waiting import until

pytestmark = pytest.mark.parametrize("protocol", PROTOCOLS, ids=NAMES)


async def test_a_hundred_receipts_shuffled_repeated_and_early(
    protocol: Protocol,
) -> None:
    """The sink gets every one; each is answered, before the submit's answer too."""
    ids = list(range(9000, 9020)) * 5
    random.Random(7).shuffle(ids)
    answered: list[int] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while True:
            command, number, _ = await protocol.read(reader)
            if command == 5 | 1 << 31:
                answered.append(number)
            elif command == 4:
                for at, message_id in enumerate(ids):
                    writer.write(deliver(protocol, 500_000 + at, message_id))
                writer.write(protocol.yes(4, number))
            else:
                writer.write(protocol.yes(command, number))

    async with listening(serve) as port, protocol.sender(port) as (sender, inbox):
        await sender.send(text_to(new_number()))
        async with asyncio.timeout(5), inbox.more:
            await inbox.more.wait_for(lambda: len(inbox.receipts) == 100)
        await until(lambda: len(answered) == 100)
    assert [r.provider_message_id for r in inbox.receipts] == [str(i) for i in ids]
    assert {r.outcome for r in inbox.receipts} == {Outcome.DELIVERED}
    assert answered == [500_000 + at for at in range(100)]


async def test_a_deliver_that_can_not_be_read_does_not_end_the_connection(
    protocol: Protocol,
) -> None:
    """It would be sent again, and end every connection that comes."""
    refused: list[int] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while True:
            command, number, _ = await protocol.read(reader)
            if command == 5 | 1 << 31:
                refused.append(number)
            elif command == 4:
                writer.write(protocol.pdu(5, 77, b"\xff" * 40))
                writer.write(protocol.yes(4, number))
            elif command < 1 << 31:
                writer.write(protocol.yes(command, number))

    async with listening(serve) as port, protocol.sender(port) as (sender, inbox):
        await sender.send(text_to(new_number()))
        await sender.send(text_to(new_number()))
        assert not inbox.receipts
    assert refused == [77, 77]


async def test_the_gateway_may_ask_too_and_take_leave(protocol: Protocol) -> None:
    """It is answered, and the next send opens another connection."""
    probe, leave = (0x15, 6) if protocol.name == "smpp" else (8, 2)
    heard: list[int] = []

    async def at_submit(call: Call) -> None:
        call.writer.write(call.yes)
        call.writer.write(protocol.pdu(probe, 901))
        call.writer.write(protocol.pdu(leave, 902))

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while True:
            command, number, _ = await protocol.read(reader)
            if command == 4:
                await at_submit(Call(protocol, writer, number))
            elif command >= 1 << 31:
                heard.append(number)
            else:
                writer.write(protocol.yes(command, number))

    async with listening(serve) as port, protocol.sender(port) as (sender, _):
        await sender.send(text_to(new_number()))
        await until(lambda: heard == [901, 902])
        await sender.send(text_to(new_number()))


async def test_a_connection_that_ended_is_opened_again_without_a_send(
    protocol: Protocol,
) -> None:
    """Receipts come over it."""
    opened = asyncio.Semaphore(0)

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        command, number, _ = await protocol.read(reader)
        writer.write(protocol.yes(command, number))
        opened.release()
        command, number, _ = await protocol.read(reader)
        writer.write(protocol.yes(command, number))

    async with listening(serve) as port, protocol.sender(port) as (sender, _):
        await sender.send(text_to(new_number()))
        async with asyncio.timeout(5):
            await opened.acquire()
            await opened.acquire()


def deliver(protocol: Protocol, number: int, message_id: int) -> bytes:
    """Return a delivery report, written out from the specifications' tables."""
    if protocol.name == "smpp":
        text = b"id:%d sub:001 dlvrd:001 submit date:2611240830 " % message_id
        text += b"done date:2611240831 stat:DELIVRD err:000 text:"
        head = b"\0\1\x018613800138000\0\0\x0010690000\0"
        fields = bytes([4, 0, 0, 0, 0, 0, 0, 0, 0, len(text)])
        return protocol.pdu(5, number, head + fields + text)
    wide = 32 if protocol.version == "3.0" else 21
    phone = b"13800138000".ljust(wide, b"\0")
    report = struct.pack(">Q", message_id) + b"DELIVRD" + b"2611240830" * 2
    report += phone + bytes(4)
    body = struct.pack(">Q21s10s3x", message_id, b"10690000", b"") + phone
    body += bytes(wide == 32) + bytes([1, len(report)]) + report
    return protocol.pdu(5, number, body + bytes(20 if wide == 32 else 8))


@pytest.mark.parametrize("refused", [False, True])
async def test_an_answer_that_comes_too_late_is_told_as_a_receipt(
    protocol: Protocol, refused: bool
) -> None:
    """By our own id: the number in it is what the report will be found by."""

    async def at_submit(call: Call) -> None:
        answer = bytearray(call.yes)
        if refused:
            # SMPP's status ends the third field of the header, CMPP's the answer.
            answer[11 if protocol.name == "smpp" else -1] = 8
        asyncio.get_running_loop().call_later(1.6, call.writer.write, bytes(answer))

    text = text_to(new_number())
    async with (
        protocol.gateway(at_submit) as port,
        protocol.sender(port, SessionLimits(send=1.3)) as (sender, inbox),
    ):
        with pytest.raises(OutcomeUnknown):
            await sender.send(text)
        async with asyncio.timeout(5), inbox.more:
            await inbox.more.wait_for(lambda: inbox.receipts)
    (told,) = inbox.receipts
    assert told.sending_id == text.id
    if refused:
        assert told.outcome is Outcome.FAILED
        assert told.provider_message_id is None
    else:
        assert told.outcome is Outcome.ACCEPTED
        assert told.provider_message_id == "7001"
