"""How long a provider that is away is waited for, and in which pauses."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.policies import MessageType
from core.retries import FIRST, LONGEST, USUAL, pause
from core.words import Priority

priorities = st.sampled_from(Priority)
spreads = st.floats(min_value=0, max_value=1, exclude_max=True)
times = st.timedeltas(min_value=timedelta(), max_value=timedelta(days=1))


@given(priorities, times, spreads)
def test_a_pause_is_neither_too_short_nor_too_long(
    priority: Priority, waited: timedelta, spread: float
) -> None:
    found = pause(priority, waited, spread)
    assert FIRST * 0.75 <= found <= LONGEST[priority] * 1.25


@given(priorities, times, times, spreads)
def test_pauses_never_shrink(
    priority: Priority, one: timedelta, other: timedelta, spread: float
) -> None:
    shorter, longer = sorted((one, other))
    assert pause(priority, shorter, spread) <= pause(priority, longer, spread)


@given(priorities, times)
def test_messages_that_wait_together_come_back_apart(
    priority: Priority, waited: timedelta
) -> None:
    first, last = pause(priority, waited, 0.0), pause(priority, waited, 0.999)
    assert last - first > first / 2


@given(times)
def test_what_is_more_urgent_comes_first(waited: timedelta) -> None:
    pauses = [pause(priority, waited, 0.5) for priority in Priority]
    assert pauses == sorted(pauses)


@pytest.mark.parametrize("priority", Priority)
def test_a_type_waits_as_is_usual_for_its_priority_unless_it_says(
    priority: Priority,
) -> None:
    usual = MessageType(code="a", name="a", priority=priority)
    assert usual.waits_seconds == USUAL[priority]
    own = usual.model_copy(update={"retry_seconds": 0})
    assert own.waits_seconds == 0
