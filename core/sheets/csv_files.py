"""The rows of a CSV file, whatever it is encoded in and separated by."""

import csv
import io
import re
from collections.abc import Iterator

from core.errors import Invalid
from core.sheets.clock import Clock
from core.sheets.encodings import decoded
from core.sheets.lines import (
    FORMULA,
    Bad,
    Cell,
    Fault,
    Faulty,
    Row,
    filled,
    text_cell,
)

# The first is the one where several cut the head into as many columns.
_SEPARATORS = ",\t;"
# The time is looked at after so many rows.
_ROWS = 1_000
# Excel's own word for the separator, on a line before the head.
_SAYS_SEPARATOR = re.compile(r'"?sep=(.)"?\r?\n', re.IGNORECASE)
# A text that is kept from becoming a number, as some systems write it: ="007".
_KEPT_AS_TEXT = re.compile(r'="([^"]*)"')
_FIELD_LIMIT = "field larger than field limit"


def csv_rows(data: bytes) -> Iterator[Row]:
    """Yield a file's rows, counted as a spreadsheet does; Faulty at a broken quote."""
    text = decoded(data)
    if "\0" in text:
        raise Invalid("This is neither a CSV nor an XLSX file.")
    said = _SAYS_SEPARATOR.match(text)
    text = text[said.end() :] if said else text
    separator = said[1] if said else _separator(text)
    reader = csv.reader(io.StringIO(text, newline=""), strict=True, delimiter=separator)
    number, clock = 0, Clock()
    try:
        for number, cells in enumerate(reader, start=1):
            if number % _ROWS == 0 or len(cells) > _ROWS:
                clock.check()
            if any(cells):
                yield Row(number, filled((n, _cell(c)) for n, c in enumerate(cells)))
    except csv.Error as error:
        detail = "The quotes do not match on this line."
        if _FIELD_LIMIT in str(error):
            detail = "Has a cell of more than 131,072 characters; is a quote left open?"
        raise Faulty([Fault(number + 1, "", detail)]) from None


def _cell(text: str) -> Cell:
    if not text.startswith("="):
        return text_cell(text)
    kept = _KEPT_AS_TEXT.fullmatch(text.strip())
    return text_cell(kept[1]) if kept else Bad(FORMULA)


def _separator(text: str) -> str:
    """Return what cuts the head into the most columns."""

    def columns(separator: str) -> int:
        rows = csv.reader(io.StringIO(text, newline=""), delimiter=separator)
        try:
            return next(count for row in rows if (count := _filled(row)))
        except (csv.Error, StopIteration):
            return 0

    return max(_SEPARATORS, key=columns)


def _filled(cells: list[str]) -> int:
    return sum(1 for cell in cells if cell.strip())
