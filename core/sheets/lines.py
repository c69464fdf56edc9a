"""What a list is made of: its head, its lines, and the places that are wrong."""

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from core.errors import Invalid
from core.fields import MAX_PARAM

# As many as a batch may have.
MAX_LINES = 10_000
MAX_BYTES = 10 * 1024 * 1024
# No text of a message takes more; what is longer is not kept.
MAX_CELL = MAX_PARAM
TOO_LONG = f"Longer than {MAX_CELL} characters."
FORMULA = "Holds a formula; paste its value instead."
ERROR = "Holds an error of the spreadsheet; enter the right value."
# What Excel, WPS and LibreOffice show where there is no value; "####": no room.
_ERROR = re.compile(
    r"#(?:N/A|DIV/0!|REF!|VALUE!|NAME\?|NUM!|NULL!|SPILL!|CALC!|FIELD!|BLOCKED!"
    r"|BUSY!|CONNECT!|UNKNOWN!|EXTERNAL!|PYTHON!|TIMEOUT!|GETTING_DATA|#{2,})"
    r"|Err:[0-9]{3}",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Fault:
    """One wrong place of a file; line 0 is the batch as a whole."""

    line: int
    column: str
    detail: str


class Faulty(Invalid):
    """A file has wrong places; nothing of it is sent."""

    def __init__(self, faults: Sequence[Fault]) -> None:
        super().__init__(faults[0].detail)
        self.faults = tuple(faults)


@dataclass(frozen=True)
class Bad:
    """Stands where a cell does not tell what a person sees in it."""

    detail: str


Cell = str | Bad
# Where a row's fault is that is no one cell's.
WHOLE = -1


@dataclass(frozen=True)
class Row:
    """One row of a file: its number there, and its cells by place, no blank ones.

    `faults` are by place as well, or of the `WHOLE`.
    """

    number: int
    cells: Mapping[int, Cell]
    faults: Mapping[int, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Line:
    """One line below the head: its number in the file, its cells by column.

    `faults` are by column as well; "" is the line as a whole.
    """

    number: int
    cells: Mapping[str, str]
    faults: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Sheet:
    """A file's columns and its lines that are not empty.

    `faults` are the head's, by column; `number` is its line.
    """

    head: tuple[str, ...]
    lines: tuple[Line, ...]
    faults: Mapping[str, str] = field(default_factory=dict)
    number: int = 1

    def without(self, numbers: Collection[int]) -> "Sheet | None":
        """Return the sheet without these lines; None where nothing is left of it."""
        if not {0, self.number}.isdisjoint(numbers):
            return None
        lines = tuple(line for line in self.lines if line.number not in numbers)
        return replace(self, lines=lines) if lines else None


def text_cell(text: str) -> Cell:
    """Return a cell that holds a text: the text, or why it can't be taken."""
    trimmed = text.strip()
    if len(trimmed) > MAX_CELL:
        return Bad(TOO_LONG)
    if trimmed.startswith(("#", "E", "e")) and _ERROR.fullmatch(trimmed):
        return Bad(ERROR)
    return trimmed


def filled(cells: Iterator[tuple[int, Cell]]) -> dict[int, Cell]:
    """Return the cells that are not blank, by place."""
    return {index: cell for index, cell in cells if cell}
