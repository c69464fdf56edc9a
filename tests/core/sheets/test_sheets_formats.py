"""XLSX lists: each number format goes out as the sheet shows it, or is pointed out."""

from datetime import date, datetime, time, timedelta
from typing import Any

import pytest
from openpyxl.utils.datetime import CALENDAR_MAC_1904

from core.sheets.reading import read_sheet
from tests.core.sheets.test_sheets_xlsx import cells, faults, one
from tests.support.strangers.workbooks import data, inline, raw

# --- number formats ----------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "code", "seen"),
    [
        (date(2027, 1, 8), "yyyy-mm-dd", "2027-01-08"),
        (date(2027, 1, 8), "mm-dd-yy", "2027/1/8"),
        (datetime(2027, 1, 8, 9, 30), "yyyy-mm-dd h:mm", "2027-01-08 9:30"),  # noqa: DTZ001
        (datetime(2027, 1, 8, 9, 30), "yyyy-mm-dd", "2027-01-08"),  # noqa: DTZ001
        (time(9, 5), "h:mm", "9:05"),
        (timedelta(hours=30, minutes=5), "[h]:mm", "30:05"),
        (7, "00000", "00007"),
        (3.5, "0.00", "3.50"),
        (0.125, "0.0%", "12.5%"),
        (True, "General", "TRUE"),
        (False, "0.00", "FALSE"),
        (13800138000, "General", "13800138000"),
        (13800138000.0, "0", "13800138000"),
        (110105194912, "0", "110105194912"),
        ("007", "0.00", "007"),
        ("2027-01-08", "yyyy/m/d", "2027-01-08"),
    ],
)
def test_what_the_sheet_shows_goes_out(value: Any, code: str, seen: str) -> None:
    assert cells(one(value, code))[0]["doctor"] == seen


@pytest.mark.parametrize(
    ("value", "code"),
    [
        (110105194912310020, "0"),
        (110105194912310020, "General"),
        (123456789012, "General"),
        (1.5, "# ?/?"),
        (5, ";;;"),
        ("李", ";;;"),
        (1234, '"$"#,##0_);("$"#,##0)'),
        (-1, "yyyy-mm-dd"),
    ],
)
def test_what_can_not_be_told_is_pointed_out(value: Any, code: str) -> None:
    read = one(value, code)
    assert [(n, c) for n, c, _ in faults(read)] == [(2, "doctor")]
    assert "doctor" not in cells(read)[0]


def test_days_since_1904() -> None:
    read = one(date(2027, 1, 8), "yyyy-mm-dd", epoch=CALENDAR_MAC_1904)
    assert cells(read)[0]["doctor"] == "2027-01-08"


def test_formats_of_other_things_are_not_the_cells() -> None:
    styles = (
        '<numFmts><numFmt numFmtId="164" formatCode="000"/></numFmts>'
        '<cellStyleXfs><xf numFmtId="9"/></cellStyleXfs>'
        '<cellXfs><xf numFmtId="0"/><xf numFmtId="164"/><xf numFmtId="57"/></cellXfs>'
        '<dxfs><dxf><numFmt numFmtId="164" formatCode="0%"/></dxf></dxfs>'
    )
    row = f'{inline("E1")}<c s="1"><v>7</v></c><c s="2"><v>46395</v></c>'
    row += '<c t="d" s="2"><v>2027-01-08T00:00:00</v></c>'
    head = inline("empi_id", "a", "b", "c")
    read = read_sheet(raw(data(head, row), styles=styles))
    shown = {"empi_id": "E1", "a": "007", "b": "2027年1月", "c": "2027年1月"}
    assert cells(read) == [shown]
