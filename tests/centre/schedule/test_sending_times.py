"""When messages may go out: over midnight, month ends, leap days, clock changes."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from centre.schedule.rules import (
    HOSPITAL,
    Blackout,
    Cap,
    Hit,
    SendingRules,
    SendingSchedule,
    Window,
    capped,
    closed,
    next_allowed,
)
from core.words import Channel, TypeClass

SHANGHAI = ZoneInfo("Asia/Shanghai")
BERLIN = ZoneInfo("Europe/Berlin")
NIGHT = SendingRules(quiet=(Window(start="22:00", end="08:00"),))
OFFICE = SendingRules(
    windows=(Window(days=(1, 2, 3, 4, 5), start="09:00", end="17:00"),)
)


def local(text: str, zone: ZoneInfo = SHANGHAI) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=zone)


def opens(
    at: str, *rules: SendingRules, holidays: dict[date, int] | None = None
) -> str | None:
    found = next_allowed(local(at), rules, holidays or {}, SHANGHAI)
    return found.astimezone(SHANGHAI).strftime("%Y-%m-%d %H:%M:%S") if found else None


@pytest.mark.parametrize(
    ("at", "then"),
    [
        ("2026-11-25 21:59:59", "2026-11-25 21:59:59"),
        ("2026-11-25 22:00:00", "2026-11-26 08:00:00"),
        ("2026-11-26 03:10:00", "2026-11-26 08:00:00"),
        ("2026-11-26 08:00:00", "2026-11-26 08:00:00"),
        ("2026-11-30 23:00:00", "2026-12-01 08:00:00"),
        ("2026-12-31 23:59:59", "2027-01-01 08:00:00"),
        ("2028-02-28 22:30:00", "2028-02-29 08:00:00"),
        ("2028-02-29 22:30:00", "2028-03-01 08:00:00"),
        ("2027-02-28 22:30:00", "2027-03-01 08:00:00"),
    ],
)
def test_quiet_hours_over_midnight(at: str, then: str) -> None:
    assert opens(at, NIGHT) == then


@pytest.mark.parametrize(
    ("at", "holidays", "then"),
    [
        ("2026-11-27 17:00:00", {}, "2026-11-30 09:00:00"),
        # Monday off; Saturday made up for it.
        (
            "2026-11-27 17:00:00",
            {date(2026, 11, 30): 7, date(2026, 11, 28): 1},
            "2026-11-28 09:00:00",
        ),
        ("2026-11-28 17:00:00", {date(2026, 11, 30): 7}, "2026-12-01 09:00:00"),
    ],
)
def test_windows_by_weekday_and_holiday(
    at: str, holidays: dict[date, int], then: str
) -> None:
    assert opens(at, OFFICE, holidays=holidays) == then


def test_all_rules_hold_together() -> None:
    late = SendingRules(quiet=(Window(start="08:00", end="09:30"),))
    assert opens("2026-11-25 23:00:00", NIGHT, late) == "2026-11-26 09:30:00"
    assert opens("2026-11-28 07:00:00", OFFICE, late) == "2026-11-30 09:30:00"


def test_closed_on_holidays_but_not_on_days_made_up() -> None:
    rules = SendingRules(closed_on_holidays=True)
    days = {date(2026, 10, d): 7 for d in range(1, 9)} | {date(2026, 10, 10): 1}
    assert opens("2026-10-01 09:00:00", rules, holidays=days) == "2026-10-09 00:00:00"
    assert opens("2026-10-10 09:00:00", rules, holidays=days) == "2026-10-10 09:00:00"


def test_what_never_opens() -> None:
    never = SendingRules(quiet=(Window(start="00:00", end="00:00"),))
    assert opens("2026-11-25 12:00:00", never) is None
    at = local("2026-11-25 12:00:00")
    assert closed(at, [never], {}, SHANGHAI) == Blackout(None, "skip")


def test_one_rule_that_skips_decides() -> None:
    skip = NIGHT.model_copy(update={"then": "skip"})
    at = local("2026-11-25 23:00:00")
    assert closed(at, [NIGHT, skip], {}, SHANGHAI) == Blackout(None, "skip")
    morning = local("2026-11-26 08:00:00")
    assert closed(at, [NIGHT], {}, SHANGHAI) == Blackout(morning, "defer")
    assert closed(morning, [NIGHT, skip], {}, SHANGHAI) is None


def test_an_hour_that_the_clocks_leave_out() -> None:
    """Berlin, 29 March 2026: 02:00 is 03:00."""
    rules = SendingRules(windows=(Window(start="02:30", end="05:00"),))
    at = local("2026-03-28 06:00:00", BERLIN)
    found = next_allowed(at, [rules], {}, BERLIN)
    assert found == datetime(2026, 3, 29, 1, 0, tzinfo=UTC)


TIMES = st.builds("{:02}:{:02}".format, st.integers(0, 23), st.sampled_from([0, 1, 30]))
WINDOWS = st.builds(
    Window,
    days=st.sets(st.integers(1, 7), min_size=1).map(tuple),
    start=TIMES,
    end=TIMES,
)
RULES = st.builds(
    SendingRules,
    windows=st.lists(WINDOWS, max_size=2).map(tuple),
    quiet=st.lists(WINDOWS, max_size=2).map(tuple),
    closed_on_holidays=st.booleans(),
)


@given(
    rules=st.lists(RULES, min_size=1, max_size=3),
    zone=st.sampled_from([SHANGHAI, BERLIN, ZoneInfo("America/St_Johns")]),
    minute=st.integers(0, 60 * 24 * 400),
    days=st.dictionaries(
        st.dates(date(2026, 1, 1), date(2027, 3, 1)), st.integers(1, 7), max_size=5
    ),
    looks=st.lists(st.floats(0, 0.999), min_size=20, max_size=20),
)
@settings(max_examples=60, deadline=None)
def test_it_is_the_first_moment_that_is_allowed(
    rules: list[SendingRules],
    zone: ZoneInfo,
    minute: int,
    days: dict[date, int],
    looks: list[float],
) -> None:
    at = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(minutes=minute, seconds=7)
    found = next_allowed(at, rules, days, zone)
    if found is not None:
        assert found >= at
        assert closed(found, rules, days, zone) is None
    if found == at:
        return
    # Nothing before it is open, wherever one looks.
    span = (found or at + timedelta(days=30)) - at
    for part in looks:
        assert closed(at + span * part, rules, days, zone) is not None


def test_which_rules_a_message_keeps() -> None:
    own, voice = SendingRules(inherits=False), SendingRules(closed_on_holidays=True)
    book = SendingSchedule(
        rules={HOSPITAL: NIGHT, "type:queue-call": own, "channel:voice": voice},
        classes={"promo": TypeClass.MARKETING},
    )
    assert book.times("queue-call", Channel.SMS) == [own]
    assert book.times("queue-call", Channel.VOICE) == [own, voice]
    assert book.times("promo", Channel.SMS) == [SendingRules(), NIGHT]


NOON = datetime(2026, 11, 25, 12, tzinfo=UTC)


def hit(hours_ago: float, kind: str = "promo", key: str = "phone") -> Hit:
    return Hit(key, kind, "marketing", NOON - timedelta(hours=hours_ago))


def test_a_cap_frees_when_the_oldest_has_passed() -> None:
    caps = {HOSPITAL: (Cap(most=2, hours=24, then="defer"),)}
    assert capped(caps, [hit(1), hit(25)], NOON) is None
    full = capped(caps, [hit(1), hit(5), hit(30)], NOON)
    assert full == Blackout(NOON + timedelta(hours=19), "defer")


def test_a_cap_counts_its_scope_and_each_number_alone() -> None:
    caps = {"type:promo": (Cap(most=1, hours=24),)}
    assert capped(caps, [hit(1, kind="bill")], NOON) is None
    assert capped(caps, [hit(1)], NOON) == Blackout(None, "skip")
    both = {HOSPITAL: (Cap(most=2, hours=24),)}
    assert capped(both, [hit(1), hit(2, key="openid")], NOON) is None
