"""CMPP's codec: vectors worked out by hand from the tables, and any value there is."""

import dataclasses
import struct
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from channels.carrier.cmpp_pdu import (
    HEADER,
    LONGEST,
    PDUS,
    V20,
    V30,
    ActiveTest,
    ActiveTestResp,
    Connect,
    ConnectResp,
    Deliver,
    DeliverResp,
    Pdu,
    Submit,
    SubmitResp,
    Terminate,
    TerminateResp,
    length_of,
    pack,
    unpack,
)
from channels.carrier.cmpp_report import Report, unpack_report
from channels.kit.octets import Garbled

VERSIONS = pytest.mark.parametrize("version", [V20, V30])
# "【A】" in UCS-2.
CONTENT = bytes.fromhex("3010 0041 3011")
SUBMIT = Submit(
    src_id="10690000",
    dest_terminal_ids=("13800138000",),
    content=CONTENT,
    msg_src="901234",
    service_id="HELP",
)


def zeros(text: str, size: int) -> bytes:
    return text.encode() + bytes(size - len(text))


# Each is the header (length, command, number) and the table's fields in order.
VECTORS: list[tuple[Pdu, int, bytes]] = [
    (
        Connect("901234", bytes(range(16)), 0x20, 1124083000),
        V20,
        bytes.fromhex("00000027 00000001 00000007")
        + b"901234"
        + bytes(range(16))
        + bytes.fromhex("20 43002538"),
    ),
    (
        ConnectResp(3, bytes(range(16)), 0x20),
        V20,
        bytes.fromhex("0000001e 80000001 00000007 03") + bytes(range(16)) + b"\x20",
    ),
    (
        ConnectResp(3, bytes(range(16)), 0x30),
        V30,
        bytes.fromhex("00000021 80000001 00000007 00000003")
        + bytes(range(16))
        + b"\x30",
    ),
    (
        SUBMIT,
        V20,
        # 12 + 117 + 21 + 1 + 6 + 8 octets.
        bytes.fromhex("000000a5 00000004 00000007")
        + bytes(8)
        + bytes([1, 1, 1, 0])
        + zeros("HELP", 10)
        + bytes([2])
        + bytes(21)
        + bytes([0, 0, 8])
        + b"901234"
        + b"01"
        + b"000000"
        + bytes(17)
        + bytes(17)
        + zeros("10690000", 21)
        + bytes([1])
        + zeros("13800138000", 21)
        + bytes([6])
        + CONTENT
        + bytes(8),
    ),
    (
        SUBMIT,
        V30,
        # 12 + 129 + 32 + 1 + 1 + 6 + 20 octets.
        bytes.fromhex("000000c9 00000004 00000007")
        + bytes(8)
        + bytes([1, 1, 1, 0])
        + zeros("HELP", 10)
        + bytes([2])
        + bytes(32)
        + bytes([0])
        + bytes([0, 0, 8])
        + b"901234"
        + b"01"
        + b"000000"
        + bytes(17)
        + bytes(17)
        + zeros("10690000", 21)
        + bytes([1])
        + zeros("13800138000", 32)
        + bytes([0])
        + bytes([6])
        + CONTENT
        + bytes(20),
    ),
    (
        SubmitResp(0x0102030405060708, 8),
        V20,
        bytes.fromhex("00000015 80000004 00000007 0102030405060708 08"),
    ),
    (
        SubmitResp(0x0102030405060708, 8),
        V30,
        bytes.fromhex("00000018 80000004 00000007 0102030405060708 00000008"),
    ),
    (
        Deliver(1, "10690000", "13800138000", b"TD"),
        V20,
        bytes.fromhex("00000057 00000005 00000007 0000000000000001")
        + zeros("10690000", 21)
        + bytes(10)
        + bytes([0, 0, 0])
        + zeros("13800138000", 21)
        + bytes([0, 2])
        + b"TD"
        + bytes(8),
    ),
    (
        Deliver(1, "10690000", "13800138000", b"TD"),
        V30,
        bytes.fromhex("0000006f 00000005 00000007 0000000000000001")
        + zeros("10690000", 21)
        + bytes(10)
        + bytes([0, 0, 0])
        + zeros("13800138000", 32)
        + bytes([0])
        + bytes([0, 2])
        + b"TD"
        + bytes(20),
    ),
    (
        DeliverResp(1),
        V20,
        bytes.fromhex("00000015 80000005 00000007 0000000000000001 00"),
    ),
    (
        DeliverResp(1),
        V30,
        bytes.fromhex("00000018 80000005 00000007 0000000000000001 00000000"),
    ),
    (ActiveTest(), V20, bytes.fromhex("0000000c 00000008 00000007")),
    (ActiveTestResp(), V20, bytes.fromhex("0000000d 80000008 00000007 00")),
    (Terminate(), V20, bytes.fromhex("0000000c 00000002 00000007")),
    (TerminateResp(), V20, bytes.fromhex("0000000c 80000002 00000007")),
]


@pytest.mark.parametrize(("pdu", "version", "data"), VECTORS)
def test_the_bytes_are_those_of_the_tables(pdu: Pdu, version: int, data: bytes) -> None:
    assert pack(pdu, 7, version) == data
    assert unpack(data, version) == (pdu, 7)


def test_a_report_is_sixty_octets_or_seventy_one() -> None:
    head = (5).to_bytes(8) + b"DELIVRD" + b"2611240830" + b"2611240831"
    report = Report(5, "DELIVRD", "2611240830", "2611240831", "13800138000", 9)
    for size, wide in ((60, 21), (71, 32)):
        data = head + zeros("13800138000", wide) + bytes.fromhex("00000009")
        assert len(data) == size
        assert unpack_report(data) == report


def text(size: int) -> st.SearchStrategy[str]:
    alphabet = st.characters(min_codepoint=1, max_codepoint=127)
    return st.text(alphabet, max_size=size)


def number(size: int) -> st.SearchStrategy[int]:
    return st.integers(0, 256**size - 1)


# The narrowest size that a field has in either version.
SIZES: dict[str, st.SearchStrategy[Any]] = {
    "authenticator": st.binary(min_size=16, max_size=16),
    "content": st.binary(max_size=255),
    "dest_terminal_ids": st.lists(text(21), max_size=90).map(tuple),
    "timestamp": number(4),
    "msg_id": number(8),
    "source_addr": text(6),
    "msg_src": text(6),
    "fee_type": text(2),
    "fee_code": text(6),
    "valid_time": text(17),
    "at_time": text(17),
    "service_id": text(10),
    "link_id": text(8),
    "src_id": text(21),
    "dest_id": text(21),
    "fee_terminal_id": text(21),
    "src_terminal_id": text(21),
}
# Fields that 2.0 has no place for.
ONLY_30 = {"fee_terminal_type", "dest_terminal_type", "src_terminal_type"}


@st.composite
def any_pdu(draw: Callable[[Any], Any], version: int) -> Pdu:
    kind = draw(st.sampled_from(list(PDUS.values())))
    values = {
        field.name: draw(SIZES.get(field.name, number(1)))
        for field in dataclasses.fields(kind)
        if version == V30 or field.name not in ONLY_30
    }
    pdu: Pdu = kind(**values)
    return pdu


@VERSIONS
@given(data=st.data())
def test_what_was_packed_is_unpacked(version: int, data: st.DataObject) -> None:
    pdu, sequence = data.draw(any_pdu(version)), data.draw(number(4))
    assert unpack(pack(pdu, sequence, version), version) == (pdu, sequence)


@VERSIONS
@given(data=st.binary(max_size=400))
def test_any_bytes_are_a_pdu_or_garbled(version: int, data: bytes) -> None:
    try:
        pdu, sequence = unpack(data, version)
    except Garbled:
        return
    assert isinstance(pdu, Pdu)
    assert sequence == int.from_bytes(data[8:12])


@VERSIONS
@given(data=st.data())
def test_a_pdu_that_lost_or_won_octets_is_garbled(
    version: int, data: st.DataObject
) -> None:
    whole = pack(data.draw(any_pdu(version)), 1, version)
    size = data.draw(st.integers(0, len(whole) + 20).filter(lambda n: n != len(whole)))
    other = whole[:size].ljust(size, b"\0")
    with pytest.raises(Garbled):
        unpack(other, version)


@given(st.binary(max_size=120))
def test_any_content_is_a_report_or_garbled(content: bytes) -> None:
    try:
        report = unpack_report(content)
    except Garbled:
        return
    assert len(content) >= 15
    assert 0 <= report.msg_id < 1 << 64


@given(number(4))
def test_a_length_is_believed_within_bounds_only(length: int) -> None:
    header = struct.pack(">III", length, 5, 1)
    if HEADER <= length <= LONGEST:
        assert length_of(header) == length
    else:
        with pytest.raises(Garbled):
            length_of(header)


@pytest.mark.parametrize(
    "change",
    [
        {"msg_src": "1234567"},
        {"src_id": "号"},
        {"src_id": "1\0002"},
        {"content": bytes(256)},
        {"pk_total": 256},
        {"msg_id": -1},
        {"dest_terminal_ids": ("1" * 22,)},
        {"dest_terminal_ids": ("1",) * 256},
    ],
)
def test_a_value_that_does_not_fit_is_never_cut(change: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="field"):
        pack(dataclasses.replace(SUBMIT, **change), 1, V20)
