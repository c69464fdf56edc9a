"""Cursors: what one page gives, the next takes; anything else is refused."""

import base64
from datetime import UTC, datetime
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import Invalid
from db.pages import (
    MAX_LIMIT,
    clamp,
    cut,
    decode_cursor,
    decode_number_cursor,
    decode_time_cursor,
    encode_cursor,
    time_cursor,
)

PLAIN = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]))
TIMES = st.datetimes(timezones=st.just(UTC))


@given(st.lists(PLAIN, min_size=1, max_size=3))
def test_a_cursor_gives_back_its_keys(keys: list[str]) -> None:
    assert decode_cursor(encode_cursor(*keys), len(keys)) == tuple(keys)


@given(TIMES, st.uuids())
def test_a_time_cursor_gives_back_time_and_id(at: datetime, key: UUID) -> None:
    assert decode_time_cursor(time_cursor(at, key)) == (at, key)


@given(st.text())
def test_any_other_text_is_refused(text: str) -> None:
    for decode in (decode_time_cursor, decode_number_cursor):
        with pytest.raises(Invalid) as refused:
            decode(text)
        assert refused.value.errors[0].pointer == "/cursor"


@pytest.mark.parametrize(
    "keys",
    [
        ("2026-01-01T00:00:00", "0" * 32),
        ("yesterday", "0" * 32),
        ("2026-01-01T00:00:00+00:00", "x"),
        ("2026-01-01T00:00:00+00:00",),
        ("a", "b", "c"),
    ],
)
def test_a_cursor_of_another_list_is_refused(keys: tuple[str, ...]) -> None:
    with pytest.raises(Invalid):
        decode_time_cursor(encode_cursor(*keys))


@pytest.mark.parametrize("key", ["-1", "1.5", "٣", "1" * 30, ""])
def test_a_number_cursor_holds_a_plain_number(key: str) -> None:
    with pytest.raises(Invalid):
        decode_number_cursor(encode_cursor(key))


@pytest.mark.parametrize("packed", [rb'["\u0000"]', rb'["\ud800"]', b"{}", b"[1]"])
def test_keys_a_database_can_not_take_are_refused(packed: bytes) -> None:
    cursor = base64.urlsafe_b64encode(packed).decode().rstrip("=")
    with pytest.raises(Invalid):
        decode_cursor(cursor, 1)


def test_a_page_holds_at_most_its_limit() -> None:
    assert cut([1, 2, 3], 2) == ((1, 2), True)
    assert cut([1, 2], 2) == ((1, 2), False)
    assert [clamp(n) for n in (-5, 0, 7, 10**9)] == [1, 1, 7, MAX_LIMIT]
