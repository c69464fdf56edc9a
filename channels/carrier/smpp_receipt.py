"""What a deliver_sm reports: SMPP 3.4 Issue 1.2, 4.6 and appendix B.

aiosmpplib reads none that has no text, and no `err` that is not a number; carriers
send both.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from channels.carrier.smpp_short import Short, data_sm, deliver_sm
from channels.kit.carriers import outcome_of, state_word
from channels.kit.octets import Garbled

_MESSAGE_ID = re.compile(r"[\x21-\x7e]{1,64}")
_FIELD = re.compile(r"\b(id|stat)[ \t]?[:=][ \t]{0,8}([^\s,;\0]{1,80})", re.IGNORECASE)
# What follows is the beginning of our own text.
_TEXT = re.compile(r"\btext[ \t]?[:=]", re.IGNORECASE)
_RECEIPTED_ID, _MESSAGE_STATE = 0x001E, 0x0427
_UCS2 = 8
# Kinds (5.2.12): a receipt, or news of one on its way.
_RECEIPT, _INTERMEDIATE = 0x04, 0x20
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
    # 5.0 adds these (4.7.15).
    0: "SCHEDULED",
    9: "SKIPPED",
}


IdForm = Literal["text", "decimal", "hexadecimal"]
_BASES: Mapping[IdForm, int] = {"decimal": 10, "hexadecimal": 16}


def known_id(given: str, form: IdForm) -> str:
    """Return a message id as it is kept: a number in decimal, any other as it came.

    Centres write one number in hexadecimal in submit_sm_resp and in decimal in the
    receipt, with zeros before it or in another case.
    """
    base = _BASES.get(form)
    if base is None:
        return given
    try:
        return str(int(given, base))
    except ValueError:
        return given


@dataclass(frozen=True)
class Report:
    """The message it speaks of, and its state's word.

    `final`: what failed has failed, not only this time.
    """

    message_id: str
    stat: str
    final: bool = True


def report_in(body: bytes) -> Report | None:
    """Return the report in a deliver_sm's body, None for a text from a phone.

    Garbled where it can't be read. The optional parameters win over the text,
    which every carrier writes in its own way.
    """
    return _report(deliver_sm(body))


def report_in_data(body: bytes) -> Report | None:
    """Return the report in a data_sm's body, as `report_in` does."""
    return _report(data_sm(body))


def _report(short: Short) -> Report | None:
    kind, options = short.kind, short.options
    # 5.3.2.26 and 5.3.2.35 stand in receipts alone, whatever the class says.
    by_parameters = _RECEIPTED_ID in options and _MESSAGE_STATE in options
    if kind not in (_RECEIPT, _INTERMEDIATE) and not by_parameters:
        return None
    written = _fields(short)
    number = options.get(_RECEIPTED_ID, b"").rstrip(b"\0 ").decode("ascii", "replace")
    number = number or written.get("id", "")
    stat = _stat(options.get(_MESSAGE_STATE, b""), written.get("stat", ""))
    if not _MESSAGE_ID.fullmatch(number) or not stat:
        raise Garbled("no report")
    return Report(number, stat, final=kind != _INTERMEDIATE)


def _fields(short: Short) -> dict[str, str]:
    """Return the id and the state that the text gives (appendix B)."""
    charset = "utf-16-be" if short.data_coding == _UCS2 else "ascii"
    said = _TEXT.split(short.content.decode(charset, "replace"), maxsplit=1)[0]
    found: dict[str, str] = {}
    for name, value in _FIELD.findall(said):
        found.setdefault(name.lower(), value.strip("\"'"))
    return found


def _stat(parameter: bytes, written: str) -> str:
    """Return the state's word: the parameter's, or the text's that says it closer."""
    number = int.from_bytes(parameter)
    state = _STATES.get(number, f"state-{number}") if parameter else ""
    if written and outcome_of(state) in (None, outcome_of(state_word(written))):
        return written
    return state
