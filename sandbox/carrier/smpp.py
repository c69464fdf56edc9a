"""An SMPP 3.4 message centre, written from its specification (Issue 1.2)."""

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

# A password has eight octets at most.
PASSWORD = SECRET[:8]
_SUBMIT, _DELIVER, _UNBIND, _ENQUIRE = 0x4, 0x5, 0x6, 0x15
# Receiver, transmitter, transceiver.
_BINDS = frozenset({0x1, 0x2, 0x9})
_TRANSMITTER, _RECEIVER = 0x2, 0x1
_RESP, _NACK = 0x80000000, 0x80000000
_LONGEST = 70_000
_CHINA = timezone(timedelta(hours=8))
_MOBILE = re.compile(r"(?:86)?(1[3-9][0-9]{9})|[1-9][0-9]{6,14}")
_OK, _LENGTH, _COMMAND, _BIND_STATE, _ALREADY = 0x0, 0x1, 0x3, 0x4, 0x5
_SYSTEM, _SOURCE, _DEST, _PASSWORD, _SYSTEM_ID = 0x8, 0xA, 0xB, 0xE, 0xF
_CLASS, _THROTTLED, _REFUSED = 0x43, 0x58, 0x45
_PAYLOAD = 0x0424
# data_coding 0 is the centre's own alphabet: here, what ASCII and GSM share.
_CODINGS = {0: "ascii", 1: "ascii", 3: "latin-1", 8: "utf-16-be"}

STATUSES: Mapping[Outcome, int] = {
    Outcome.REJECT: _CLASS,
    Outcome.INVALID_RECIPIENT: _DEST,
    Outcome.UNSUBSCRIBED: _DEST,
    Outcome.RATE_LIMIT: _THROTTLED,
    Outcome.SERVER_ERROR: _SYSTEM,
    Outcome.EXPIRED_TOKEN: _SOURCE,
}


class _Refused(Exception):
    """A submit_sm is wrong; the status says how."""

    def __init__(self, status: int) -> None:
        super().__init__()
        self.status = status


class Smpp(Gateway):
    """The message centre."""

    name = "smpp"

    async def serve(self, line: GatewayConnection) -> None:
        """Take a bind first, then whatever comes, until unbind."""
        while True:
            command, number, body = await _read(line)
            if command in _BINDS:
                self._bind(line, command, number, body)
            elif command == _RESP | _DELIVER:
                line.heard(number)
            elif command in (_NACK, _RESP | _ENQUIRE):
                pass
            elif command == _ENQUIRE:
                _say(line, _RESP | _ENQUIRE, _OK, number)
            elif not line.signed_in:
                _say(line, _RESP | command, _BIND_STATE, number)
            elif command == _SUBMIT:
                self._submit(line, number, body)
            elif command == _UNBIND:
                _say(line, _RESP | _UNBIND, _OK, number)
                return
            else:
                _say(line, _NACK, _COMMAND, number)

    def _bind(
        self, line: GatewayConnection, command: int, number: int, body: bytes
    ) -> None:
        try:
            octets = Octets(body)
            given = [octets.c_text(most) for most in (16, 9, 13)]
            version, _, _ = octets.number(), octets.number(), octets.number()
            octets.c_text(41)
        except TooShort:
            raise BadPdu from None
        status = _bind_status(line, given[0], given[1], version)
        if status == _OK:
            line.signed_in = True
            line.receives = command != _TRANSMITTER
            line.submits = command != _RECEIVER
        _say(line, _RESP | command, status, number, b"sandbox\0")

    def _submit(self, line: GatewayConnection, number: int, body: bytes) -> None:
        try:
            if not line.submits:
                raise _Refused(_BIND_STATE)
            part = _part(Octets(body))
        except TooShort:
            _say(line, _RESP | _SUBMIT, _LENGTH, number)
        except _Refused as refused:
            _say(line, _RESP | _SUBMIT, refused.status, number)
        else:
            self.later(self.take(line, number, part))

    def yes(self, line: GatewayConnection, number: int, message_id: int) -> bytes:
        """Return a submit_sm_resp with the message's number."""
        return _pdu(_RESP | _SUBMIT, _OK, number, b"%d\0" % message_id)

    def no(self, line: GatewayConnection, number: int, outcome: Outcome) -> bytes:
        """Return a submit_sm_resp with the reason, and no body."""
        return _pdu(_RESP | _SUBMIT, STATUSES[outcome], number, b"")

    def report(self, line: GatewayConnection, number: int, receipt: Receipt) -> bytes:
        """Return a deliver_sm that carries a delivery receipt (appendix B)."""
        at = self.desk.now().astimezone(_CHINA).strftime("%y%m%d%H%M")
        stat, error = ("UNDELIV", "001") if receipt.failed else ("DELIVRD", "000")
        text = (
            f"id:{receipt.message_id} sub:001 dlvrd:{int(not receipt.failed):03d} "
            f"submit date:{at} done date:{at} stat:{stat} err:{error} text:"
        ).encode()
        # esm_class 4: a receipt.
        return _deliver(number, receipt.to, text, 4, 0)

    def text(self, line: GatewayConnection, number: int, text: Text) -> bytes:
        """Return a deliver_sm that carries a text, in UCS2."""
        content = text.text.encode("utf-16-be")
        return _deliver(number, "86" + text.sender, content, 0, 8)


def _deliver(
    number: int, sender: str, content: bytes, esm_class: int, coding: int
) -> bytes:
    """Return a deliver_sm; the fields between say nothing."""
    body = (
        b"\0\1\1"
        + sender.encode()
        + b"\0\0\x0010690000\0"
        + bytes([esm_class, 0, 0, 0, 0, 0, 0, coding, 0, len(content)])
        + content
    )
    return _pdu(_DELIVER, _OK, number, body)


def _bind_status(
    line: GatewayConnection, system_id: str, password: str, version: int
) -> int:
    if line.signed_in:
        return _ALREADY
    if system_id != KEY:
        return _SYSTEM_ID
    if password != PASSWORD:
        return _PASSWORD
    return _OK if version == 0x34 else _SYSTEM


async def _read(line: GatewayConnection) -> tuple[int, int, bytes]:
    header = await line.reader.readexactly(16)
    length, command, _, number = struct.unpack(">IIII", header)
    if not 16 <= length <= _LONGEST:
        raise BadPdu
    return command, number, await line.reader.readexactly(length - 16)


def _pdu(command: int, status: int, number: int, body: bytes) -> bytes:
    return struct.pack(">IIII", 16 + len(body), command, status, number) + body


def _say(
    line: GatewayConnection, command: int, status: int, number: int, body: bytes = b""
) -> None:
    line.writer.write(_pdu(command, status, number, body))


def _part(octets: Octets) -> Part:
    """Return the part in a submit_sm; _Refused where a field is wrong."""
    given = _fields(octets)
    content = given.pop("payload") or given.pop("content")
    to = _MOBILE.fullmatch(given["destination"])
    if not to:
        raise _Refused(_DEST)
    if not given["source"]:
        raise _Refused(_SOURCE)
    if given["esm_class"] & ~0x43:
        raise _Refused(_CLASS)
    join, raw = _joined(content, given)
    try:
        text = raw.decode(_CODINGS[given["data_coding"]])
    except (KeyError, UnicodeDecodeError):
        raise _Refused(_REFUSED) from None
    wants = bool(given["registered_delivery"] & 1)
    return Part(to[1] or to[0], text, join, wants, given)


def _fields(octets: Octets) -> dict[str, Any]:
    given: dict[str, Any] = {"service_type": octets.c_text(6)}
    octets.take(2)
    given["source"] = octets.c_text(21)
    octets.take(2)
    given["destination"] = octets.c_text(21)
    given["esm_class"] = octets.number()
    octets.take(2)
    given["schedule"], given["validity"] = octets.c_text(17), octets.c_text(17)
    given["registered_delivery"] = octets.number()
    octets.take(1)
    given["data_coding"] = octets.number()
    octets.take(1)
    given["content"] = octets.take(octets.number())
    given["payload"] = b""
    while octets.left:
        tag, value = octets.number(2), octets.take(octets.number(2))
        if tag == _PAYLOAD:
            given["payload"] = value
    return given


def _joined(content: bytes, given: Mapping[str, Any]) -> tuple[Join, bytes]:
    """Return what joins a part to others."""
    if not given["esm_class"] & 0x40:
        if not content:
            raise _Refused(_LENGTH)
        return (0, 1, 1), content
    found = udh(content)
    if found is None:
        raise _Refused(_CLASS)
    return found
