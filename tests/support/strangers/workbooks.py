"""XLSX files for tests: by openpyxl, or part by part where it would not write them."""

import io
import zipfile
from collections.abc import Mapping, Sequence
from typing import Any

from openpyxl import Workbook
from openpyxl.worksheet.worksheet import Worksheet

_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_LINKS = "http://schemas.openxmlformats.org/package/2006/relationships"


def book_of(*rows: Sequence[Any]) -> tuple[Workbook, Worksheet]:
    """Return a workbook with these rows in its first sheet."""
    book = Workbook()
    sheet = book.active
    assert isinstance(sheet, Worksheet)
    for row in rows:
        sheet.append(list(row))
    return book, sheet


def saved(book: Workbook) -> bytes:
    made = io.BytesIO()
    book.save(made)
    return made.getvalue()


def with_part(data: bytes, name: str, old: str, new: str) -> bytes:
    """Return a file in whose part a text stands in place of another."""
    made = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as before, zipfile.ZipFile(made, "w") as to:
        for part in before.infolist():
            content = before.read(part)
            if part.filename == name:
                text = content.decode()
                assert old in text
                content = text.replace(old, new).encode()
            to.writestr(part, content)
    return made.getvalue()


def raw(
    sheet: str,
    *,
    texts: str = "",
    styles: str = "",
    namespace: str = _MAIN,
    parts: Mapping[str, bytes] | None = None,
) -> bytes:
    """Return a workbook of one worksheet, whose XML is given."""
    others = {"sharedStrings": texts, "styles": styles}
    links = "".join(
        f'<Relationship Id="r{n}" Type="{_OFFICE}/{kind}" Target="{kind}.xml"/>'
        for n, kind in enumerate(("worksheet", *others))
    )
    roots = {"sharedStrings": "sst", "styles": "styleSheet"}
    files = {
        "_rels/.rels": f'<Relationships xmlns="{_LINKS}"><Relationship Id="w" '
        f'Type="{_OFFICE}/officeDocument" Target="/xl/workbook.xml"/></Relationships>',
        "xl/workbook.xml": f'<workbook xmlns="{namespace}" xmlns:r="{_OFFICE}">'
        '<sheets><sheet name="S" sheetId="1" r:id="r0"/></sheets></workbook>',
        "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{_LINKS}">{links}'
        "</Relationships>",
        "xl/worksheet.xml": sheet
        if sheet.startswith("<?")
        else f'<worksheet xmlns="{namespace}">{sheet}</worksheet>',
        **{
            f"xl/{kind}.xml": f'<{root} xmlns="{namespace}">{others[kind]}</{root}>'
            for kind, root in roots.items()
        },
    }
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
        for name, data in (parts or {}).items():
            archive.writestr(name, data)
    return made.getvalue()


def inline(*cells: str) -> str:
    """Return cells of these texts."""
    return "".join(f'<c t="inlineStr"><is><t>{c}</t></is></c>' for c in cells)


def data(*rows: str) -> str:
    """Return rows of these cells as a sheet's data."""
    return "<sheetData>" + "".join(f"<row>{r}</row>" for r in rows) + "</sheetData>"
