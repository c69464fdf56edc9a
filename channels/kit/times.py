"""When to come back: Retry-After headers, and the midnight of China's quotas."""

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone
from email.utils import parsedate_to_datetime

Clock = Callable[[], datetime]
Pause = Callable[[datetime], timedelta]

# China has had one zone and no summer time since 1991.
CHINA = timezone(timedelta(hours=8), "CST")
SHORTEST = timedelta(seconds=1)
LONGEST = timedelta(hours=1)
DEFAULT = timedelta(seconds=30)

_SECONDS = re.compile(r"[0-9]+")
_MANY_DIGITS = 9


def retry_after(header: str | None, now: datetime) -> timedelta:
    """Return the pause a Retry-After header asks for (RFC 9110 section 10.2.3).

    Seconds or an HTTP-date, held between a second and an hour; what is
    neither gives the default.
    """
    text = (header or "").strip()
    if _SECONDS.fullmatch(text):
        return LONGEST if len(text) > _MANY_DIGITS else _held(_seconds(text))
    try:
        at = parsedate_to_datetime(text)
        # RFC 5322 writes "-0000" for "UTC, place unknown": that comes naive.
        return _held((at if at.tzinfo else at.replace(tzinfo=UTC)) - now)
    except (ValueError, TypeError, IndexError, OverflowError):
        return DEFAULT


def _seconds(text: str) -> timedelta:
    return timedelta(seconds=int(text))


def _held(pause: timedelta) -> timedelta:
    return min(max(pause, SHORTEST), LONGEST)


def after(**units: float) -> Pause:
    """Return the pause that is always this long."""
    pause = timedelta(**units)
    return lambda now: pause


def until_hour(hour: int) -> Pause:
    """Return the pause until it is this hour in China, today or tomorrow."""

    def pause(now: datetime) -> timedelta:
        today = _midnight(now) + timedelta(hours=hour)
        return (today if now < today else today + timedelta(days=1)) - now

    return pause


def until_midnight(now: datetime) -> timedelta:
    """Return the time to the next midnight in China, when day quotas end."""
    return _midnight(now) + timedelta(days=1) - now


def until_next_month(now: datetime) -> timedelta:
    """Return the time to the first of the next month in China."""
    some_day_in_it = _midnight(now).replace(day=1) + timedelta(days=32)
    return some_day_in_it.replace(day=1) - now


def _midnight(now: datetime) -> datetime:
    return now.astimezone(CHINA).replace(hour=0, minute=0, second=0, microsecond=0)
