"""Reads a part of a workbook piece by piece: a listener hears what it says.

A document type is refused: no part of a workbook has one, and entities come with it.
"""

from collections.abc import Iterator, Mapping
from typing import IO, Protocol
from xml.parsers import expat

from core.sheets.clock import Clock

# ECMA-376's namespaces: transitional, strict, and that of relationships.
_NAMESPACES = {
    "http://schemas.openxmlformats.org/spreadsheetml/2006/main",
    "http://purl.oclc.org/ooxml/spreadsheetml/main",
    "http://schemas.openxmlformats.org/package/2006/relationships",
}
_AFTER_NAMESPACE = "}"
_PIECE = 64 * 1024


class Damaged(Exception):
    """A workbook, or a part of it, is not what it has to be."""


class Listener(Protocol):
    """Hears elements by their names; one of another namespace has the name ""."""

    def start(self, name: str, given: Mapping[str, str]) -> None:
        """Hear that an element begins, with these attributes."""

    def text(self, text: str) -> None:
        """Hear a piece of text."""

    def end(self, name: str) -> None:
        """Hear that an element ends."""


class _Names(dict[str, str]):
    """The names of elements without their namespaces, each looked at once."""

    def __missing__(self, full: str) -> str:
        namespace, _, name = full.rpartition(_AFTER_NAMESPACE)
        self[full] = name if namespace in _NAMESPACES else ""
        return self[full]


def hear(part: IO[bytes], listener: Listener, clock: Clock) -> Iterator[None]:
    """Let a listener hear a part; yield after each piece of it."""
    parser, names = expat.ParserCreate(namespace_separator=_AFTER_NAMESPACE), _Names()

    def refuse(*_: object) -> None:
        raise Damaged("has a document type")

    parser.buffer_text = True
    parser.StartDoctypeDeclHandler = refuse
    parser.StartElementHandler = lambda name, given: listener.start(names[name], given)
    parser.EndElementHandler = lambda name: listener.end(names[name])
    parser.CharacterDataHandler = listener.text
    while piece := part.read(_PIECE):
        clock.check()
        parser.Parse(piece, False)
        yield
    parser.Parse(b"", True)
    yield
