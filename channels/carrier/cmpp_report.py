"""CMPP's receipts: what stands in the content of a DELIVER (V3.0, 8.4.5.1)."""

from dataclasses import dataclass

from channels.carrier.cmpp_fields import (
    Layout,
    Number,
    Text,
    unpack_fields,
)

# With a number of 21 octets (2.0), or of 32 (3.0).
SIZES = (60, 71)
_BEGINNING: Layout = {"msg_id": Number(8), "stat": Text(7)}
_FIRST = 15


@dataclass(frozen=True)
class Report:
    """What became of one part; the times are China's, YYMMDDhhmm."""

    msg_id: int
    stat: str
    submit_time: str
    done_time: str
    dest_terminal_id: str
    smsc_sequence: int = 0


def unpack_report(content: bytes) -> Report:
    """Return the receipt in a content; Garbled for what is none.

    By its size, not by the version: some of 3.0's gateways send 2.0's receipts. Of
    any other size what stands first is read: the message's number and its state.
    """
    if len(content) in SIZES:
        return Report(**unpack_fields(content, _layout(len(content))))
    first = unpack_fields(content[:_FIRST], _BEGINNING)
    return Report(**first, submit_time="", done_time="", dest_terminal_id="")


def _layout(size: int) -> Layout:
    return {
        "msg_id": Number(8),
        "stat": Text(7),
        "submit_time": Text(10),
        "done_time": Text(10),
        "dest_terminal_id": Text(32 if size == max(SIZES) else 21),
        "smsc_sequence": Number(4),
    }
