"""When to come back."""

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from channels.kit.times import (
    CHINA,
    DEFAULT,
    LONGEST,
    SHORTEST,
    retry_after,
    until_hour,
    until_midnight,
    until_next_month,
)
from tests.support.channels.fakes import NOW

TIMES = st.datetimes(
    min_value=datetime(2000, 1, 1),  # noqa: DTZ001 (the strategy adds the zone)
    max_value=datetime(2100, 1, 1),  # noqa: DTZ001
    timezones=st.just(UTC),
)


@pytest.mark.parametrize(
    ("header", "pause"),
    [
        ("120", timedelta(seconds=120)),
        (" 5 ", timedelta(seconds=5)),
        ("0", SHORTEST),
        ("3600", LONGEST),
        ("1000000000", LONGEST),
        ("9" * 6000, LONGEST),
        ("Mon, 23 Nov 2026 00:32:00 GMT", timedelta(minutes=2)),
        ("Mon, 23 Nov 2026 08:31:00 +0800", timedelta(minutes=1)),
        ("Mon, 23 Nov 2026 00:31:00 -0000", timedelta(minutes=1)),
        ("Monday, 23-Nov-26 00:31:00 GMT", timedelta(minutes=1)),
        ("Sun, 22 Nov 2026 00:32:00 GMT", SHORTEST),
        ("Fri, 31 Dec 9999 23:59:59 GMT", LONGEST),
        (None, DEFAULT),
        ("", DEFAULT),
        ("-5", DEFAULT),
        ("1.5", DEFAULT),
        ("١٢٠", DEFAULT),
        ("soon", DEFAULT),
        ("Mon, 99 Nov 2026 00:32:00 GMT", DEFAULT),
    ],
)
def test_retry_after(header: str | None, pause: timedelta) -> None:
    assert retry_after(header, NOW) == pause


@given(st.text(max_size=60), TIMES)
def test_any_header_gives_a_pause_within_bounds(header: str, now: datetime) -> None:
    assert SHORTEST <= retry_after(header, now) <= LONGEST


@given(st.integers(1, 3600), TIMES)
def test_seconds_and_date_mean_the_same(seconds: int, now: datetime) -> None:
    now = now.replace(microsecond=0)
    date = format_datetime(now + timedelta(seconds=seconds), usegmt=True)
    assert retry_after(date, now) == retry_after(str(seconds), now)


@given(TIMES)
def test_midnight_is_chinas(now: datetime) -> None:
    pause = until_midnight(now)
    assert timedelta(0) < pause <= timedelta(days=1)
    assert (now + pause).astimezone(CHINA).strftime("%H:%M:%S.%f") == "00:00:00.000000"


@given(TIMES)
def test_next_month_is_chinas(now: datetime) -> None:
    then = (now + until_next_month(now)).astimezone(CHINA)
    here = now.astimezone(CHINA)
    assert (then.day, then.hour, then.minute, then.second) == (1, 0, 0, 0)
    assert (then.year * 12 + then.month) - (here.year * 12 + here.month) == 1


@pytest.mark.parametrize(
    ("now", "hour", "hours"),
    [
        # Half past eight in the morning in China.
        (NOW, 9, 0.5),
        (NOW, 8, 23.5),
        (NOW.replace(hour=14, minute=0), 8, 10),
        (NOW.replace(hour=17, minute=0), 8, 7),
        (NOW.replace(hour=0, minute=0), 8, 24),
    ],
)
def test_until_an_hour_of_the_day(now: datetime, hour: int, hours: float) -> None:
    assert until_hour(hour)(now) == timedelta(hours=hours)


@given(TIMES, st.integers(0, 23))
def test_an_hour_comes_within_a_day(now: datetime, hour: int) -> None:
    pause = until_hour(hour)(now)
    assert timedelta(0) < pause <= timedelta(days=1)
    assert (now + pause).astimezone(CHINA).hour == hour
