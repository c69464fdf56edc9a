"""The kinds of fields that CMPP's tables are made of."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from channels.kit.octets import Garbled, Reader


class Field(Protocol):
    """One field: its value as octets and back."""

    def pack(self, value: Any) -> bytes: ...

    def unpack(self, reader: Reader) -> Any: ...


@dataclass(frozen=True)
class Number:
    """An unsigned number."""

    size: int

    def pack(self, value: int) -> bytes:
        """Return the number, big-endian; ValueError for one that does not fit."""
        try:
            return value.to_bytes(self.size)
        except OverflowError:
            raise ValueError("a number is too large for its field") from None

    def unpack(self, reader: Reader) -> int:
        """Take the number."""
        return reader.number(self.size)


@dataclass(frozen=True)
class Octets:
    """Octets of a fixed size."""

    size: int

    def pack(self, value: bytes) -> bytes:
        """Return them; ValueError for more or fewer."""
        if len(value) != self.size:
            raise ValueError("octets do not fit their field")
        return value

    def unpack(self, reader: Reader) -> bytes:
        """Take them."""
        return reader.take(self.size)


@dataclass(frozen=True)
class Text:
    """An ASCII text, filled up with zeros."""

    size: int

    def pack(self, value: str) -> bytes:
        """Return the text; ValueError for one too long, or not of ASCII."""
        if not value.isascii() or len(value) > self.size or "\0" in value:
            raise ValueError("a text does not fit its field")
        return value.encode("ascii").ljust(self.size, b"\0")

    def unpack(self, reader: Reader) -> str:
        """Take the text, to its first zero; what is not ASCII is replaced."""
        return reader.take(self.size).split(b"\0", 1)[0].decode("ascii", "replace")


@dataclass(frozen=True)
class Numbers:
    """A count of one octet, and so many texts."""

    size: int

    def pack(self, value: tuple[str, ...]) -> bytes:
        """Return the count and the texts."""
        texts = b"".join(map(Text(self.size).pack, value))
        return Number(1).pack(len(value)) + texts

    def unpack(self, reader: Reader) -> tuple[str, ...]:
        """Take the count and the texts."""
        text = Text(self.size)
        return tuple(text.unpack(reader) for _ in range(reader.number()))


@dataclass(frozen=True)
class Content:
    """A length of one octet, and so many octets."""

    def pack(self, value: bytes) -> bytes:
        """Return the length and the octets; ValueError for more than 255."""
        return Number(1).pack(len(value)) + value

    def unpack(self, reader: Reader) -> bytes:
        """Take the length and the octets."""
        return reader.take(reader.number())


Layout = Mapping[str, Field]


def pack_fields(values: object, layout: Layout) -> bytes:
    """Return an object's attributes as a table's fields, in its order."""
    return b"".join(field.pack(getattr(values, name)) for name, field in layout.items())


def unpack_fields(data: bytes, layout: Layout) -> dict[str, Any]:
    """Return the values of a table's fields; Garbled where they do not fill it."""
    reader = Reader(data)
    values = {name: field.unpack(reader) for name, field in layout.items()}
    if reader.left:
        raise Garbled("length")
    return values
