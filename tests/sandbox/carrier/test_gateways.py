"""The sandbox's gateways: as strict about signing in and fields as the real ones."""

import dataclasses
import socket
import struct
from collections.abc import Iterator
from typing import Any

import pytest

from channels.carrier import cmpp_pdu as pdus
from channels.carrier.cmpp import CmppWire
from channels.carrier.cmpp_pdu import V20, V30, Pdu
from tests.support.channels.gateways import cmpp_account, gateways
from tests.support.sandbox.rig import Rig, new_number

TEXT = "【院】您好".encode("utf-16-be")
SUBMIT = pdus.Submit(
    src_id="10690000",
    dest_terminal_ids=("13800138000",),
    content=TEXT,
    msg_src="sandbo",
    registered_delivery=0,
)


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Rig]:
    with gateways() as running:
        yield running


class Line:
    """A plain socket to one gateway."""

    def __init__(self, port: int | None) -> None:
        assert port is not None
        self.socket = socket.create_connection(("127.0.0.1", port), 5)

    def __enter__(self) -> "Line":
        return self

    def __exit__(self, *_: object) -> None:
        self.socket.close()

    def say(self, data: bytes) -> bytes:
        """Return the answer, nothing where the line is cut."""
        self.socket.sendall(data)
        try:
            length = self.socket.recv(4)
            if len(length) < 4:
                return b""
            return length + self.socket.recv(int.from_bytes(length) - 4)
        except ConnectionError:
            return b""


def cmpp(sandbox: Rig) -> Line:
    return Line(sandbox.app.cmpp.port)


def say(line: Line, pdu: Pdu, version: int = V20) -> Pdu:
    answer, number = pdus.unpack(line.say(pdus.pack(pdu, 7, version)), version)
    assert number == 7
    return answer


def connect(speaking: str = "2.0", **changes: Any) -> pdus.Connect:
    wire = CmppWire(cmpp_account(1, version=speaking))
    found, _ = pdus.unpack(wire.bind(1), V20)
    assert isinstance(found, pdus.Connect)
    return dataclasses.replace(found, **changes)


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({}, 0),
        ({"source_addr": "other"}, 2),
        ({"authenticator": bytes(16)}, 3),
        ({"timestamp": 101000000}, 3),
        ({"version": 0x40}, 4),
    ],
)
def test_connect_is_checked(sandbox: Rig, change: dict[str, Any], status: int) -> None:
    with cmpp(sandbox) as line:
        answer = say(line, connect(**change))
        assert isinstance(answer, pdus.ConnectResp)
        assert answer.status == status
        if status:
            assert not line.say(pdus.pack(SUBMIT, 8, V20))


def test_both_versions_are_spoken(sandbox: Rig) -> None:
    for name, version in (("2.0", V20), ("3.0", V30)):
        with cmpp(sandbox) as line:
            answer = say(line, connect(name), version)
            assert isinstance(answer, pdus.ConnectResp)
            assert (answer.status, answer.version) == (0, version)
            taken = say(line, SUBMIT, version)
            assert isinstance(taken, pdus.SubmitResp)
            assert taken.result == 0
            assert taken.msg_id


UDH = bytes([5, 0, 3, 1, 2, 1])


@pytest.mark.parametrize(
    ("change", "result"),
    [
        ({"msg_src": "901234"}, 11),
        ({"src_id": "HOSPITAL"}, 10),
        ({"dest_terminal_ids": ("02583106666",)}, 13),
        ({"dest_terminal_ids": ("13800138000", "13900139000")}, 1),
        ({"content": TEXT * 20}, 6),
        ({"content": b"\xd8\x00"}, 1),
        ({"content": b"\x00A\x00"}, 1),
        ({"msg_fmt": 4}, 1),
        ({"registered_delivery": 9}, 1),
        ({"pk_total": 2}, 1),
        ({"tp_udhi": 1}, 1),
        ({"tp_udhi": 1, "content": UDH + TEXT}, 1),
        ({"tp_udhi": 1, "pk_total": 2, "pk_number": 2, "content": UDH + TEXT}, 1),
    ],
)
def test_a_submit_is_checked(sandbox: Rig, change: dict[str, Any], result: int) -> None:
    with cmpp(sandbox) as line:
        say(line, connect())
        answer = say(line, dataclasses.replace(SUBMIT, **change))
        assert isinstance(answer, pdus.SubmitResp)
        assert answer.result == result


def test_a_text_is_listed_with_its_last_part(sandbox: Rig) -> None:
    to = new_number()
    with cmpp(sandbox) as line:
        say(line, connect())
        for number in (2, 1):
            assert not sandbox.messages(recipient=to)
            head = bytes([5, 0, 3, 1, 2, number])
            part = dataclasses.replace(
                SUBMIT,
                dest_terminal_ids=(to,),
                tp_udhi=1,
                pk_total=2,
                pk_number=number,
                content=head + str(number).encode("utf-16-be"),
            )
            say(line, part)
    (entry,) = sandbox.messages(recipient=to)
    request = entry["request"]
    assert isinstance(request, dict)
    assert request["text"] == "12"


@pytest.mark.parametrize(
    "data",
    [
        pdus.pack(SUBMIT, 1, V20),
        pdus.pack(pdus.ActiveTest(), 1, V20),
        struct.pack(">III", 0xFFFFFFFF, 1, 1),
        struct.pack(">III", 4, 1, 1),
        b"GET / HTTP/1.1\r\n\r\n",
    ],
)
def test_before_connect_anything_else_is_cut(sandbox: Rig, data: bytes) -> None:
    with cmpp(sandbox) as line:
        assert line.say(data) == b""


def test_a_connected_line_is_probed_and_left(sandbox: Rig) -> None:
    with cmpp(sandbox) as line:
        say(line, connect())
        assert say(line, pdus.ActiveTest()) == pdus.ActiveTestResp()
        assert say(line, pdus.Terminate()) == pdus.TerminateResp()
        assert line.socket.recv(1) == b""


def smpp_pdu(command: int, body: bytes = b"", length: int | None = None) -> bytes:
    size = 16 + len(body) if length is None else length
    return struct.pack(">IIII", size, command, 0, 7) + body


def bind(
    name: bytes = b"sandbox", word: bytes = b"sandbox-", version: int = 0x34
) -> bytes:
    return smpp_pdu(9, name + b"\0" + word + b"\0\0" + bytes([version, 0, 0]) + b"\0")


def status(answer: bytes) -> int:
    return int.from_bytes(answer[8:12])


@pytest.mark.parametrize(
    ("data", "wanted"),
    [
        (bind(), 0),
        (bind(name=b"other"), 0xF),
        (bind(word=b"wrong"), 0xE),
        (bind(version=0x50), 8),
        (smpp_pdu(4, b"\0" * 40), 4),
        (smpp_pdu(0x15), 0),
    ],
)
def test_a_bind_is_checked(sandbox: Rig, data: bytes, wanted: int) -> None:
    with Line(sandbox.app.smpp.port) as line:
        assert status(line.say(data)) == wanted


def submit_sm(
    to: bytes = b"8613800138000",
    source: bytes = b"10690000",
    esm_class: int = 0,
    coding: int = 8,
    content: bytes = TEXT,
) -> bytes:
    head = b"\0\0\0" + source + b"\0\1\1" + to + b"\0"
    fields = bytes([esm_class, 0, 0, 0, 0, 0, 0, coding, 0, len(content)])
    return smpp_pdu(4, head + fields + content)


@pytest.mark.parametrize(
    ("data", "wanted"),
    [
        (submit_sm(), 0),
        (submit_sm(to=b"abc"), 0xB),
        (submit_sm(source=b""), 0xA),
        (submit_sm(esm_class=0x40), 0x43),
        (submit_sm(esm_class=0x3C), 0x43),
        (submit_sm(coding=4), 0x45),
        (submit_sm(content=b"\xd8\x00"), 0x45),
        (submit_sm(content=b""), 1),
        (smpp_pdu(4, b"\0"), 1),
        (smpp_pdu(0x99), 3),
        (bind(), 5),
    ],
)
def test_a_submit_sm_is_checked(sandbox: Rig, data: bytes, wanted: int) -> None:
    with Line(sandbox.app.smpp.port) as line:
        assert status(line.say(bind())) == 0
        assert status(line.say(data)) == wanted


@pytest.mark.parametrize("length", [0, 15, 0xFFFFFFFF])
def test_a_length_that_can_not_be_is_cut(sandbox: Rig, length: int) -> None:
    with Line(sandbox.app.smpp.port) as line:
        assert line.say(smpp_pdu(0x15, length=length)) == b""
