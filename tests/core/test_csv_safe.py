"""No cell of an export is ever run as a formula."""

import csv
import io
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.text import csv_safe

SIGNS = "=+-@＝＋－＠"


def read(text: str, separator: str = ",") -> list[list[str]]:
    plain = text.removeprefix(csv_safe.BYTE_ORDER_MARK)
    return list(csv.reader(io.StringIO(plain, newline=""), delimiter=separator))


@pytest.mark.parametrize(
    "text",
    [
        "=cmd|' /C calc'!A0",
        "+1+1",
        "-1+1",
        "@SUM(A1)",
        "\t=1",
        "\r=1",
        "＝1+1",
        "  =1",
        '"=1',
        "a;=1+1",
        "a\n=1",
    ],
)
def test_a_formula_is_text(text: str) -> None:
    guarded = csv_safe.cell(text)
    assert guarded != text
    assert not re.search(rf'(^|[;,|\t\r\n])[\s"]*[{SIGNS}]', guarded)


@pytest.mark.parametrize(
    "text", ["张三", "lis", "2026-11-23 08:00", "a=b", "x-y", "critical-value", ""]
)
def test_other_text_stays(text: str) -> None:
    assert csv_safe.cell(text) == text


def test_nothing_is_an_empty_cell() -> None:
    assert csv_safe.cell(None) == ""


@given(st.text())
def test_guarding_twice_changes_nothing(text: str) -> None:
    once = csv_safe.cell(text)
    assert csv_safe.cell(once) == once


@given(st.lists(st.lists(st.text(), min_size=2, max_size=3), max_size=4))
def test_no_reader_meets_a_formula(rows: list[list[str]]) -> None:
    document = csv_safe.document(["one", "two"], rows)
    for separator in ",;\t":
        for row in read(document, separator):
            for value in row:
                assert not value.lstrip().startswith(tuple(SIGNS))


@given(st.lists(st.text(st.characters(exclude_categories=["Cs"])), min_size=1))
def test_what_was_written_is_read_back(row: list[str]) -> None:
    (found,) = read(csv_safe.line(row))
    assert found == [csv_safe.cell(value) for value in row]
