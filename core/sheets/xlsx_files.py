"""The rows of an XLSX file: of its one sheet that a person sees and that has any."""

import io
import posixpath
import zipfile
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Mapping
from dataclasses import replace
from itertools import accumulate

from core.errors import Invalid, RequestError, TooLarge
from core.sheets.clock import Clock
from core.sheets.lines import Row
from core.sheets.xlsx_cells import Book
from core.sheets.xlsx_rows import Area, Rows
from core.sheets.xlsx_styles import Styles
from core.sheets.xlsx_texts import SharedTexts
from core.sheets.xml_parts import Damaged, Listener, hear

# The sheet of the empty list that explains it.
NOTES = ("说明", "Notes")
_UNPACKED = 100 * 1024 * 1024
# Office's own files shrink to a tenth; only emptiness shrinks to a hundredth.
_RATIO = 100
_UNREADABLE = "The XLSX file can't be read."
_HIDDEN_COLUMN = "This column is hidden; show it or delete it."
_MERGED = "Merged cells; unmerge them and fill each."


def xlsx_rows(data: bytes) -> Iterator[Row]:
    """Return a file's rows; Invalid or TooLarge where it can't be read."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            _check_unpacked(archive, len(data))
            return iter(_Workbook(archive).rows())
    except RequestError:
        raise
    # The archive and the parser let through whatever they stumble over.
    except Exception:
        raise Invalid(_UNREADABLE) from None


def _check_unpacked(archive: zipfile.ZipFile, weight: int) -> None:
    """Refuse what unpacks to too much; zipfile itself holds a part to its word."""
    whole = sum(part.file_size for part in archive.infolist())
    if whole > _UNPACKED or whole > max(1, weight) * _RATIO:
        raise TooLarge("The file unpacks to far more than it weighs.")


class _Links:
    """Hears which parts a part is linked with: their kind and place, by id."""

    def __init__(self, base: str) -> None:
        self.found: dict[str, tuple[str, str]] = {}
        self._base = base

    def start(self, name: str, given: Mapping[str, str]) -> None:
        if name == "Relationship" and given.get("TargetMode") != "External":
            kind = posixpath.basename(given["Type"])
            place = posixpath.join("/", self._base, given["Target"])
            self.found[given["Id"]] = (kind, posixpath.normpath(place).lower())

    def text(self, text: str) -> None: ...

    def end(self, name: str) -> None: ...


class _Sheets:
    """Hears a workbook's own part: its sheets, and which day it counts from."""

    def __init__(self) -> None:
        self.seen: list[tuple[str, str]] = []
        self.since_1904 = False

    def start(self, name: str, given: Mapping[str, str]) -> None:
        if name == "workbookPr":
            self.since_1904 = given.get("date1904") in ("1", "true")
        elif name == "sheet" and given.get("state", "visible") == "visible":
            link = next(v for k, v in given.items() if k.endswith("}id"))
            self.seen.append((given["name"].strip(), link))

    def text(self, text: str) -> None: ...

    def end(self, name: str) -> None: ...


class _Workbook:
    """The parts of an archive, found by the links between them."""

    def __init__(self, archive: zipfile.ZipFile) -> None:
        self._archive, self._clock = archive, Clock()
        self._parts = {
            "/" + part.filename.replace("\\", "/").lower().lstrip("/"): part
            for part in archive.infolist()
        }

    def rows(self) -> list[Row]:
        """Return the rows of the only sheet in sight that has any but the notes."""
        place = self._only(self._links("/"), "officeDocument")
        sheets, links = _Sheets(), self._links(place)
        self._whole(place, sheets)
        book = self._book(links, sheets.since_1904)
        parts = [
            links[link][1]
            for name, link in sheets.seen
            if links[link][0] == "worksheet" and name not in NOTES
        ]
        filled = [part for part in parts if self._any(part, book)]
        if len(filled) > 1:
            raise Invalid("More than one sheet has content; keep only the list.")
        return self._rows(filled[0], book) if filled else []

    def _book(self, links: Mapping[str, tuple[str, str]], since_1904: bool) -> Book:
        texts, styles = SharedTexts(), Styles()
        for kind, place in links.values():
            if kind == "sharedStrings":
                self._whole(place, texts)
            elif kind == "styles":
                self._whole(place, styles)
        return Book(texts.found, styles.codes(), since_1904)

    def _rows(self, place: str, book: Book) -> list[Row]:
        heard = Rows(book)
        self._whole(place, heard)
        return _marked(heard)

    def _any(self, place: str, book: Book) -> bool:
        """Tell whether a sheet has a row that is not blank."""
        heard = Rows(book)
        return any(heard.found for _ in self._hear(place, heard))

    def _links(self, source: str) -> dict[str, tuple[str, str]]:
        folder, name = posixpath.split(source)
        links = _Links(folder)
        self._whole(posixpath.join(folder, "_rels", f"{name}.rels"), links)
        return links.found

    def _only(self, links: Mapping[str, tuple[str, str]], kind: str) -> str:
        return next(place for found, place in links.values() if found == kind)

    def _whole(self, place: str, listener: Listener) -> None:
        for _ in self._hear(place, listener):
            pass

    def _hear(self, place: str, listener: Listener) -> Iterator[None]:
        if place not in self._parts:
            raise Damaged("lacks a part")
        with self._archive.open(self._parts[place]) as part:
            yield from hear(part, listener, self._clock)


def _marked(heard: Rows) -> list[Row]:
    """Return the rows, faulty where cells are merged or a named column is hidden."""
    rows = heard.found
    if not rows:
        return rows
    head = rows[0].cells
    hidden = {
        index: _HIDDEN_COLUMN
        for index in head
        if any(first <= index <= last for first, last in heard.hidden)
    }
    rows[0] = replace(rows[0], faults=hidden | dict(rows[0].faults))
    for index in head:
        across = [area for area in heard.merged if area[2] <= index <= area[3]]
        _mark(rows, index, across)
    return rows


def _mark(rows: list[Row], index: int, areas: list[Area]) -> None:
    """Mark a column's cells that are one with others."""
    numbers = [row.number for row in rows]
    begins = [0] * (len(rows) + 1)
    for first, last, *_ in areas:
        begins[bisect_left(numbers, first)] += 1
        begins[bisect_right(numbers, last)] -= 1
    for at, within in enumerate(accumulate(begins[:-1])):
        if within:
            faults = {**rows[at].faults, index: _MERGED}
            rows[at] = replace(rows[at], faults=faults)
