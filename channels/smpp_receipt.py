"""What a deliver_sm reports: SMPP 3.4 Issue 1.2, 4.6 and appendix B.

aiosmpplib reads none that has no text, and no `err` that is not a number; carriers
send both.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from channels.octets import Garbled, Reader

_MESSAGE_ID = re.compile(r"[\x21-\x7e]{1,64}")
_FIELD = re.compile(r"\b(id|stat):(\S+)", re.IGNORECASE)
# What follows is the beginning of our own text.
_TEXT = re.compile(r"\btext:", re.IGNORECASE)
_PAYLOAD, _RECEIPTED_ID, _MESSAGE_STATE = 0x0424, 0x001E, 0x0427
# 5.2.28
_STATES: Mapping[int, str] = {
    1: "ENROUTE",
    2: "DELIVRD",
    3: "EXPIRED",
    4: "DELETED",
    5: "UNDELIV",
    6: "ACCEPTD",
    7: "UNKNOWN",
    8: "REJECTD",
}


@dataclass(frozen=True)
class Report:
    """The message it speaks of, and its state's word."""

    message_id: str
    stat: str


def report_in(body: bytes) -> Report | None:
    """Return the report in a deliver_sm's body, None for a text from a phone.

    Garbled where it can't be read. The optional parameters win over the text,
    which every carrier writes in its own way.
    """
    reader = Reader(body)
    reader.c_string()
    for _ in range(2):
        reader.take(2)
        reader.c_string()
    esm_class = reader.number()
    reader.take(2)
    for _ in range(2):
        reader.c_string()
    reader.take(4)
    text = reader.take(reader.number())
    options = _options(reader)
    if esm_class & 0x3C != 0x04:
        return None
    return _report(text or options.get(_PAYLOAD, b""), options)


def _options(reader: Reader) -> dict[int, bytes]:
    found = {}
    while reader.left:
        tag = reader.number(2)
        found[tag] = reader.take(reader.number(2))
    return found


def _report(text: bytes, options: Mapping[int, bytes]) -> Report:
    said = _TEXT.split(text.decode("ascii", "replace"), 1)[0]
    fields = {name.lower(): value for name, value in _FIELD.findall(said)}
    number = options.get(_RECEIPTED_ID, b"").rstrip(b"\0").decode("ascii", "replace")
    number = number or fields.get("id", "")
    state = options.get(_MESSAGE_STATE, b"")
    stat = fields.get("stat") or _STATES.get(int.from_bytes(state), "")
    if not _MESSAGE_ID.fullmatch(number) or not stat:
        raise Garbled("no report")
    return Report(number, stat)
