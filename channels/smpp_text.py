"""The text from a phone in a deliver_sm: SMPP 3.4 Issue 1.2, 4.6 and 5.2.12."""

from datetime import datetime

from channels.octets import Reader
from channels.uplinks import Uplink, decoded

_PAYLOAD = 0x0424
_HEADED = 0x40
# Bits 2 to 5: what kind of message it is, none for a text.
_KIND = 0x3C


def text_in(body: bytes, provider: str, at: datetime) -> Uplink | None:
    """Return the text in a deliver_sm's body, None where it is no text.

    Garbled where it can't be read.
    """
    reader = Reader(body)
    reader.c_string()
    reader.take(2)
    source = reader.c_string().decode("ascii", "replace")
    reader.take(2)
    reader.c_string()
    esm_class = reader.number()
    reader.take(2)
    for _ in range(2):
        reader.c_string()
    reader.take(2)
    coding = reader.number()
    reader.take(1)
    content = reader.take(reader.number()) or _payload(reader)
    if esm_class & _KIND:
        return None
    text = decoded(content, coding, headed=bool(esm_class & _HEADED))
    return Uplink(provider=provider, number=source, text=text, at=at)


def _payload(reader: Reader) -> bytes:
    while reader.left:
        tag, value = reader.number(2), reader.take(reader.number(2))
        if tag == _PAYLOAD:
            return value
    return b""
