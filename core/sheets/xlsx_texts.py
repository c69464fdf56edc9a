"""The texts of a workbook: shared by its cells, or within one of them."""

import re
from collections.abc import Mapping

from core.sheets.lines import MAX_CELL

# ECMA-376 part 1, 22.9.2.19 (ST_Xstring): _x000D_ is a return, _x005F_ a plain "_".
_ESCAPE = re.compile("_x([0-9A-Fa-f]{4})_")


class Pieces:
    """Gathers the text of an element from its runs; readings above it (rPh) are not."""

    def __init__(self) -> None:
        self._found: list[str] = []
        self._readings = 0
        self._listens = False

    def start(self, name: str) -> None:
        """Hear that an element within begins."""
        if name == "rPh":
            self._readings += 1
        elif name == "t":
            self._listens = not self._readings

    def text(self, text: str) -> None:
        """Hear a piece of text."""
        if self._listens:
            self._found.append(text)

    def end(self, name: str) -> None:
        """Hear that an element within ends."""
        if name == "rPh":
            self._readings -= 1
        elif name == "t":
            self._listens = False

    def whole(self) -> str:
        """Return the text, and begin anew."""
        found, self._found = "".join(self._found), []
        return plain_text(found)


class SharedTexts:
    """Hears the part that holds the texts of all cells."""

    def __init__(self) -> None:
        self.found: list[str] = []
        self._pieces = Pieces()

    def start(self, name: str, given: Mapping[str, str]) -> None:
        """Hear that an element begins."""
        self._pieces.start(name)

    def text(self, text: str) -> None:
        """Hear a piece of text."""
        self._pieces.text(text)

    def end(self, name: str) -> None:
        """Hear that an element ends."""
        self._pieces.end(name)
        if name == "si":
            self.found.append(self._pieces.whole())


def plain_text(text: str) -> str:
    """Return a text as a person reads it; of an overlong one just so much as tells."""
    if "_x" in text:
        text = _ESCAPE.sub(lambda found: chr(int(found[1], 16)), text)
        # Two escapes may be the halves of one character.
        text = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    return text.strip()[: MAX_CELL + 1]
