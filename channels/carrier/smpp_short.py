"""What a message centre delivers (SMPP 3.4 Issue 1.2): deliver_sm 4.6, data_sm 4.7."""

from collections.abc import Mapping
from dataclasses import dataclass

from channels.kit.octets import Garbled, Reader

_PAYLOAD = 0x0424
# The protocol has some sixty; each takes a turn to read.
_MOST_OPTIONS = 256
# Bits of esm_class (5.2.12).
_KIND, _HEADED = 0x3C, 0x40


@dataclass(frozen=True)
class Short:
    """A delivered text or report; `source` is the number it came from."""

    source: str
    esm_class: int
    text: bytes
    data_coding: int
    options: Mapping[int, bytes]

    @property
    def kind(self) -> int:
        """What it is: 0 for a text from a phone."""
        return self.esm_class & _KIND

    @property
    def headed(self) -> bool:
        """Whether a user data header stands before the text."""
        return bool(self.esm_class & _HEADED)

    @property
    def content(self) -> bytes:
        """The text, wherever it stands."""
        return self.text or self.options.get(_PAYLOAD, b"")


def deliver_sm(body: bytes) -> Short:
    """Return what a deliver_sm's body holds; Garbled where it can't be read."""
    reader = Reader(body)
    source = _source(reader)
    esm_class = reader.number()
    reader.take(2)
    for _ in range(2):
        reader.c_string()
    reader.take(2)
    data_coding = reader.number()
    reader.take(1)
    text = reader.take(reader.number())
    return Short(source, esm_class, text, data_coding, _options(reader))


def data_sm(body: bytes) -> Short:
    """Return what a data_sm's body holds; Garbled where it can't be read."""
    reader = Reader(body)
    source = _source(reader)
    esm_class = reader.number()
    reader.take(1)
    data_coding = reader.number()
    return Short(source, esm_class, b"", data_coding, _options(reader))


def _source(reader: Reader) -> str:
    """Return the source, having passed over the service type and the destination."""
    reader.c_string()
    reader.take(2)
    source = reader.c_string()
    reader.take(2)
    reader.c_string()
    return source.decode("ascii", "replace")


def _options(reader: Reader) -> dict[int, bytes]:
    """Return the optional parameters; Garbled where there are too many to be any's."""
    found: dict[int, bytes] = {}
    for _ in range(_MOST_OPTIONS + 1):
        if not reader.left:
            return found
        tag = reader.number(2)
        found[tag] = reader.take(reader.number(2))
    raise Garbled("too many parameters")
