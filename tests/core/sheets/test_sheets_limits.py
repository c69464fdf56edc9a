"""XLSX lists: what is out of sight in them, what would take too much, what we write."""

import io
import zipfile
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import MessageCentreError, TooLarge
from core.sheets.clock import Clock
from core.sheets.reading import read_sheet
from core.sheets.writing import empty_sheet, marked_sheet
from core.sheets.xlsx_texts import SharedTexts
from core.sheets.xml_parts import hear
from tests.core.sheets.test_sheets_xlsx import HEAD, cells, faults
from tests.support.strangers.workbooks import book_of, data, inline, raw, saved

# --- what is out of sight, and what is one -----------------------------------


@pytest.mark.parametrize("out_of_sight", ['hidden="1"', 'hidden="true"', 'ht="0"'])
def test_a_hidden_row_is_pointed_out(out_of_sight: str) -> None:
    rows = data(inline(*HEAD), inline("E1", "李"), inline("E2", "王"))
    last = rows.rindex("<row>")
    file = raw(f"{rows[:last]}<row {out_of_sight}>{rows[last + 5 :]}")
    assert [(n, c) for n, c, _ in faults(read_sheet(file))] == [(3, "")]


def test_a_hidden_column_is_pointed_out() -> None:
    book, sheet = book_of([*HEAD, "x"], ["E1", "李", "y"])
    sheet.column_dimensions["B"].hidden = True
    assert list(read_sheet(saved(book)).faults) == ["doctor"]


@pytest.mark.parametrize(
    ("area", "where"),
    [
        ("B2:B3", [(2, "doctor"), (3, "doctor")]),
        ("A3:B3", [(3, "empi_id"), (3, "doctor")]),
        ("D2:E9", []),
        ("A7:B9", []),
    ],
)
def test_merged_cells_are_pointed_out(area: str, where: list[tuple[int, str]]) -> None:
    book, sheet = book_of(HEAD, ["E1", "李"], ["E2", "王"], ["E3", "张"])
    sheet.merge_cells(area)
    assert [(n, c) for n, c, _ in faults(read_sheet(saved(book)))] == where


def test_one_sheet_has_the_list() -> None:
    book, _ = book_of(HEAD, ["E1", "李"])
    book.create_sheet("Sheet2")
    book.create_sheet("说明").append(["说明"])
    hidden = book.create_sheet("old", 0)
    hidden.append(["empi_id"])
    hidden.sheet_state = "hidden"
    assert cells(read_sheet(saved(book))) == [{"empi_id": "E1", "doctor": "李"}]
    book.create_sheet("二月").append(["E9"])
    with pytest.raises(MessageCentreError, match="More than one sheet"):
        read_sheet(saved(book))


# --- what would take too much ------------------------------------------------


def rows_at(*numbers: int) -> str:
    head, *rest = (f'<row r="{n}">{inline("E1", "李")}</row>' for n in numbers)
    return f"<sheetData>{head.replace('E1', 'empi_id').replace('李', 'doctor')}" + (
        "".join(rest) + "</sheetData>"
    )


def test_a_row_far_down_costs_no_more_than_its_neighbours() -> None:
    read = read_sheet(raw(rows_at(1, 2, 1_048_576)))
    assert [line.number for line in read.lines] == [2, 1_048_576]


@pytest.mark.parametrize("numbers", [(1, 2, 10_000_000), (1, 3, 2), (1, 2, 2), (0, 1)])
def test_rows_that_can_not_be(numbers: tuple[int, ...]) -> None:
    with pytest.raises(MessageCentreError, match="can't be read"):
        read_sheet(raw(rows_at(*numbers)))


# What does not shrink: so that a file unpacks to no more than Office's own do.
PAD = {"pad": Random(1).randbytes(100_000)}
BOMB = (
    '<?xml version="1.0"?><!DOCTYPE a [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;">]>'
    '<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">'
    "<sheetData><row><c t='inlineStr'><is><t>&b;</t></is></c></row></sheetData>"
    "</worksheet>"
)


@pytest.mark.parametrize(
    ("file", "why"),
    [
        (raw(BOMB), "can't be read"),
        (raw("<sheetData><row>"), "can't be read"),
        (raw(data(inline("a"), '<c t="s"><v>9</v></c>')), "can't be read"),
        (raw(data(inline("a"), '<c s="9"><v>9</v></c>')), "can't be read"),
        (raw(data(inline("a"), '<c r="XFE2"><v>9</v></c>')), "can't be read"),
        (raw(data(inline("a"), '<c t="z"><v>9</v></c>')), "can't be read"),
        (raw(data(*[inline("E1")] * 10_002), parts=PAD), "more than 10000 lines"),
        (raw(data(inline("a")), parts={"x": b"\0" * 9_000_000}), "unpacks"),
    ],
    ids=["entities", "cut", "text", "style", "column", "type", "lines", "unpacks"],
)
def test_a_workbook_that_is_refused(file: bytes, why: str) -> None:
    with pytest.raises(MessageCentreError, match=why):
        read_sheet(file)


def test_a_long_text_is_pointed_out_wherever_it_is_shared() -> None:
    texts = f"<si><t>{'x' * 2_000_000}</t></si><si><t>empi_id</t></si>"
    rows = ['<c t="s"><v>1</v></c>', *['<c t="s"><v>0</v></c>'] * 2_000]
    file = raw(data(*rows), texts=texts, parts=PAD)
    read = read_sheet(file)
    assert {detail for _, _, detail in faults(read)} == {"Longer than 1000 characters."}


# --- what is written ---------------------------------------------------------


def test_what_is_written_is_read_again_and_never_run() -> None:
    rows = [["E1", "=1+1"], ["E2", "+8613800138000"], ["E3", "@SUM(A1)"], ["E4", "007"]]
    read = read_sheet(raw(data(inline(*HEAD), *(inline(*row) for row in rows))))
    marked = marked_sheet(read, {3: "doctor: 不对"}, "错误")
    again = read_sheet(marked)
    assert faults(again) == []
    assert [list(line.cells.values())[:2] for line in again.lines] == rows
    assert again.lines[1].cells["错误"] == "doctor: 不对"
    once_more = read_sheet(marked_sheet(again, {}, "错误"))
    assert once_more.head == ("empi_id", "doctor", "错误")


def test_the_notes_of_an_empty_list_are_no_list() -> None:
    empty = empty_sheet(HEAD, [["列", "示例"], ["empi_id", "E1"]], ("名单", "说明"))
    with pytest.raises(MessageCentreError, match="no line"):
        read_sheet(empty)


def test_what_takes_too_long_is_ended() -> None:
    heard = SharedTexts()
    part = io.BytesIO(b"<sst>" + b"<si/>" * 100_000 + b"</sst>")
    with pytest.raises(TooLarge, match="too long"):
        list(hear(part, heard, Clock(0.0)))


WHOLE = saved(book_of(HEAD, *([f"E{n}", n / 3] for n in range(4)))[0])


@given(st.data())
def test_a_damaged_file_is_refused_or_read(data: st.DataObject) -> None:
    name = data.draw(st.sampled_from(zipfile.ZipFile(io.BytesIO(WHOLE)).namelist()))
    made = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(WHOLE)) as whole, zipfile.ZipFile(made, "w") as to:
        for part in whole.namelist():
            content = whole.read(part)
            if part == name:
                start = data.draw(st.integers(0, len(content)))
                end = data.draw(st.integers(start, min(start + 40, len(content))))
                content = (
                    content[:start] + data.draw(st.binary(max_size=8)) + content[end:]
                )
            to.writestr(part, content)
    try:
        assert read_sheet(made.getvalue()).lines
    except MessageCentreError:
        return
