"""Writes lists as XLSX: an empty one to fill in, one whose wrong lines are marked.

Every cell is text: numbers keep their zeros, and nothing is taken for a formula.
"""

import io
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE
from openpyxl.utils import get_column_letter

from core.sheets.lines import Sheet
from core.sheets.number_formats import TEXT

Table = Sequence[Sequence[str]]
_WIDTH = 22


def empty_sheet(
    head: Sequence[str],
    notes: Table = (),
    titles: tuple[str, str] = ("recipients", "Notes"),
) -> bytes:
    """Return a file with these columns, and a sheet of notes where there are any."""
    book = Workbook(write_only=True)
    _fill(book, titles[0], [head], len(head))
    if notes:
        _fill(book, titles[1], notes, len(notes[0]))
    return _saved(book)


def marked_sheet(sheet: Sheet, wrong: Mapping[int, str], column: str) -> bytes:
    """Return a file with all lines, and what is wrong with each in the last column."""
    heads = [head for head in sheet.head if head != column]
    book = Workbook(write_only=True)
    rows = (
        [*(line.cells.get(head, "") for head in heads), wrong.get(line.number, "")]
        for line in sheet.lines
    )
    _fill(book, "recipients", [[*heads, column], *rows], len(heads) + 1)
    return _saved(book)


def _fill(
    book: Workbook, title: str, rows: Iterable[Sequence[str]], width: int
) -> None:
    sheet = book.create_sheet(title)
    for index in range(1, width + 1):
        column = sheet.column_dimensions[get_column_letter(index)]
        column.width, column.number_format = _WIDTH, TEXT
    for row in rows:
        sheet.append([_text(sheet, value) for value in row])


def _text(sheet: Any, value: str) -> Any:
    cell = WriteOnlyCell(sheet, value=ILLEGAL_CHARACTERS_RE.sub("", value))
    cell.data_type, cell.number_format = "s", TEXT
    return cell


def _saved(book: Workbook) -> bytes:
    made = io.BytesIO()
    book.save(made)
    return made.getvalue()
