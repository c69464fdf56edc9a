"""When messages may go out: windows, quiet hours, holidays, caps. Pure.

Times of day are the hospital's; every moment that goes in or comes out is aware.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Annotated, Literal, NamedTuple
from zoneinfo import ZoneInfo

from pydantic import BeforeValidator, Field, StringConstraints, field_validator

from core.base import Model
from core.text.plain_text import PlainText
from core.words import Channel, TypeClass

HOSPITAL = "hospital"
_EVERY_DAY = (1, 2, 3, 4, 5, 6, 7)
_SATURDAY = 6
# No rule closes for longer; what never opens within it never does.
_HORIZON_DAYS = 400

TimeOfDay = Annotated[
    str, StringConstraints(pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]$")
]


def _written_out(value: object) -> object:
    """Refuse a bare number, which would count as seconds since 1970."""
    if isinstance(value, date) or (isinstance(value, str) and value[4:5] == "-"):
        return value
    raise ValueError("must be a date such as 2026-10-01")


Day = Annotated[date, BeforeValidator(_written_out)]
Weekday = Annotated[int, Field(ge=1, le=7, strict=True)]
Instead = Literal["defer", "skip"]
InsteadOfMore = Literal["defer", "skip", "digest"]


class Window(Model):
    """From `start` until before `end`, past midnight where that is not later.

    `days` are the days on which it begins, 1 (Monday) to 7.
    """

    days: tuple[Weekday, ...] = Field(default=_EVERY_DAY, min_length=1, max_length=7)
    start: TimeOfDay
    end: TimeOfDay

    @field_validator("days")
    @classmethod
    def _each_once(cls, days: tuple[int, ...]) -> tuple[int, ...]:
        return tuple(sorted(set(days)))


class Cap(Model):
    """At most so many messages to one person within so many hours.

    What is more is skipped, waits, or waits to be told in one message with others
    of its type (`digest`; it just waits where the type names no digest).
    """

    most: int = Field(ge=1, le=1000, strict=True)
    hours: int = Field(ge=1, le=744, strict=True)
    then: InsteadOfMore = "skip"


class SendingRules(Model):
    """When one scope may send: the hospital, a class, a type or a channel.

    No `windows`: at any time but the quiet ones. `inherits`: a type keeps the
    hospital's and its class's times too. Caps hold for the hospital, classes and
    types.
    """

    windows: tuple[Window, ...] = Field(default=(), max_length=16)
    quiet: tuple[Window, ...] = Field(default=(), max_length=16)
    closed_on_holidays: bool = Field(default=False, strict=True)
    then: Instead = "defer"
    inherits: bool = Field(default=True, strict=True)
    caps: tuple[Cap, ...] = Field(default=(), max_length=8)


class Holiday(Model):
    """A day that counts as another: 7 (Sunday) for a day off, 1 for a make-up day."""

    day: Day
    name: PlainText = Field(default="", max_length=64)
    counts_as: Weekday = 7


class Blackout(NamedTuple):
    """May not go out: until when (None: never), and whether to wait for it."""

    until: datetime | None
    then: InsteadOfMore


Holidays = Mapping[date, int]


class SendingSchedule(Model):
    """Everything that is set about when to send; `digests` by message type."""

    rules: dict[str, SendingRules] = {}
    classes: dict[str, TypeClass] = {}
    digests: dict[str, str] = {}
    holidays: dict[date, int] = {}

    def class_of(self, kind: str) -> TypeClass:
        """Return the class of a message type."""
        return self.classes.get(kind, TypeClass.SERVICE)

    def times(self, kind: str, channel: Channel) -> list[SendingRules]:
        """Return the rules that a type's message on a channel must keep."""
        own = self.rules.get(type_scope(kind), SendingRules())
        above = (HOSPITAL, class_scope(self.class_of(kind))) if own.inherits else ()
        others = (self.rules.get(s) for s in (*above, channel_scope(channel)))
        return [own, *(rules for rules in others if rules is not None)]

    def caps(self, kind: str) -> dict[str, tuple[Cap, ...]]:
        """Return the caps that hold for a type, by the scope that they count."""
        scopes = (HOSPITAL, class_scope(self.class_of(kind)), type_scope(kind))
        found = {s: self.rules[s].caps for s in scopes if s in self.rules}
        return {scope: caps for scope, caps in found.items() if caps}


def type_scope(kind: str) -> str:
    """Return the scope of a message type."""
    return f"type:{kind}"


def class_scope(type_class: TypeClass) -> str:
    """Return the scope of a class of message types."""
    return f"class:{type_class}"


def channel_scope(channel: Channel) -> str:
    """Return the scope of a channel."""
    return f"channel:{channel}"


def closed(
    at: datetime, rules: Sequence[SendingRules], holidays: Holidays, zone: ZoneInfo
) -> Blackout | None:
    """Tell whether a message must not go out at a moment; None: it may."""
    shut = [one for one in rules if not _open(at, one, holidays, zone)]
    if not shut:
        return None
    if any(one.then == "skip" for one in shut):
        return Blackout(None, "skip")
    until = next_allowed(at, rules, holidays, zone)
    return Blackout(until, "skip" if until is None else "defer")


def next_allowed(
    at: datetime, rules: Sequence[SendingRules], holidays: Holidays, zone: ZoneInfo
) -> datetime | None:
    """Return the first moment from `at` on that all rules allow; None: never.

    What is allowed begins at `at`, at the start of a window, the end of a quiet
    one or a midnight: nothing else need be tried.
    """
    if all(_open(at, one, holidays, zone) for one in rules):
        return at
    edges = _edges(rules)
    first = at.astimezone(zone).date() - timedelta(days=1)
    for ahead in range(_HORIZON_DAYS):
        for moment in _moments(first + timedelta(days=ahead), edges, zone):
            if moment > at and all(_open(moment, r, holidays, zone) for r in rules):
                return moment
    return None


def _edges(rules: Sequence[SendingRules]) -> list[time]:
    starts = {window.start for one in rules for window in one.windows}
    ends = {window.end for one in rules for window in one.quiet}
    return sorted(time.fromisoformat(text) for text in {"00:00", *starts, *ends})


def _moments(day: date, edges: Sequence[time], zone: ZoneInfo) -> Iterator[datetime]:
    """Yield when a day's edges are, in order; each minute of a day of clock changes."""
    begin = datetime.combine(day, time(0), zone).astimezone(UTC)
    end = datetime.combine(day + timedelta(days=1), time(0), zone).astimezone(UTC)
    if end - begin == timedelta(days=1):
        yield from (datetime.combine(day, edge, zone).astimezone(UTC) for edge in edges)
        return
    for minute in range(int((end - begin) / timedelta(minutes=1))):
        yield begin + timedelta(minutes=minute)


def _open(
    at: datetime, rules: SendingRules, holidays: Holidays, zone: ZoneInfo
) -> bool:
    local = at.astimezone(zone)
    if rules.closed_on_holidays and holidays.get(local.date(), 0) >= _SATURDAY:
        return False
    if any(_covers(window, local, holidays) for window in rules.quiet):
        return False
    windows = rules.windows
    return not windows or any(_covers(window, local, holidays) for window in windows)


def _covers(window: Window, local: datetime, holidays: Holidays) -> bool:
    now = f"{local.hour:02}:{local.minute:02}"
    today = _weekday(local.date(), holidays) in window.days
    if window.start < window.end:
        return today and window.start <= now < window.end
    yesterday = _weekday(local.date() - timedelta(days=1), holidays) in window.days
    return (today and now >= window.start) or (yesterday and now < window.end)


def _weekday(day: date, holidays: Holidays) -> int:
    return holidays.get(day, day.isoweekday())


class Hit(NamedTuple):
    """A message that one number of a person was sent."""

    key: str
    kind: str
    type_class: str
    at: datetime


def capped(
    caps: Mapping[str, Sequence[Cap]], hits: Sequence[Hit], now: datetime
) -> Blackout | None:
    """Tell whether another message would be one too many; None: it would not."""
    full = [
        (free, cap.then)
        for scope, several in caps.items()
        for cap in several
        for free in _full(cap, [hit for hit in hits if _counts(hit, scope)], now)
    ]
    if not full:
        return None
    thens = {then for _, then in full}
    if "skip" in thens:
        return Blackout(None, "skip")
    until = max(free for free, _ in full)
    return Blackout(until, "digest" if "digest" in thens else "defer")


def _counts(hit: Hit, scope: str) -> bool:
    return scope in (HOSPITAL, f"class:{hit.type_class}", type_scope(hit.kind))


def _full(cap: Cap, hits: Sequence[Hit], now: datetime) -> Iterator[datetime]:
    """Yield when each number that has had its fill may be sent to again."""
    span = timedelta(hours=cap.hours)
    times: dict[str, list[datetime]] = {}
    for hit in hits:
        if hit.at > now - span:
            times.setdefault(hit.key, []).append(hit.at)
    for several in times.values():
        if len(several) >= cap.most:
            yield sorted(several)[-cap.most] + span
