"""Texts from phones over CMPP and SMPP, in every coding, answered once taken in."""

import asyncio
import struct
from collections.abc import Callable

import pytest

from centre.people.replies import asks_to_stop
from channels.carrier.cmpp import CmppWire
from channels.carrier.session import Incoming
from channels.carrier.smpp import SmppWire
from tests.support.channels.fakes import Clock
from tests.support.channels.gateways import (
    NAMES,
    PROTOCOLS,
    Protocol,
    cmpp_account,
    gateways,
    smpp_account,
    text_to,
)
from tests.support.sandbox.rig import new_number

HEADER = b"\5\0\3\7\1\1"
NUMBER = "8613800138000"
CODINGS: list[tuple[str, int, bytes]] = [
    ("TD", 0, b"TD"),
    ("TD", 1, b"TD"),
    ("TD", 3, b"TD"),
    ("退订", 8, "退订".encode("utf-16-be")),
    ("退订", 15, "退订".encode("gbk")),
    ("退订", 0, "退订".encode("gbk")),
    ("Ｔ", 24, "Ｔ".encode("utf-16-be")),
]


def smpp(
    content: bytes, coding: int, esm: int = 0, tail: bytes = b""
) -> Incoming[object]:
    fields = bytes([esm, 0, 0, 0, 0, 0, 0, coding, 0, len(content)])
    sender = b"\0\1\1" + NUMBER.encode() + b"\0\0\x0010690000\0"
    body = sender + fields + content + tail
    pdu = struct.pack(">IIII", 16 + len(body), 5, 0, 77) + body
    return SmppWire(smpp_account(2775), Clock()).hear(pdu)  # type: ignore[return-value]


def cmpp(content: bytes, coding: int, udhi: int = 0) -> Incoming[object]:
    body = (
        struct.pack(">Q21s10sBBB", 9, b"10690000", b"", 0, udhi, coding)
        + struct.pack(">21s", NUMBER.encode())
        + bytes([0, len(content)])
        + content
        + bytes(8)
    )
    pdu = struct.pack(">III", 12 + len(body), 5, 77) + body
    return CmppWire(cmpp_account(7890), Clock()).hear(pdu)  # type: ignore[return-value]


@pytest.mark.parametrize("hear", [smpp, cmpp], ids=["smpp", "cmpp"])
@pytest.mark.parametrize(("text", "coding", "content"), CODINGS)
def test_a_text_is_read_in_its_coding(
    hear: Callable[[bytes, int], Incoming[object]],
    text: str,
    coding: int,
    content: bytes,
) -> None:
    heard = hear(content, coding)
    assert heard.receipt is None
    assert heard.uplink is not None
    assert (heard.uplink.number, heard.uplink.text) == (NUMBER, text)
    assert text not in repr(heard)
    assert NUMBER not in repr(heard)


def test_a_header_before_a_text_is_no_part_of_it() -> None:
    said = "退订".encode("utf-16-be")
    for heard in (smpp(HEADER + said, 8, 0x40), cmpp(HEADER + said, 8, 1)):
        assert heard.uplink is not None
        assert heard.uplink.text == "退订"


def test_a_text_may_stand_in_the_payload() -> None:
    said = "退订".encode("utf-16-be")
    heard = smpp(b"", 8, tail=struct.pack(">HH", 0x0424, len(said)) + said)
    assert heard.uplink is not None
    assert heard.uplink.text == "退订"


@pytest.mark.parametrize("content", [b"", b"\xd8", b"\xff\xff\xff", b"\xfe" * 140])
@pytest.mark.parametrize("coding", [0, 1, 3, 4, 8, 15, 255])
def test_what_can_not_be_read_is_answered_and_no_opt_out(
    content: bytes, coding: int
) -> None:
    for heard in (smpp(content, coding), cmpp(content, coding)):
        assert heard.reply
        assert heard.uplink is None or not asks_to_stop(heard.uplink.text)


@pytest.mark.parametrize("esm", [0x08, 0x10, 0x18, 0x20])
def test_what_is_no_text_is_none(esm: int) -> None:
    assert smpp(b"TD", 0, esm).uplink is None


@pytest.mark.parametrize("protocol", PROTOCOLS, ids=NAMES)
async def test_a_text_comes_over_the_connection_and_again_until_taken_in(
    protocol: Protocol,
) -> None:
    reply = {"provider": protocol.name, "number": "13800138000", "text": "ＴＤ。"}
    with gateways() as ports:
        async with protocol.sender(protocol.port(ports)) as (sender, inbox):
            await sender.send(text_to(new_number()))
            inbox.failures = 1
            assert ports.http.post("/_sandbox/replies", json=reply).status_code == 202
            async with asyncio.timeout(20), inbox.more:
                await inbox.more.wait_for(lambda: bool(inbox.uplinks))
    uplink = inbox.uplinks[0]
    assert (uplink.provider, uplink.text) == (protocol.name, "ＴＤ。")
    assert uplink.number == NUMBER
