"""Cutting a text into the parts of a short message."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from channels.kit.long_text import MOST_PARTS, parts_of
from core.text.sms_text import EACH_PART, ONE_PART, sms_size

TEXTS = st.text(
    st.characters(exclude_categories=["Cs"]), min_size=1, max_size=2 * EACH_PART
)


def test_seventy_characters_are_one_part_without_a_header() -> None:
    assert parts_of("字" * 70, 9) == ("字".encode("utf-16-be") * 70,)


def test_seventy_one_are_two_with_a_header_each() -> None:
    first, second = parts_of("字" * 71, 9)
    assert first == bytes([5, 0, 3, 9, 2, 1]) + "字".encode("utf-16-be") * 67
    assert second == bytes([5, 0, 3, 9, 2, 2]) + "字".encode("utf-16-be") * 4


@given(TEXTS, st.integers(0, 255))
def test_the_parts_make_the_text_again(text: str, reference: int) -> None:
    parts = parts_of(text, reference)
    assert all(len(part) <= 2 * ONE_PART for part in parts)
    if len(parts) == 1:
        assert parts[0].decode("utf-16-be") == text
        return
    heads = [bytes([5, 0, 3, reference, len(parts), n + 1]) for n in range(len(parts))]
    assert [part[:6] for part in parts] == heads
    # Each can be read alone: no character is torn.
    assert "".join(part[6:].decode("utf-16-be") for part in parts) == text


@given(st.text(st.sampled_from("x字😀𠮷"), min_size=1, max_size=330))
def test_as_many_parts_as_are_billed(text: str) -> None:
    assert len(parts_of(text, 0)) == sms_size(text).segments


@pytest.mark.parametrize("text", ["", "字" * (67 * MOST_PARTS + 1), "\ud83d"])
def test_what_can_not_be_sent_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"text|codec"):
        parts_of(text, 0)
