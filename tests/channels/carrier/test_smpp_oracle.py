"""aiosmpplib as the judge of both sides: its client, and its reading of our PDUs."""

import asyncio
import gc
import struct
from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest
from aiosmpplib import ESME
from aiosmpplib.hook import AbstractHook
from aiosmpplib.protocol import (
    DeliverSm,
    SmppMessage,
    SubmitSm,
    SubmitSmResp,
)
from aiosmpplib.state import NPI, TON, PhoneNumber, SmppCommandStatus

from channels.carrier.sender import Part
from channels.carrier.smpp import SmppWire
from channels.kit.long_text import parts_of
from tests.support.channels.fakes import Clock
from tests.support.channels.gateways import gateways, smpp_account
from tests.support.sandbox.rig import Rig, new_number


@dataclass
class Heard(AbstractHook):
    """What the library's client was told."""

    messages: asyncio.Queue[SmppMessage] = field(default_factory=asyncio.Queue)

    async def sending(
        self, smpp_message: SmppMessage, pdu: bytes, client_id: str
    ) -> None: ...

    async def received(
        self, smpp_message: SmppMessage | None, pdu: bytes, client_id: str
    ) -> None:
        if isinstance(smpp_message, SubmitSmResp | DeliverSm):
            self.messages.put_nowait(smpp_message)

    async def send_error(
        self, smpp_message: SmppMessage, error: Exception, client_id: str
    ) -> None:
        raise error

    async def next(self) -> SmppMessage:
        async with asyncio.timeout(5):
            return await self.messages.get()


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Rig]:
    with gateways() as running:
        yield running


def submit(to: str, text: str) -> SubmitSm:
    return SubmitSm(
        short_message=text,
        source=PhoneNumber("10690000"),
        destination=PhoneNumber(to, TON.INTERNATIONAL, NPI.ISDN),
        log_id=to,
    )


@pytest.mark.filterwarnings("ignore:unclosed:ResourceWarning")
async def test_its_client_sends_through_our_message_centre(sandbox: Rig) -> None:
    to, refused = new_number(), new_number()
    sandbox.rules({"recipient": refused, "outcome": "rate_limit"})
    hook = Heard()
    port = sandbox.app.smpp.port
    assert port is not None
    client = ESME(
        "127.0.0.1", port, "sandbox", "sandbox-", hook=hook, log_level="CRITICAL"
    )
    running = asyncio.create_task(client.start())
    try:
        await client.broker.enqueue(submit(f"86{to}", "您的检查报告已出"))
        answer, receipt = await hook.next(), await hook.next()
        await client.broker.enqueue(submit(f"86{refused}", "再来一条"))
        throttled = await hook.next()
    finally:
        await client.stop()
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
        # It leaves its connection to the garbage collector.
        del client, running
        gc.collect()
    assert isinstance(answer, SubmitSmResp)
    assert answer.command_status is SmppCommandStatus.ESME_ROK
    assert isinstance(receipt, DeliverSm)
    said = receipt.parse_receipt()
    assert (said["id"], said["stat"]) == (answer.message_id, "DELIVRD")
    # The library matched it to what it had sent.
    assert receipt.log_id == f"86{to}"
    assert throttled.command_status is SmppCommandStatus.ESME_RTHROTTLED
    (entry,) = sandbox.messages(recipient=to)
    request = entry["request"]
    assert isinstance(request, dict)
    assert request["text"] == "您的检查报告已出"


@pytest.mark.parametrize(
    "text", ["【院】报告已出", "【院】" + "报告已出，请打印。" * 20]
)
def test_it_reads_what_our_sender_writes(text: str) -> None:
    wire = SmppWire(smpp_account(2775), Clock())
    contents = parts_of(text, 9)
    read = []
    for number, content in enumerate(contents, 1):
        part = Part("+8613800138000", content, number, len(contents))
        pdu = wire.submit(part)(number)
        header = SmppMessage.parse_header(pdu[:16])
        assert header.pdu_length == len(pdu)
        message = SubmitSm.from_pdu(pdu, header, "gsm0338")
        assert isinstance(message, SubmitSm)
        assert message.destination.number == "8613800138000"
        assert message.registered_delivery == 1
        if len(contents) > 1:
            assert message.get_segmentation_data() == (9, number, len(contents))
        read.append(message.short_message)
    assert "".join(read) == text


@pytest.mark.parametrize(
    ("text", "options", "found"),
    [
        (b"id:7001 sub:001 dlvrd:001 stat:DELIVRD err:000 text:", b"", "7001 DELIVRD"),
        # An `err` of the carrier's own, which the library's parser fails on.
        (b"id:7001 stat:UNDELIV err:MK:0001 Text:", b"", "7001 UNDELIV"),
        # A text that imitates a receipt's fields comes last and does not win.
        (b"id:7001 stat:EXPIRED err:001 text:id:9 stat:DELIVRD", b"", "7001 EXPIRED"),
        # In optional parameters alone.
        (b"", b"\0\x1e\0\x057002\0" + b"\x04\x27\0\1\5", "7002 UNDELIV"),
        (b"", b"", None),
        (b"id:7001", b"", None),
        (b"stat:DELIVRD", b"", None),
    ],
)
def test_a_receipt_is_read_wherever_it_says_what_it_says(
    text: bytes, options: bytes, found: str | None
) -> None:
    fields = bytes([4, 0, 0, 0, 0, 0, 0, 0, 0, len(text)])
    body = b"\0\1\x018613800138000\0\0\x0010690000\0" + fields + text + options
    pdu = struct.pack(">IIII", 16 + len(body), 5, 0, 77) + body
    heard = SmppWire(smpp_account(2775), Clock()).hear(pdu)
    assert heard.reply[4:8] == bytes.fromhex("80000005")
    receipt = heard.receipt
    assert (receipt and f"{receipt.provider_message_id} {receipt.code}") == found
