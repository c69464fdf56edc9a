"""Lists of recipients: what a file holds, and what is refused before it is read."""

import io
import zipfile
from collections.abc import Sequence
from typing import Any

import pytest
from openpyxl import Workbook

from centre.batches.columns import columns_of
from centre.batches.files import request_of
from core.errors import MessageCentreError
from core.policies import MessageType, Policy, Template, WeightedChannel
from core.sheets.lines import Faulty, Sheet
from core.sheets.reading import read_sheet
from core.sheets.writing import empty_sheet
from core.words import Channel

KIND = MessageType(
    code="t",
    name="t",
    policy=Policy(channels=(WeightedChannel(channel=Channel.SMS, weight=1.0),)),
    templates={Channel.SMS: Template(channel=Channel.SMS, body="{{name_}} {{day}}")},
)
LABELS = {"手机号": "mobile"}


def xlsx(*rows: Sequence[Any]) -> bytes:
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    for row in rows:
        sheet.append(list(row))
    made = io.BytesIO()
    book.save(made)
    return made.getvalue()


def table(sheet: Sheet) -> list[tuple[int, dict[str, str]]]:
    return [(line.number, dict(line.cells)) for line in sheet.lines]


CELLS = "手机号,day\r\n13800138000,周一\r\n\r\n13800138001,周二\r\n"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_a_csv_file_in_any_usual_encoding(encoding: str) -> None:
    assert table(read_sheet(CELLS.encode(encoding))) == [
        (2, {"手机号": "13800138000", "day": "周一"}),
        (4, {"手机号": "13800138001", "day": "周二"}),
    ]


def test_an_xlsx_file_keeps_long_numbers_whole() -> None:
    data = xlsx(["mobile", "day"], [13800138000, "x"], [], [13800138001.0, None])
    assert table(read_sheet(data)) == [
        (2, {"mobile": "13800138000", "day": "x"}),
        (4, {"mobile": "13800138001"}),
    ]


def test_a_formula_is_not_calculated_but_refused() -> None:
    sheet = read_sheet(xlsx(["mobile", "day"], ["13800138000", "=1+1"]))
    with pytest.raises(Faulty) as refused:
        request_of(sheet, KIND, {})
    assert [(f.line, f.column) for f in refused.value.faults] == [(2, "day")]


def test_every_wrong_line_is_told() -> None:
    rows = [["手机号", "day", "colour"], ["", "x", ""], ["#N/A", "", "red"]]
    with pytest.raises(Faulty) as refused:
        request_of(read_sheet(xlsx(*rows)), KIND, LABELS)
    assert [(f.line, f.column) for f in refused.value.faults] == [
        (2, ""),
        (3, "手机号"),
    ]


def test_a_file_becomes_a_batch() -> None:
    asked = request_of(read_sheet(CELLS.encode()), KIND, LABELS)
    assert [r.identities["mobile"] for r in asked.recipients] == [  # type: ignore[index]
        "13800138000",
        "13800138001",
    ]
    assert asked.recipients[1].params == {"day": "周二"}


def test_the_empty_sheet_asks_for_who_and_what() -> None:
    columns = columns_of(KIND)
    assert "mobile" in columns
    assert columns[-2:] == ["day", "name_"]
    with pytest.raises(MessageCentreError, match="no line"):
        read_sheet(empty_sheet(columns))


def bomb(size: int) -> bytes:
    """Return an archive of so many zeros."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/worksheets/sheet1.xml", b"\0" * size)
    return made.getvalue()


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"", "first line"),
        (b"mobile,mobile\n1,2", "first line"),
        (b"mobile\n", "no line"),
        (b'mobile\n"1', "quotes"),
        (b"mobile\n1\0", "neither"),
        (b"\xff\xfe\xff", "neither"),
        (b"\xd0\xcf\x11\xe0\xa1", "xls"),
        (b"PK\x03\x04 is not an archive", "can't be read"),
        (bomb(20_000_000), "unpacks"),
        (b"mobile\n" + b"1\n" * 10_001, "more than"),
        (b"1" * (10 * 1024 * 1024 + 1), "larger"),
    ],
    ids=[
        "empty",
        "column-twice",
        "head-only",
        "open-quote",
        "nul",
        "no-encoding",
        "old-excel",
        "no-archive",
        "bomb",
        "long",
        "large",
    ],
)
def test_a_file_that_is_refused(data: bytes, why: str) -> None:
    with pytest.raises(MessageCentreError, match=why):
        read_sheet(data)
