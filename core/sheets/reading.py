"""Reads a list of recipients from a CSV or XLSX file."""

from collections.abc import Iterator

from core.errors import Invalid, TooLarge
from core.sheets.csv_files import csv_rows
from core.sheets.lines import MAX_BYTES, MAX_LINES, WHOLE, Bad, Line, Row, Sheet
from core.sheets.xlsx_files import xlsx_rows
from core.text.invisible import without_invisible

_ZIP, _OLD_EXCEL = b"PK\x03\x04", b"\xd0\xcf\x11\xe0"
_SURPLUS = "More cells than columns; is there an unquoted comma, or a note beside?"


def read_sheet(data: bytes) -> Sheet:
    """Return what a file holds; Invalid, TooLarge or Faulty where it can't be read.

    It takes a second for 10,000 lines: call it in a thread.
    """
    if len(data) > MAX_BYTES:
        raise TooLarge("The file is larger than 10 MB.")
    if data.startswith(_OLD_EXCEL):
        raise Invalid("Save the file as .xlsx or CSV; the old .xls is not read.")
    rows = xlsx_rows(data) if data.startswith(_ZIP) else csv_rows(data)
    return _sheet(row for row in rows if row.cells)


def _sheet(rows: Iterator[Row]) -> Sheet:
    first = next(rows, Row(1, {}))
    head = dict(_names(first))
    if not head or len(set(head.values())) != len(head):
        raise Invalid("The first line must name every column, each once.")
    lines: list[Line] = []
    for row in rows:
        lines.append(_line(row, head))
        if len(lines) > MAX_LINES:
            raise TooLarge(f"The file has more than {MAX_LINES} lines.")
    if not lines:
        raise Invalid("The file has no line below its head.")
    faults = _faults(first, head)
    return Sheet(tuple(head.values()), tuple(lines), faults, first.number)


def _names(row: Row) -> Iterator[tuple[int, str]]:
    """Yield the columns that have a name: blanks within it make no difference."""
    for index, cell in sorted(row.cells.items()):
        if isinstance(cell, Bad):
            raise Invalid("The first line must name every column, each once.")
        if name := " ".join(without_invisible(cell).split()):
            yield index, name


def _line(row: Row, head: dict[int, str]) -> Line:
    cells: dict[str, str] = {}
    faults = _faults(row, head)
    for index, cell in row.cells.items():
        name = head.get(index)
        if name is None:
            faults[""] = _SURPLUS
        elif isinstance(cell, Bad):
            faults[name] = cell.detail
        else:
            cells[name] = cell
    return Line(row.number, cells, faults)


def _faults(row: Row, head: dict[int, str]) -> dict[str, str]:
    """Return what is wrong with a row by its columns' names; "" is the whole."""
    names = {WHOLE: "", **head}
    return {names[at]: told for at, told in row.faults.items() if at in names}
