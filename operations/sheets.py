"""Reads the recipients of a batch from a CSV or XLSX file, and makes an empty one.

Nothing in a file is run or calculated, and a file that would unpack to far more
than it weighs is refused before anything reads it.
"""

import csv
import io
import zipfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from openpyxl import Workbook, load_workbook
from openpyxl.cell import WriteOnlyCell

from core.batches import MAX_RECIPIENTS
from core.errors import Invalid, TooLarge

MAX_BYTES = 10 * 1024 * 1024
_UNPACKED = 100 * 1024 * 1024
# Office's own files shrink to a tenth; only emptiness shrinks to a hundredth.
_RATIO = 100
_COLUMNS = 100
_ZIP, _OLD_EXCEL = b"PK\x03\x04", b"\xd0\xcf\x11\xe0"
_TEXT_FORMAT = "@"


@dataclass(frozen=True)
class Line:
    """One line below the head: its number in the file, its cells by column."""

    number: int
    cells: Mapping[str, str]
    formulas: tuple[str, ...] = ()


@dataclass(frozen=True)
class Sheet:
    """A file's columns and its lines that are not empty."""

    head: tuple[str, ...]
    lines: tuple[Line, ...]


def read_sheet(data: bytes) -> Sheet:
    """Return what a file holds; Invalid or TooLarge where it can't be read.

    It takes a second for 10,000 lines: call it in a thread.
    """
    if len(data) > MAX_BYTES:
        raise TooLarge("The file is larger than 10 MB.")
    if data.startswith(_OLD_EXCEL):
        raise Invalid("Save the file as .xlsx or CSV; the old .xls is not read.")
    rows = _xlsx(data) if data.startswith(_ZIP) else _csv(data)
    return _sheet(rows)


def empty_sheet(head: Sequence[str]) -> bytes:
    """Return an XLSX file with these columns, as text: numbers keep their zeros."""
    book = Workbook(write_only=True)
    sheet = book.create_sheet("recipients")
    for place in range(1, len(head) + 1):
        letter = sheet.column_dimensions
        column = letter[_letter(place)]
        column.width, column.number_format = 22, _TEXT_FORMAT
    cells = []
    for name in head:
        cell = WriteOnlyCell(sheet, value=name)
        cell.number_format = _TEXT_FORMAT
        cells.append(cell)
    sheet.append(cells)
    made = io.BytesIO()
    book.save(made)
    return made.getvalue()


def _letter(place: int) -> str:
    """Return a column's name: 1 is A, 27 is AA."""
    place, last = divmod(place - 1, 26)
    return (_letter(place) if place else "") + chr(ord("A") + last)


def _sheet(rows: Iterable[Sequence[Any]]) -> Sheet:
    found = iter(rows)
    head = tuple(_text(value) for value in next(found, ()))
    while head and not head[-1]:
        head = head[:-1]
    if not head or "" in head or len(set(head)) != len(head):
        raise Invalid("The first line must name every column, each once.")
    lines: list[Line] = []
    for number, row in enumerate(found, start=2):
        if line := _line(number, head, row):
            lines.append(line)
        if len(lines) > MAX_RECIPIENTS:
            raise TooLarge(f"The file has more than {MAX_RECIPIENTS} lines.")
    if not lines:
        raise Invalid("The file has no line below its head.")
    return Sheet(head, tuple(lines))


def _line(number: int, head: Sequence[str], row: Sequence[Any]) -> Line | None:
    texts = dict(zip(head, map(_text, row), strict=False))
    cells = {name: text for name, text in texts.items() if text}
    formulas = tuple(
        name
        for name, value in zip(head, row, strict=False)
        if isinstance(value, _Formula)
    )
    return Line(number, cells, formulas) if cells or formulas else None


class _Formula:
    """Stands where a cell would have to be calculated."""


def _csv(data: bytes) -> Iterator[Sequence[Any]]:
    text = _decoded(data)
    if "\0" in text:
        raise Invalid("This is neither a CSV nor an XLSX file.")
    try:
        yield from csv.reader(io.StringIO(text, newline=""), strict=True)
    except csv.Error:
        raise Invalid("The CSV file's quotes do not match.") from None


def _decoded(data: bytes) -> str:
    """Return the text: UTF-8, or GB18030 as Chinese Excel saves CSV."""
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            return data.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise Invalid("The CSV file is neither in UTF-8 nor in GB18030.")


def _xlsx(data: bytes) -> Iterator[Sequence[Any]]:
    _check_unpacked(data)
    try:
        book = load_workbook(io.BytesIO(data), read_only=True, keep_links=False)
        sheet = book.worksheets[0]
        for row in sheet.iter_rows(max_col=_COLUMNS):
            yield [_Formula() if c.data_type == "f" else c.value for c in row]
    # The library lets through whatever its parsers raise.
    except Exception:
        raise Invalid("The XLSX file can't be read.") from None


def _check_unpacked(data: bytes) -> None:
    """Refuse what unpacks to too much; zipfile itself holds a part to its word."""
    try:
        parts = zipfile.ZipFile(io.BytesIO(data)).infolist()
    except (zipfile.BadZipFile, ValueError, NotImplementedError):
        raise Invalid("The XLSX file can't be read.") from None
    whole = sum(part.file_size for part in parts)
    if whole > _UNPACKED or whole > max(1, len(data)) * _RATIO:
        raise TooLarge("The file unpacks to far more than it weighs.")


def _text(value: Any) -> str:
    """Return a cell as it was meant: a long number without a fraction."""
    if value is None or isinstance(value, _Formula):
        return ""
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    if isinstance(value, datetime):
        return value.strftime("%Y-%m-%d %H:%M")
    if isinstance(value, date):
        return value.isoformat()
    return str(value).strip()
