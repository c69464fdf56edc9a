"""The routing rules: when points move, when they come back, when nothing does."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from core.traffic_shares import (
    Deduction,
    Measured,
    RoutingRules,
    adjusted,
    in_force,
    is_slow,
    shares,
)

NOW = datetime(2026, 11, 25, 8, tzinfo=UTC)
RULES = RoutingRules()
REST = {"a": 51, "b": 49}
SLOW = Measured(calls=100, slow=15)
FAST = Measured(calls=100, slow=14)

WEIGHTS = st.dictionaries(
    st.sampled_from("abcd"), st.integers(0, 100), min_size=1, max_size=4
)
SEEN = st.builds(
    lambda calls, slow, errors: Measured(
        calls=calls, slow=min(slow, calls), errors=errors
    ),
    st.integers(0, 200),
    st.integers(0, 200),
    st.integers(0, 100),
)
TAKEN = st.builds(
    lambda points, ago: Deduction(
        points=points, cause="slow", changed_at=NOW - timedelta(seconds=ago)
    ),
    st.integers(0, 100),
    st.integers(0, 2000),
)


def ago(**units: float) -> datetime:
    return NOW - timedelta(**units)


def moved(
    seen: Mapping[str, Measured], taken: Mapping[str, Deduction] | None = None
) -> dict[str, int]:
    news = adjusted(REST, seen, taken or {}, NOW, RULES)
    return {code: deduction.points for code, deduction in news.items()}


def test_a_slow_account_loses_ten_points() -> None:
    assert moved({"a": SLOW, "b": FAST}) == {"a": 10}
    assert moved({"a": FAST, "b": FAST}) == {}
    assert moved({"a": Measured(calls=4, slow=4), "b": FAST}) == {}


def test_the_slowest_goes_first_and_one_change_is_made_in_five_minutes() -> None:
    rest = {"a": 34, "b": 33, "c": 33}
    slower = Measured(calls=100, slow=50)
    news = adjusted(rest, {"a": SLOW, "b": slower}, {}, NOW, RULES)
    assert list(news) == ["b"]
    lately = {"b": Deduction(points=10, cause="slow", changed_at=ago(seconds=299))}
    assert adjusted(rest, {"a": SLOW, "b": slower}, lately, NOW, RULES) == {}
    before = {"b": Deduction(points=10, cause="slow", changed_at=ago(seconds=300))}
    assert adjusted(rest, {"b": slower}, before, NOW, RULES)["b"].points == 20


def test_errors_move_traffic_once_a_minute() -> None:
    failing = {"b": Measured(calls=60, errors=50)}
    assert moved(failing) == {"b": 10}
    assert moved({"b": Measured(calls=60, errors=49)}) == {}
    lately = {"b": Deduction(points=10, cause="errors", changed_at=ago(seconds=59))}
    assert moved(failing, lately) == {}
    before = {"b": Deduction(points=10, cause="errors", changed_at=ago(seconds=60))}
    assert moved(failing, before) == {"b": 20}


def test_points_come_back_ten_by_ten_while_it_is_quiet() -> None:
    seen = {"a": FAST, "b": FAST}
    quiet = {"a": Deduction(points=20, cause="slow", changed_at=ago(minutes=15))}
    assert moved(seen, quiet) == {"a": 10}
    lately = {"a": Deduction(points=20, cause="slow", changed_at=ago(minutes=14))}
    assert moved(seen, lately) == {}
    assert moved(seen, {"a": Deduction(points=4, changed_at=ago(minutes=15))}) == {
        "a": 0
    }


@given(WEIGHTS, st.dictionaries(st.sampled_from("abcd"), TAKEN))
def test_where_all_are_slow_nothing_moves(
    weights: dict[str, int], taken: dict[str, Deduction]
) -> None:
    seen = dict.fromkeys(weights, SLOW)
    assert adjusted(shares(weights), seen, taken, NOW, RULES) == {}


@given(
    WEIGHTS,
    st.dictionaries(st.sampled_from("abcd"), SEEN),
    st.dictionaries(st.sampled_from("abcd"), TAKEN),
)
def test_what_changes_is_bounded(
    weights: dict[str, int], seen: dict[str, Measured], taken: dict[str, Deduction]
) -> None:
    rest = shares(weights)
    news = adjusted(rest, seen, taken, NOW, RULES)
    lost = [c for c in news if news[c].points > taken.get(c, Deduction()).points]
    assert len(lost) <= 1
    for code, deduction in news.items():
        old = taken.get(code, Deduction()).points
        assert deduction.changed_at == NOW
        # Where weights have changed, more may be deducted than there is to lose.
        bounded = abs(deduction.points - old) <= RULES.points
        assert bounded or deduction.points == rest[code]
        assert code not in lost or deduction.points <= rest[code]
        assert code not in lost or (
            is_slow(seen[code], RULES) or seen[code].errors >= RULES.errors
        )


@given(WEIGHTS, st.dictionaries(st.sampled_from("abcd"), TAKEN))
def test_some_account_always_has_a_share(
    weights: dict[str, int], taken: dict[str, Deduction]
) -> None:
    rest = shares(weights)
    held = in_force(rest, taken)
    assert held.keys() == weights.keys()
    assert all(0 <= held[code] <= rest[code] for code in held)
    assert any(held.values())
    assert 96 <= sum(rest.values()) <= 104
