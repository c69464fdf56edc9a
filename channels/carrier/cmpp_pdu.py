"""CMPP's PDUs as bytes and back: China Mobile's gateway protocol, 2.0 and 3.0.

Each PDU is twelve octets of header (Total_Length, Command_Id, Sequence_Id, four
each) and the fields of its table below, numbers big-endian, texts ASCII and
filled up with zeros (中国移动通信互联网短信网关接口协议 V2.0 and V3.0, part 8).
"""

import struct
from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum
from typing import ClassVar

from channels.carrier.cmpp_fields import (
    Content,
    Layout,
    Number,
    Numbers,
    Octets,
    Text,
    pack_fields,
    unpack_fields,
)
from channels.kit.octets import Garbled

V20, V30 = 0x20, 0x30
HEADER = 12
# Above any PDU there is: a SUBMIT to a hundred numbers has 3.6 kB.
LONGEST = 4096
_ANSWER = 0x80000000
_HEADER = struct.Struct(">III")


class Command(IntEnum):
    """What a PDU is; an answer has the first bit set."""

    CONNECT = 0x1
    TERMINATE = 0x2
    SUBMIT = 0x4
    DELIVER = 0x5
    ACTIVE_TEST = 0x8
    CONNECT_RESP = _ANSWER | CONNECT
    TERMINATE_RESP = _ANSWER | TERMINATE
    SUBMIT_RESP = _ANSWER | SUBMIT
    DELIVER_RESP = _ANSWER | DELIVER
    ACTIVE_TEST_RESP = _ANSWER | ACTIVE_TEST


@dataclass(frozen=True)
class Pdu:
    """What stands between a PDU's header and its end."""

    command: ClassVar[Command]

    @classmethod
    def layout(cls, version: int, size: int) -> Layout:
        """Return the fields in order; `size` is the body's, for what it decides."""
        return {}


@dataclass(frozen=True)
class Connect(Pdu):
    """Signs us in; `authenticator` is an MD5 (see channels.cmpp)."""

    command: ClassVar[Command] = Command.CONNECT
    source_addr: str
    authenticator: bytes
    version: int
    timestamp: int

    @classmethod
    def layout(cls, version: int, size: int) -> Layout:
        return {
            "source_addr": Text(6),
            "authenticator": Octets(16),
            "version": Number(1),
            "timestamp": Number(4),
        }


@dataclass(frozen=True)
class ConnectResp(Pdu):
    """The gateway's yes (status 0) or no, and the version it speaks at most."""

    command: ClassVar[Command] = Command.CONNECT_RESP
    status: int
    authenticator: bytes = bytes(16)
    version: int = V20

    @classmethod
    def layout(cls, version: int, size: int) -> Layout:
        # A gateway that does not speak our version answers in its own.
        width = {18: 1, 21: 4}.get(size, _wide(version))
        return {
            "status": Number(width),
            "authenticator": Octets(16),
            "version": Number(1),
        }


@dataclass(frozen=True)
class Submit(Pdu):
    """One short message, or one part of a long one, to one number or several."""

    command: ClassVar[Command] = Command.SUBMIT
    src_id: str
    dest_terminal_ids: tuple[str, ...]
    content: bytes
    msg_src: str
    service_id: str = ""
    msg_fmt: int = 8
    pk_total: int = 1
    pk_number: int = 1
    tp_udhi: int = 0
    registered_delivery: int = 1
    msg_level: int = 0
    fee_user_type: int = 2
    fee_terminal_id: str = ""
    fee_terminal_type: int = 0
    tp_pid: int = 0
    fee_type: str = "01"
    fee_code: str = "000000"
    valid_time: str = ""
    at_time: str = ""
    dest_terminal_type: int = 0
    msg_id: int = 0
    link_id: str = ""

    @classmethod
    def layout(cls, version: int, size: int) -> Layout:
        wide = version >= V30
        number = 32 if wide else 21
        return {
            "msg_id": Number(8),
            "pk_total": Number(1),
            "pk_number": Number(1),
            "registered_delivery": Number(1),
            "msg_level": Number(1),
            "service_id": Text(10),
            "fee_user_type": Number(1),
            "fee_terminal_id": Text(number),
            **({"fee_terminal_type": Number(1)} if wide else {}),
            "tp_pid": Number(1),
            "tp_udhi": Number(1),
            "msg_fmt": Number(1),
            "msg_src": Text(6),
            "fee_type": Text(2),
            "fee_code": Text(6),
            "valid_time": Text(17),
            "at_time": Text(17),
            "src_id": Text(21),
            "dest_terminal_ids": Numbers(number),
            **({"dest_terminal_type": Number(1)} if wide else {}),
            "content": Content(),
            "link_id": Text(20 if wide else 8),
        }


@dataclass(frozen=True)
class SubmitResp(Pdu):
    """The gateway's number for a message, or (result not 0) why it refused."""

    command: ClassVar[Command] = Command.SUBMIT_RESP
    msg_id: int
    result: int = 0

    @classmethod
    def layout(cls, version: int, size: int) -> Layout:
        return {"msg_id": Number(8), "result": Number(_wide(version))}


@dataclass(frozen=True)
class Deliver(Pdu):
    """A short message from a phone, or (`registered_delivery` 1) a Report."""

    command: ClassVar[Command] = Command.DELIVER
    msg_id: int
    dest_id: str
    src_terminal_id: str
    content: bytes
    registered_delivery: int = 0
    service_id: str = ""
    tp_pid: int = 0
    tp_udhi: int = 0
    msg_fmt: int = 0
    src_terminal_type: int = 0
    link_id: str = ""

    @classmethod
    def layout(cls, version: int, size: int) -> Layout:
        wide = version >= V30
        return {
            "msg_id": Number(8),
            "dest_id": Text(21),
            "service_id": Text(10),
            "tp_pid": Number(1),
            "tp_udhi": Number(1),
            "msg_fmt": Number(1),
            "src_terminal_id": Text(32 if wide else 21),
            **({"src_terminal_type": Number(1)} if wide else {}),
            "registered_delivery": Number(1),
            "content": Content(),
            "link_id": Text(20 if wide else 8),
        }


@dataclass(frozen=True)
class DeliverResp(Pdu):
    """Our yes to a DELIVER; without it the gateway sends it again."""

    command: ClassVar[Command] = Command.DELIVER_RESP
    msg_id: int
    result: int = 0

    @classmethod
    def layout(cls, version: int, size: int) -> Layout:
        return {"msg_id": Number(8), "result": Number(_wide(version))}


@dataclass(frozen=True)
class ActiveTest(Pdu):
    """Asks whether the other side is there."""

    command: ClassVar[Command] = Command.ACTIVE_TEST


@dataclass(frozen=True)
class ActiveTestResp(Pdu):
    """Says so."""

    command: ClassVar[Command] = Command.ACTIVE_TEST_RESP
    reserved: int = 0

    @classmethod
    def layout(cls, version: int, size: int) -> Layout:
        return {"reserved": Number(1)}


@dataclass(frozen=True)
class Terminate(Pdu):
    """Ends the connection, once what is under way has been answered."""

    command: ClassVar[Command] = Command.TERMINATE


@dataclass(frozen=True)
class TerminateResp(Pdu):
    """Agrees to the end."""

    command: ClassVar[Command] = Command.TERMINATE_RESP


PDUS: Mapping[int, type[Pdu]] = {kind.command: kind for kind in Pdu.__subclasses__()}


def pack(pdu: Pdu, sequence: int, version: int) -> bytes:
    """Return a PDU as bytes; ValueError where a value does not fit its field."""
    body = pack_fields(pdu, pdu.layout(version, 0))
    return _HEADER.pack(HEADER + len(body), pdu.command, sequence) + body


def unpack(data: bytes, version: int) -> tuple[Pdu, int]:
    """Return a whole PDU and its sequence; Garbled for what is none."""
    if len(data) < HEADER or length_of(data) != len(data):
        raise Garbled("length")
    _, command, sequence = _HEADER.unpack_from(data)
    kind = PDUS.get(command)
    if kind is None:
        raise Garbled("command")
    body = data[HEADER:]
    return kind(**unpack_fields(body, kind.layout(version, len(body)))), sequence


def length_of(header: bytes) -> int:
    """Return the length a header tells, itself counted; Garbled if it can't be."""
    length = int.from_bytes(header[:4])
    if not HEADER <= length <= LONGEST:
        raise Garbled("length")
    return length


def _wide(version: int) -> int:
    """Return how many octets a result has: 3.0 made it four."""
    return 4 if version >= V30 else 1
