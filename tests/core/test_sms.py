"""The size of short messages: 70 characters in one part, else 67 in each."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.text.sms_text import EACH_PART, ONE_PART, signed, sms_parts, sms_size


@pytest.mark.parametrize(
    ("text", "characters", "segments"),
    [
        ("", 0, 0),
        ("A", 1, 1),
        ("危" * 70, 70, 1),
        ("危" * 71, 71, 2),
        ("危" * 134, 134, 2),
        ("a" * 135, 135, 3),
        ("🙂" * 35, 70, 1),
        ("🙂" * 36, 72, 2),
        # A letter beyond the first plane is not cut in two at a border.
        ("x" * 66 + "😀" + "x" * 66, 134, 3),
        ("𠮷" * 334, 668, 11),
    ],
)
def test_sizes(text: str, characters: int, segments: int) -> None:
    size = sms_size(text)
    assert (size.characters, size.segments) == (characters, segments)


def test_the_signature_counts() -> None:
    assert signed("您好", "市第一医院") == "【市第一医院】您好"
    assert signed("您好", "") == "您好"


@given(st.text())
def test_the_parts_hold_the_text_and_none_is_empty(text: str) -> None:
    size = sms_size(text)
    assert size.characters == len(text.encode("utf-16-le", "surrogatepass")) // 2
    parts = sms_parts(text)
    assert "".join(parts) == text
    assert len(parts) == size.segments
    room = ONE_PART if size.segments <= 1 else EACH_PART
    assert all(0 < sms_size(part).characters <= room for part in parts)
    # None has room for what begins the next.
    for part, following in pairwise(parts):
        assert sms_size(part + following[0]).characters > room
