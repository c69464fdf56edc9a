"""Limits: names as data, and never more than the limit in any window."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.rate_limits import Limit, LimitName, read_name, wait_for_room, with_more


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("per_second", LimitName("account", 1)),
        ("per_day", LimitName("account", 86_400)),
        ("per_recipient_per_minute", LimitName("recipient", 60)),
        (
            "per_recipient_and_content_per_30_seconds",
            LimitName("recipient and content", 30),
        ),
        (
            "per_recipient_and_template_per_day",
            LimitName("recipient and template", 86_400),
        ),
        ("per_fortnight", None),
        ("per_recipient", None),
        ("per_0_seconds", None),
        ("per_32_days", None),
    ],
)
def test_a_limit_is_read_from_its_name(name: str, meant: LimitName | None) -> None:
    assert read_name(name) == meant


@given(
    most=st.integers(1, 5),
    seconds=st.integers(1, 100),
    gaps=st.lists(st.floats(0, 40), max_size=60),
)
def test_no_window_ever_holds_more_than_the_limit(
    most: int, seconds: int, gaps: list[float]
) -> None:
    limit = Limit("k", most, seconds)
    counts: dict[int, int] = {}
    at, taken = 1_000_000.0, list[float]()
    for gap in gaps:
        at += gap
        if wait_for_room(limit, counts, at) is None:
            counts = with_more(limit, counts, at)
            taken.append(at)
    for first in taken:
        assert len([t for t in taken if first <= t < first + seconds]) <= most


@given(
    most=st.integers(1, 5),
    seconds=st.integers(1, 100),
    gaps=st.lists(st.floats(0, 10), min_size=6, max_size=20),
)
def test_who_comes_back_when_told_finds_room_and_soon_enough(
    most: int, seconds: int, gaps: list[float]
) -> None:
    limit = Limit("k", most, seconds)
    counts: dict[int, int] = {}
    at = 1_000_000.0
    for gap in gaps:
        at += gap
        wait = wait_for_room(limit, counts, at)
        if wait is not None:
            assert timedelta(0) < wait <= timedelta(seconds=seconds * 1.1 + 0.01)
            at += wait.total_seconds() + 1e-3
            assert wait_for_room(limit, counts, at) is None
        counts = with_more(limit, counts, at)


def test_a_limit_of_none_gives_a_whole_window() -> None:
    assert wait_for_room(Limit("k", 0, 60), {}, 5.0) == timedelta(seconds=60)
