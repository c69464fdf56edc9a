"""When a figure becomes an alarm, and when it is over."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from centre.watch.rules import (
    CLEAR_AFTER,
    CLEAR_SHARE,
    AlarmKind,
    AlarmState,
    Expected,
    OwnThresholds,
    Reading,
    Thresholds,
    step,
)
from core.words import Priority

START = datetime(2026, 11, 25, tzinfo=UTC)
LIMIT = 100.0
moments = st.lists(
    st.tuples(st.floats(0, 300), st.integers(1, 60)), min_size=1, max_size=60
)


def reading(value: float, hold: float = 0) -> Reading:
    return Reading(AlarmKind.BACKLOG, value, LIMIT, timedelta(seconds=hold))


def walked(
    values: list[tuple[float, int]], hold: float
) -> list[tuple[datetime, float, bool]]:
    """Return each moment, its figure, and whether the alarm stood after it."""
    standing, at, seen = AlarmState(), START, []
    for value, seconds in values:
        at += timedelta(seconds=seconds)
        standing = step(standing, reading(value, hold), at)
        seen.append((at, value, standing.raised))
    return seen


@given(moments, st.sampled_from([0.0, 20.0, 60.0]))
def test_it_changes_only_after_the_figure_has_asked_long_enough(
    values: list[tuple[float, int]], hold: float
) -> None:
    seen = walked(values, hold)
    before = False
    for number, (at, value, raised) in enumerate(seen):
        if raised == before:
            continue
        lasts = timedelta(seconds=hold) if raised else CLEAR_AFTER
        asked = [
            v >= LIMIT if raised else v < LIMIT * CLEAR_SHARE
            for then, v, _ in seen[: number + 1]
            if then >= at - lasts
        ]
        assert all(asked), (at, value)
        before = raised


@given(st.lists(st.floats(LIMIT * CLEAR_SHARE, LIMIT * 3), min_size=1, max_size=50))
def test_one_incident_while_the_figure_swings(values: list[float]) -> None:
    seen = walked([(LIMIT, 10), *((v, 40) for v in values)], 0)
    assert all(raised for _, _, raised in seen)


@given(st.lists(st.floats(0, LIMIT - 0.001), max_size=50))
def test_nothing_is_raised_below_the_threshold(values: list[float]) -> None:
    assert not any(raised for *_, raised in walked([(v, 40) for v in values], 0))


def test_a_burst_is_no_alarm() -> None:
    assert [r for *_, r in walked([(500, 10), (0, 10), (500, 10)], 20)] == [False] * 3
    lasting = walked([(500, 10)] * 3, 20)
    assert [raised for *_, raised in lasting] == [False, False, True]


def test_what_a_client_leaves_out_holds_by_default() -> None:
    defaults = Thresholds(backlog=50, failure_share=0.5)
    own = OwnThresholds(backlog=7)
    assert own.over(defaults) == defaults.model_copy(update={"backlog": 7})
    assert OwnThresholds().over(defaults) == defaults


def test_a_types_own_time_goes_before_that_of_its_priority() -> None:
    rules = Expected(seconds={Priority.HIGH: 100.0}, types={"lab-report": 5.0})
    assert rules.within(Priority.HIGH, "x") == timedelta(seconds=100)
    assert rules.within(Priority.HIGH, "lab-report") == timedelta(seconds=5)
    assert rules.within(Priority.BULK, "x") == timedelta(hours=6)
    assert rules.shortest == timedelta(seconds=5)
