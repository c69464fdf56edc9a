"""The rows of a worksheet as they stand in its part, whatever its extent says."""

import re
from collections.abc import Mapping
from functools import lru_cache

from openpyxl.utils import column_index_from_string

from core.errors import TooLarge
from core.sheets.lines import FORMULA, MAX_LINES, WHOLE, Bad, Cell, Row
from core.sheets.xlsx_cells import Book
from core.sheets.xlsx_texts import Pieces, plain_text
from core.sheets.xml_parts import Damaged

_MOST_ROWS, _MOST_COLUMNS = 1_048_576, 16_384
# A hundred columns of ten thousand lines.
_MOST_CELLS = 1_000_000
_MOST_MERGED = 50_000
_REFERENCE = re.compile(r"\$?([A-Za-z]{1,3})\$?([0-9]{1,7})")
_HIDDEN_ROW = "This row is hidden, by a filter or by hand; show it or delete it."
_DIGITS = "0123456789"
_YES = ("1", "true")
_WITHIN = "inlineStr"

Area = tuple[int, int, int, int]


class Rows:
    """Hears a worksheet's part; `found` has its rows that are not blank.

    `hidden` are the columns out of sight (first, last), `merged` the areas of cells
    that are one (first row, last row, first column, last column).
    """

    def __init__(self, book: Book) -> None:
        self.found: list[Row] = []
        self.hidden: list[tuple[int, int]] = []
        self.merged: list[Area] = []
        self._book = book
        self._number = self._cells_read = 0
        self._row_hidden = False
        self._cells: dict[int, Cell] = {}
        self._cell = _Cell()

    def start(self, name: str, given: Mapping[str, str]) -> None:
        """Hear that an element begins."""
        if name == "c":
            self._cell.begin(given)
        elif name == "row":
            self._begin_row(given)
        elif name == "mergeCell":
            self._merge(given.get("ref", ""))
        elif name == "col":
            self._column(given)
        else:
            self._cell.start(name)

    def text(self, text: str) -> None:
        """Hear a piece of text."""
        self._cell.text(text)

    def end(self, name: str) -> None:
        """Hear that an element ends."""
        if name == "c":
            self._keep(self._cell.shown(self._book))
        elif name == "row":
            self._end_row()
        else:
            self._cell.end(name)

    def _begin_row(self, given: Mapping[str, str]) -> None:
        number = int(given.get("r", self._number + 1))
        if not self._number < number <= _MOST_ROWS:
            raise Damaged("rows out of order")
        self._number, self._cells = number, {}
        self._row_hidden = given.get("hidden") in _YES or _nothing(given.get("ht"))
        self._cell.place = -1

    def _keep(self, cell: Cell) -> None:
        if not cell:
            return
        if self._cell.place in self._cells:
            raise Damaged("a cell twice")
        self._cells[self._cell.place] = cell
        self._cells_read += 1
        if self._cells_read > _MOST_CELLS:
            raise TooLarge("The file has more than 1,000,000 cells; split it.")

    def _end_row(self) -> None:
        if not self._cells:
            return
        faults = {WHOLE: _HIDDEN_ROW} if self._row_hidden else {}
        self.found.append(Row(self._number, self._cells, faults))
        # The head is a row as well.
        if len(self.found) > MAX_LINES + 1:
            raise TooLarge(f"The file has more than {MAX_LINES} lines.")

    def _column(self, given: Mapping[str, str]) -> None:
        if given.get("hidden") in _YES or _nothing(given.get("width")):
            self.hidden.append((int(given["min"]) - 1, int(given["max"]) - 1))
        if len(self.hidden) > _MOST_COLUMNS:
            raise Damaged("more columns than there are")

    def _merge(self, reference: str) -> None:
        self.merged.append(area(reference))
        if len(self.merged) > _MOST_MERGED:
            raise TooLarge("The file has too many merged cells; unmerge them.")


class _Cell:
    """The cell that is being heard."""

    def __init__(self) -> None:
        self.place = -1
        self._kind = self._style = ""
        self._formula = self._listens = False
        self._said: list[str] = []
        self._pieces = Pieces()

    def begin(self, given: Mapping[str, str]) -> None:
        """Hear that another cell begins."""
        reference = given.get("r")
        self.place = _place(reference.rstrip(_DIGITS)) if reference else self.place + 1
        self._kind, self._style = given.get("t", "n"), given.get("s", "0")
        self._formula, self._said = False, []
        if self._kind == _WITHIN:
            self._pieces = Pieces()

    def start(self, name: str) -> None:
        """Hear that an element within begins."""
        if name == "v":
            self._listens = True
        elif name == "f":
            self._formula = True
        elif self._kind == _WITHIN:
            self._pieces.start(name)

    def text(self, text: str) -> None:
        """Hear a piece of text."""
        if self._listens:
            self._said.append(text)
        elif self._kind == _WITHIN:
            self._pieces.text(text)

    def end(self, name: str) -> None:
        """Hear that an element within ends."""
        if name == "v":
            self._listens = False
        elif self._kind == _WITHIN:
            self._pieces.end(name)

    def shown(self, book: Book) -> Cell:
        """Return what the cell shows, now that it has ended; "" if nothing."""
        if self._formula:
            return Bad(FORMULA)
        said = self._pieces.whole() if self._kind == _WITHIN else "".join(self._said)
        said = plain_text(said) if self._kind == "str" else said.strip()
        return book.cell(self._kind, self._style, said) if said else ""


def area(reference: str) -> Area:
    """Return the area that a reference names (A1, or A1:B2)."""
    first, _, last = reference.partition(":")
    (row, column), (last_row, last_column) = _at(first), _at(last or first)
    return row, last_row, column, last_column


def _at(reference: str) -> tuple[int, int]:
    """Return the row that a reference names, and the place of its column."""
    found = _REFERENCE.fullmatch(reference)
    if found is None:
        raise Damaged("no reference to a cell")
    column = column_index_from_string(found[1])
    if column > _MOST_COLUMNS:
        raise Damaged("a column beyond the last")
    return int(found[2]), column - 1


@lru_cache(maxsize=_MOST_COLUMNS)
def _place(letters: str) -> int:
    """Return a column's place: A is 0, AA is 26."""
    return _at(letters + "1")[1]


def _nothing(size: str | None) -> bool:
    """Tell whether a height or a width leaves nothing to see."""
    return size is not None and float(size) == 0
