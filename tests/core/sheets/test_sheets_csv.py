"""CSV lists, however encoded and separated: no cell stands in another's place."""

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import MessageCentreError
from core.sheets.lines import Faulty, Sheet
from core.sheets.reading import read_sheet

HEAD = "empi_id,patient_name,department,doctor"


def cells(read: Sheet) -> list[dict[str, str]]:
    return [dict(line.cells) for line in read.lines]


def wrong(read: Sheet) -> list[tuple[int, str]]:
    return [(line.number, column) for line in read.lines for column in line.faults]


def test_an_unquoted_comma_does_not_shift_values() -> None:
    read = read_sheet(
        f"{HEAD}\nE1,王*,心内科,门诊楼3层,李医生\nE2,王*,,李,, \n".encode()
    )
    assert wrong(read) == [(2, "")]
    assert "More cells" in read.lines[0].faults[""]


def test_a_column_without_a_name_holds_nothing() -> None:
    read = read_sheet(b"empi_id,,doctor\nE1,,L\nE2,x,L\n")
    assert read.head == ("empi_id", "doctor")
    assert wrong(read) == [(3, "")]


# --- encodings ---------------------------------------------------------------

SIMPLIFIED = "手机号,姓名,地点\r\n13800138000,陈婷,门诊楼三层内科诊室\r\n"
TRADITIONAL = "手機號,姓名,地點\r\n13800138000,陳大文,門診樓三層內科診室\r\n"


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        *((SIMPLIFIED, e) for e in ("utf-8", "utf-8-sig", "utf-16", "gb18030", "gbk")),
        *((TRADITIONAL, e) for e in ("utf-8", "utf-16", "big5", "cp950", "gb18030")),
        ("手机号,姓名\r\n13800138000,𠮷野\r\n", "gb18030"),
        ("mobile,name\r\n13800138000,王芳\r\n", "gb18030"),
    ],
)
def test_the_encodings_of_lists(text: str, encoding: str) -> None:
    read = read_sheet(text.encode(encoding))
    assert list(read.head) == text.split("\r\n")[0].split(",")
    assert list(read.lines[0].cells.values()) == text.split("\r\n")[1].split(",")


@pytest.mark.parametrize("mark", [b"\xff\xfe", b"\xfe\xff"])
def test_excels_unicode_text(mark: bytes) -> None:
    order = "utf-16-le" if mark == b"\xff\xfe" else "utf-16-be"
    text = '手机号\t地点\r\n13800138000\t"一楼\t东"\r\n'
    read = read_sheet(mark + text.encode(order))
    assert cells(read) == [{"手机号": "13800138000", "地点": "一楼\t东"}]


@pytest.mark.parametrize(
    "data",
    [
        "mobile,name\n13800138000,Genève Müller\n".encode("latin-1"),
        "mobile,name\n13800138000,田中さくらアキラ\n".encode("shift_jis"),
        b"\xff\xfem\x00o\x00b",
        b"\xef\xbb\xbfmobile\n\xff\n",
        "mobile\n13800138000\n".encode("utf-32"),
    ],
)
def test_an_encoding_that_is_not_clear_is_refused(data: bytes) -> None:
    with pytest.raises(MessageCentreError, match="neither"):
        read_sheet(data)


# --- separators --------------------------------------------------------------


@pytest.mark.parametrize("separator", [",", ";", "\t"])
@pytest.mark.parametrize("says", [True, False])
def test_the_separators_of_lists(separator: str, says: bool) -> None:
    rows = [["mobile", "doctor"], ["13800138000", "李, 王; 张"]]
    out = io.StringIO()
    csv.writer(out, delimiter=separator).writerows(rows)
    first = f"sep={separator}\r\n" if says else ""
    read = read_sheet((first + out.getvalue()).encode())
    assert [line.number for line in read.lines] == [2]
    assert cells(read) == [{"mobile": "13800138000", "doctor": "李, 王; 张"}]


def test_a_separator_that_the_file_says_may_be_any() -> None:
    read = read_sheet(b"\xef\xbb\xbfsep=|\nmobile|doctor\n138|a,b\n")
    assert cells(read) == [{"mobile": "138", "doctor": "a,b"}]


def test_old_ends_of_lines_and_a_head_of_two_lines() -> None:
    read = read_sheet(b'"mobile\r(11)";doctor\r138;a, b\r')
    assert cells(read) == [{"mobile (11)": "138", "doctor": "a, b"}]


def test_one_column_needs_no_separator() -> None:
    assert cells(read_sheet(b"mobile\n138\n")) == [{"mobile": "138"}]


# --- quotes and what is too long ---------------------------------------------


@pytest.mark.parametrize(
    ("rows", "line"),
    [
        ('E1,"a"b\nE2,c\n', 2),
        ('E1,a\nE2,"c\nE3,d\n', 3),
        ('E1,"two\nlines"\n\nE2,"x" y\n', 4),
    ],
)
def test_a_broken_quote_is_named_at_its_line(rows: str, line: int) -> None:
    with pytest.raises(Faulty, match="quotes") as refused:
        read_sheet(f"empi_id,doctor\n{rows}".encode())
    assert [f.line for f in refused.value.faults] == [line]


def test_a_cell_that_no_text_takes_is_pointed_out() -> None:
    read = read_sheet(f"empi_id,doctor\nE1,{'x' * 100_000}\n".encode())
    assert read.lines[0].faults == {"doctor": "Longer than 1000 characters."}


def test_a_cell_that_swallows_the_file_is_no_matter_of_pairs() -> None:
    with pytest.raises(Faulty, match="131,072") as refused:
        read_sheet(f'empi_id,doctor\nE1,a\nE2,"{"x" * 131_073}"\n'.encode())
    assert [f.line for f in refused.value.faults] == [3]


# --- cells that a spreadsheet would show otherwise ---------------------------


@pytest.mark.parametrize("error", ["#N/A", "#REF!", "#DIV/0!", "#####", "Err:508"])
def test_a_value_that_is_an_error(error: str) -> None:
    assert wrong(read_sheet(f"empi_id,doctor\nE1,{error}\n".encode())) == [
        (2, "doctor")
    ]


def test_a_formula_and_a_number_kept_as_text() -> None:
    read = read_sheet(b'empi_id,doctor\n="007",L\nE2,=1+1\n')
    assert read.lines[0].cells["empi_id"] == "007"
    assert wrong(read) == [(3, "doctor")]


@given(
    st.lists(
        st.lists(
            st.text(st.characters(codec="utf-8"), max_size=9), min_size=2, max_size=2
        ),
        min_size=1,
        max_size=6,
    )
)
def test_every_text_comes_back_or_is_pointed_out(rows: list[list[str]]) -> None:
    out = io.StringIO()
    csv.writer(out).writerows([["empi_id", "doctor"], *rows])
    kept = [row for row in rows if any(cell.strip() for cell in row)]
    if not kept or "\0" in out.getvalue():
        return
    read = read_sheet(out.getvalue().encode())
    for line, row in zip(read.lines, kept, strict=True):
        for column, cell in zip(read.head, row, strict=True):
            assert column in line.faults or line.cells.get(column, "") == cell.strip()
