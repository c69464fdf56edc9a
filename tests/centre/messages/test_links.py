"""Links to the detail page: they open one message, for a time, and can't be made up."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from centre.messages.links import detail_link, read_link

KEY, OTHER = b"k" * 32, b"o" * 32
NOW = datetime(2026, 3, 1, 8, tzinfo=UTC)
LATER = NOW + timedelta(days=1)
ID = UUID(int=7)


def token(link: str) -> str:
    return link.rpartition("/")[2]


@given(st.uuids(), st.integers(1, 10**9))
def test_a_link_opens_its_message_until_it_ends(message: UUID, seconds: int) -> None:
    expires = NOW + timedelta(seconds=seconds)
    made = token(detail_link("https://xx.example", KEY, message, expires))
    assert len(made) == 50
    assert read_link(KEY, made, NOW) == message
    assert read_link(KEY, made, expires - timedelta(seconds=1)) == message
    assert read_link(KEY, made, expires) is None
    assert read_link(OTHER, made, NOW) is None


@given(st.integers(0, 49), st.characters(codec="ascii"))
def test_one_changed_character_opens_nothing(index: int, other: str) -> None:
    made = token(detail_link("https://xx.example", KEY, ID, LATER))
    bent = made[:index] + other + made[index + 1 :]
    assert (read_link(KEY, bent, NOW) == ID) == (bent == made)


@given(st.text() | st.from_regex(r"[A-Za-z0-9_\-]{50}", fullmatch=True))
def test_anything_else_opens_nothing(text: str) -> None:
    assert read_link(KEY, text, NOW) is None


@pytest.mark.parametrize("tail", ["=", "==", "\n", " ", "A", "/"])
def test_a_token_has_one_spelling(tail: str) -> None:
    made = token(detail_link("https://xx.example", KEY, ID, LATER))
    assert read_link(KEY, made + tail, NOW) is None
