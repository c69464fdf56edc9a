"""What one cell of a worksheet shows, by its type and its number format."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from functools import lru_cache

from core.sheets.lines import ERROR, Bad, Cell, text_cell
from core.sheets.number_formats import GENERAL, TEXT, display_text, shown_text
from core.sheets.number_parts import Unshown
from core.sheets.xml_parts import Damaged

_EPOCH = datetime(1899, 12, 30)  # noqa: DTZ001, a spreadsheet knows no zones
_DAYS_TO_1904 = 1462
_NO_DATE = "Holds no date or time that can be shown; enter it anew."


@dataclass(frozen=True)
class Book:
    """What the cells of a workbook share."""

    texts: Sequence[str]
    formats: Sequence[str]
    since_1904: bool

    def format(self, style: str) -> str:
        """Return the code of a style's number format."""
        if not self.formats and style == "0":
            return GENERAL
        return _at(self.formats, style)

    def cell(self, kind: str, style: str, said: str) -> Cell:
        """Return what a cell shows whose `v` or `is` element says this."""
        if kind in ("s", "str", "inlineStr"):
            text = _at(self.texts, said) if kind == "s" else said
            return self._text(text, self.format(style))
        if kind == "e":
            return Bad(ERROR)
        if kind == "b":
            return {"1": "TRUE", "0": "FALSE", "true": "TRUE"}.get(said, "FALSE")
        if kind not in ("n", "d"):
            raise Damaged("a cell of no known type")
        code = self.format(style)
        if kind == "n" and code == GENERAL and said.isdecimal() and len(said) < 12:
            return str(int(said))
        return _number(kind, said, code, self.since_1904)

    def _text(self, text: str, code: str) -> Cell:
        if code not in (GENERAL, TEXT):
            try:
                text = shown_text(text, code)
            except Unshown as error:
                return Bad(str(error))
        return text_cell(text)


def _at(of: Sequence[str], place: str) -> str:
    """Return an entry by its number in the file."""
    if not place.isdecimal() or int(place) >= len(of):
        raise Damaged("a number of no entry")
    return of[int(place)]


@lru_cache(maxsize=4096)
def _number(kind: str, said: str, code: str, since_1904: bool) -> Cell:
    try:
        raw = _serial(said, since_1904) if kind == "d" else said
        return display_text(raw, code, since_1904=since_1904).strip()
    except Unshown as error:
        return Bad(str(error))


def _serial(said: str, since_1904: bool) -> str:
    """Return the number of days that a date in ISO 8601 stands for."""
    try:
        since = datetime.fromisoformat(said).replace(tzinfo=None) - _EPOCH
    except ValueError:
        raise Unshown(_NO_DATE) from None
    seconds = Decimal(since.days * 86_400 + since.seconds)
    return str(seconds / 86_400 - (_DAYS_TO_1904 if since_1904 else 0))
