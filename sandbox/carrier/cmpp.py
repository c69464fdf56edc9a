"""A CMPP gateway, 2.0 and 3.0, written from its tables: China Mobile's ISMG."""

import hashlib
import re
import struct
from collections.abc import Mapping
from datetime import timedelta, timezone
from typing import Any

from core.sandbox_keys import KEY, SECRET
from sandbox.carrier.gateway import (
    BadPdu,
    Gateway,
    GatewayConnection,
    Join,
    Part,
    Receipt,
    Text,
    udh,
)
from sandbox.kit.octets import Octets, TooShort
from sandbox.kit.outcomes import Outcome

# A Source_Addr has six octets.
SOURCE_ADDR = KEY[:6]
_V20, _V21, _V30 = 0x20, 0x21, 0x30
_CONNECT, _TERMINATE, _SUBMIT, _DELIVER, _ACTIVE_TEST = 1, 2, 4, 5, 8
_RESP = 0x80000000
_LONGEST = 8192
_CHINA = timezone(timedelta(hours=8))
_MOBILE = re.compile("(?:86)?(1[3-9][0-9]{9})")
_SRC_ID = re.compile("[0-9]{1,21}")
_STRUCTURE, _TOO_LONG, _SRC, _MSG_SRC, _DEST = 1, 6, 10, 11, 13
_CODINGS = {0: "ascii", 8: "utf-16-be", 15: "gbk"}

# CMPP has no word for trouble of the gateway's own: "later" is flow control.
RESULTS: Mapping[Outcome, int] = {
    Outcome.REJECT: _STRUCTURE,
    Outcome.INVALID_RECIPIENT: _DEST,
    Outcome.UNSUBSCRIBED: 9,
    Outcome.RATE_LIMIT: 8,
    Outcome.SERVER_ERROR: 8,
    Outcome.EXPIRED_TOKEN: _MSG_SRC,
}


class _Refused(Exception):
    """A SUBMIT is wrong; the number is the result that says how."""

    def __init__(self, result: int) -> None:
        super().__init__()
        self.result = result


class Cmpp(Gateway):
    """The gateway."""

    name = "cmpp"

    async def serve(self, line: GatewayConnection) -> None:
        """Take CONNECT first, then whatever comes, until TERMINATE."""
        while True:
            command, number, body = await _read(line)
            if command == _CONNECT and not line.signed_in:
                self._connect(line, number, body)
            elif not line.signed_in:
                raise BadPdu
            elif command == _SUBMIT:
                self._submit(line, number, body)
            elif command == _ACTIVE_TEST and not body:
                line.writer.write(_pdu(_RESP | _ACTIVE_TEST, number, b"\0"))
            elif command == _RESP | _DELIVER:
                _delivered(line, number, body)
            elif command == _TERMINATE and not body:
                line.writer.write(_pdu(_RESP | _TERMINATE, number, b""))
                return
            elif command != _RESP | _ACTIVE_TEST:
                raise BadPdu

    def _connect(self, line: GatewayConnection, number: int, body: bytes) -> None:
        if len(body) != 27:
            raise BadPdu
        source, authenticator, version, time = struct.unpack(">6s16sBI", body)
        status = self._status(source, authenticator, version, time)
        line.version = _V30 if version == _V30 else _V20
        line.signed_in = status == 0
        width = ">I" if line.version == _V30 else ">B"
        packed = struct.pack(width, status)
        proof = hashlib.md5(packed + authenticator + SECRET.encode()).digest()
        answer = packed + proof + bytes([line.version])
        line.writer.write(_pdu(_RESP | _CONNECT, number, answer))

    def _status(
        self, source: bytes, authenticator: bytes, version: int, time: int
    ) -> int:
        signed = SOURCE_ADDR.encode() + bytes(9) + SECRET.encode() + b"%010d" % time
        if version not in (_V20, _V21, _V30):
            return 4
        if source.rstrip(b"\0") != SOURCE_ADDR.encode():
            return 2
        right = hashlib.md5(signed).digest() == authenticator
        return 0 if right and self._timely(time) else 3

    def _timely(self, time: int) -> bool:
        """Tell whether MMDDHHMMSS is today's or a neighbouring day's, in China."""
        now = self.desk.now().astimezone(_CHINA)
        days = (now + timedelta(days=n) for n in (-1, 0, 1))
        return f"{time:010d}"[:4] in {day.strftime("%m%d") for day in days}

    def _submit(self, line: GatewayConnection, number: int, body: bytes) -> None:
        try:
            part = _part(body, line.version)
        except _Refused as refused:
            line.writer.write(self._resp(line, number, 0, refused.result))
        else:
            self.later(self.take(line, number, part))

    def _resp(
        self, line: GatewayConnection, number: int, message_id: int, result: int
    ) -> bytes:
        width = ">QI" if line.version == _V30 else ">QB"
        return _pdu(_RESP | _SUBMIT, number, struct.pack(width, message_id, result))

    def yes(self, line: GatewayConnection, number: int, message_id: int) -> bytes:
        """Return a SUBMIT_RESP with the message's number."""
        return self._resp(line, number, message_id, 0)

    def no(self, line: GatewayConnection, number: int, outcome: Outcome) -> bytes:
        """Return a SUBMIT_RESP with the reason."""
        return self._resp(line, number, 0, RESULTS[outcome])

    def report(self, line: GatewayConnection, number: int, receipt: Receipt) -> bytes:
        """Return a DELIVER that carries a report."""
        wide = 32 if line.version == _V30 else 21
        at = self.desk.now().astimezone(_CHINA).strftime("%y%m%d%H%M").encode()
        to = receipt.to.encode()
        stat = b"UNDELIV" if receipt.failed else b"DELIVRD"
        report = struct.pack(
            f">Q7s10s10s{wide}sI", receipt.message_id, stat, at, at, to, number
        )
        return self._deliver(line, number, receipt.message_id, to, report, (0, 1))

    def text(self, line: GatewayConnection, number: int, text: Text) -> bytes:
        """Return a DELIVER that carries a text, in UCS2."""
        content = text.text.encode("utf-16-be")
        sender = b"86" + text.sender.encode()
        return self._deliver(line, number, self._message_id(), sender, content, (8, 0))

    def _deliver(
        self,
        line: GatewayConnection,
        number: int,
        message_id: int,
        sender: bytes,
        content: bytes,
        kind: tuple[int, int],
    ) -> bytes:
        """Return a DELIVER; `kind` is its Msg_Fmt and its Registered_Delivery."""
        v30, (coding, registered) = line.version == _V30, kind
        body = (
            struct.pack(">Q21s10sBBB", message_id, b"10690000", b"", 0, 0, coding)
            + struct.pack(">32sB" if v30 else ">21s", sender, *([0] if v30 else []))
            + bytes([registered, len(content)])
            + content
            + bytes(20 if v30 else 8)
        )
        return _pdu(_DELIVER, number, body)


async def _read(line: GatewayConnection) -> tuple[int, int, bytes]:
    header = await line.reader.readexactly(12)
    length, command, number = struct.unpack(">III", header)
    if not 12 <= length <= _LONGEST:
        raise BadPdu
    return command, number, await line.reader.readexactly(length - 12)


def _pdu(command: int, number: int, body: bytes) -> bytes:
    return struct.pack(">III", 12 + len(body), command, number) + body


def _delivered(line: GatewayConnection, number: int, body: bytes) -> None:
    if len(body) != (12 if line.version == _V30 else 9):
        raise BadPdu
    if int.from_bytes(body[8:]) == 0:
        line.heard(number)


def _part(body: bytes, version: int) -> Part:
    """Return the part in a SUBMIT; _Refused where a field is wrong."""
    try:
        given = _fields(Octets(body), version == _V30)
    except TooShort:
        raise _Refused(_STRUCTURE) from None
    if given["msg_src"] != SOURCE_ADDR:
        raise _Refused(_MSG_SRC)
    if not _SRC_ID.fullmatch(str(given["src_id"])):
        raise _Refused(_SRC)
    content, coding = bytes(given.pop("content")), int(given["msg_fmt"])
    to = _MOBILE.fullmatch(str(given["dest_terminal_id"]))
    if not to:
        raise _Refused(_DEST)
    if len(content) > (160 if coding == 0 else 140):
        raise _Refused(_TOO_LONG)
    join, raw = _joined(content, given)
    return Part(to[1], _decoded(raw, coding), join, bool(given["wants"]), given)


def _fields(octets: Octets, v30: bool) -> dict[str, Any]:
    """Return what a SUBMIT says; one number at a time is enough here."""
    wide = 32 if v30 else 21
    octets.number(8)
    given: dict[str, Any] = {"pk_total": octets.number(), "pk_number": octets.number()}
    given["wants"] = octets.number()
    octets.number()
    given["service_id"] = octets.text(10)
    octets.take(1 + wide + v30 + 1)
    given["tp_udhi"] = octets.number()
    given["msg_fmt"] = octets.number()
    given["msg_src"] = octets.text(6)
    given["fee_type"], given["fee_code"] = octets.text(2), octets.text(6)
    octets.take(17 + 17)
    given["src_id"] = octets.text(21)
    if octets.number() != 1:
        raise _Refused(_STRUCTURE)
    given["dest_terminal_id"] = octets.text(wide)
    octets.take(v30)
    given["content"] = octets.take(octets.number())
    octets.take(20 if v30 else 8)
    if octets.left or given["wants"] > 1:
        raise _Refused(_STRUCTURE)
    return given


def _joined(content: bytes, given: Mapping[str, Any]) -> tuple[Join, bytes]:
    """Return what joins a part to others, as Pk_total and its header both say it."""
    total, number = given["pk_total"], given["pk_number"]
    if not given["tp_udhi"]:
        if (total, number) != (1, 1):
            raise _Refused(_STRUCTURE)
        return (0, 1, 1), content
    found = udh(content)
    if found is None or found[0][1:] != (total, number):
        raise _Refused(_STRUCTURE)
    return found


def _decoded(raw: bytes, coding: int) -> str:
    try:
        return raw.decode(_CODINGS[coding])
    except (KeyError, UnicodeDecodeError):
        raise _Refused(_STRUCTURE) from None
