"""Texts cut to limits."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from channels.kit.clip import ELLIPSIS, clip, in_bytes, in_units
from core.text.letters import one_line

TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=80)


@given(TEXTS, st.integers(3, 60), st.sampled_from([in_bytes, in_units]))
def test_what_is_cut_fits_and_shows_it(text: str, limit: int, size: object) -> None:
    measure = in_bytes if size is in_bytes else in_units
    cut = clip(text, limit, measure)
    assert measure(cut) <= limit
    if measure(text) <= limit:
        assert cut == text
    else:
        assert cut.endswith(ELLIPSIS)
        assert text.startswith(cut.removesuffix(ELLIPSIS))


@pytest.mark.parametrize(
    ("text", "limit", "cut"),
    [
        ("心内科", 3, "心内科"),
        ("心内科门诊", 4, "心内科…"),
        ("ab  cdef", 5, "ab…"),
        ("😀😀😀", 5, "😀😀…"),
    ],
)
def test_cut_by_characters(text: str, limit: int, cut: str) -> None:
    assert clip(text, limit) == cut


def test_a_character_is_never_halved() -> None:
    assert clip("中文字" * 10, 10, in_bytes) == "中文…"


@given(TEXTS)
def test_one_line_is_one_line(text: str) -> None:
    line = one_line(text)
    assert line == line.strip()
    assert not [c for c in line if unicodedata.category(c) in ("Cc", "Cs", "Zl", "Zp")]
    assert "  " not in line
