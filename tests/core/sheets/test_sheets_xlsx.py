"""XLSX lists: what a person sees in them, whichever program wrote them and how."""

from typing import Any

import pytest

from core.sheets.lines import Sheet
from core.sheets.reading import read_sheet
from tests.support.strangers.workbooks import (
    book_of,
    data,
    inline,
    raw,
    saved,
    with_part,
)

SHEET_PART = "xl/worksheets/sheet1.xml"
HEAD = ["empi_id", "doctor"]


def cells(read: Sheet) -> list[dict[str, str]]:
    return [dict(line.cells) for line in read.lines]


def faults(read: Sheet) -> list[tuple[int, str, str]]:
    return [
        (line.number, column, detail)
        for line in read.lines
        for column, detail in line.faults.items()
    ]


def one(value: Any, code: str = "General", **book_has: Any) -> Sheet:
    """Return a list of one person with this value in this format."""
    book, sheet = book_of(HEAD, ["E1", value])
    sheet["B2"].number_format = code
    for name, held in book_has.items():
        setattr(book, name, held)
    return read_sheet(saved(book))


# --- the extent that the file tells ------------------------------------------


@pytest.mark.parametrize("extent", ["A1", "A1:A2", "A1:B2", "B3:C3", "A1:XFD1048576"])
def test_the_extent_may_be_wrong(extent: str) -> None:
    written = saved(book_of(HEAD, *([f"E{n}", "李"] for n in range(5)))[0])
    told = with_part(written, SHEET_PART, 'ref="A1:B6"', f'ref="{extent}"')
    assert len(read_sheet(told).lines) == 5


def test_a_file_may_tell_no_extent_no_places_and_no_styles() -> None:
    read = read_sheet(raw(data(inline("empi_id", "doctor"), inline("E1", "李"))))
    assert cells(read) == [{"empi_id": "E1", "doctor": "李"}]


@pytest.mark.parametrize("column", [3, 5, 101, 16_384])
def test_more_cells_than_columns(column: int) -> None:
    book, sheet = book_of(HEAD, ["E1", "李"], ["E2", "王"])
    sheet.cell(3, column, "备注")
    read = read_sheet(saved(book))
    assert [line for line, _, _ in faults(read)] == [3]
    assert "More cells than columns" in faults(read)[0][2]


def test_blank_cells_beyond_the_columns_may_be() -> None:
    book, sheet = book_of(HEAD, ["E1", "李"])
    sheet.cell(2, 7, "  ")
    sheet.cell(2, 150).number_format = "0.00"
    assert faults(read_sheet(saved(book))) == []


def test_empty_rows_count_but_are_no_lines() -> None:
    book, sheet = book_of([], HEAD, [], ["E1", "李"], [], ["E2", "王"])
    sheet.cell(900, 1).number_format = "0.00"
    read = read_sheet(saved(book))
    assert (read.number, [line.number for line in read.lines]) == (2, [4, 6])


# --- texts -------------------------------------------------------------------


@pytest.mark.parametrize(
    ("written", "seen"),
    [
        ("第一行_x000D_\n第二行", "第一行\n第二行"),
        ("a_x000D_b", "a\nb"),
        ("a_x0009_b", "a\tb"),
        ("a_x005F_x000D_b", "a_x000D_b"),
        ("_x4E2D_文", "中文"),
        ("_xD83D__xDE00_", "😀"),
        ("a_x00g0_b", "a_x00g0_b"),
        ("_x000d_李", "李"),
        ("x005F_ab", "x005F_ab"),
    ],
)
def test_escapes_are_undone_in_texts_and_heads(written: str, seen: str) -> None:
    book, _ = book_of(["empi_id", written], ["E1", written])
    for read in (
        read_sheet(saved(book)),
        read_sheet(raw(data(inline("empi_id", written), inline("E1", written)))),
    ):
        assert cells(read)[0][" ".join(seen.split())] == seen


def test_runs_are_one_text_and_readings_above_it_are_none() -> None:
    texts = (
        "<si><t>empi_id</t></si><si><t>doctor</t></si><si><t>E1</t></si>"
        "<si><r><t>李</t></r><r><rPr><b/></rPr><t xml:space='preserve'> 医生</t></r>"
        "<rPh sb='0' eb='1'><t>リ</t></rPh><phoneticPr fontId='1'/></si>"
    )
    pairs = [[0, 1], [2, 3]]
    rows = ["".join(f'<c t="s"><v>{n}</v></c>' for n in pair) for pair in pairs]
    assert cells(read_sheet(raw(data(*rows), texts=texts)))[0]["doctor"] == "李 医生"


@pytest.mark.parametrize("prefix", ["", "x:"])
def test_the_strict_kind_and_prefixes(prefix: str) -> None:
    strict = "http://purl.oclc.org/ooxml/spreadsheetml/main"
    rows = data(inline("empi_id", "doctor"), inline("E1", "李"))
    named = rows.replace("<", f"<{prefix}").replace(f"<{prefix}/", f"</{prefix}")
    mark = f":{prefix[:-1]}" if prefix else ""
    whole = f'<?xml version="1.0"?><{prefix}worksheet xmlns{mark}="{strict}">{named}'
    whole += f"</{prefix}worksheet>"
    assert cells(read_sheet(raw(whole, namespace=strict)))[0]["doctor"] == "李"


# --- errors, formulas --------------------------------------------------------

ERRORS = (
    *("#N/A", "#REF!", "#VALUE!", "#DIV/0!", "#NAME?", "#NUM!", "#NULL!"),
    *("#SPILL!", "#CALC!", "#GETTING_DATA", "#FIELD!", "#BLOCKED!", "#######"),
)


@pytest.mark.parametrize("error", ERRORS)
@pytest.mark.parametrize("kind", ["e", "s", "str", "inlineStr"])
def test_a_value_that_is_an_error(error: str, kind: str) -> None:
    said = f"<is><t>{error}</t></is>" if kind == "inlineStr" else f"<v>{error}</v>"
    said = "<v>0</v>" if kind == "s" else said
    row = f'{inline("E1")}<c t="{kind}">{said}</c>'
    file = raw(data(inline(*HEAD), row), texts=f"<si><t>{error}</t></si>")
    assert [(n, c) for n, c, _ in faults(read_sheet(file))] == [(2, "doctor")]


@pytest.mark.parametrize("text", ["#1", "#N/A 无", "＃", "#", "Err", "A#REF!"])
def test_a_text_that_is_none(text: str) -> None:
    assert cells(one(text))[0]["doctor"] == text


@pytest.mark.parametrize(
    "formula", ["<f>1+1</f><v>2</v>", '<f t="shared" si="0"/><v>2</v>', "<f>A1</f>"]
)
def test_a_formula_is_pointed_out_whatever_it_gave(formula: str) -> None:
    row = f"{inline('E1')}<c>{formula}</c>"
    read = read_sheet(raw(data(inline(*HEAD), row)))
    assert [(n, c) for n, c, _ in faults(read)] == [(2, "doctor")]
