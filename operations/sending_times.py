"""Sending times and holidays as people write them: a line each."""

import csv
import re
from collections.abc import Callable, Sequence
from datetime import date
from typing import TypeVar

from sqlmodel.ext.asyncio.session import AsyncSession

from core.errors import Invalid, NotFound, Wrong
from core.sending_times import Cap, Holiday, Window
from store import catalog

T = TypeVar("T")
_MOST = 400
_ALL_DAYS = 7
_WINDOW = re.compile(
    r"(?:(?P<days>[1-7](?:[-,][1-7])*)\s+)?"
    r"(?P<start>[0-9:]{5})\s*-\s*(?P<end>[0-9:]{5})"
)
_CAP = re.compile(r"(?P<most>[0-9]{1,4})\s*/\s*(?P<hours>[0-9]{1,3})h?\s*(?P<then>\w*)")


async def type_must_exist(session: AsyncSession, code: str) -> None:
    """Raise NotFound for a message type that there is not."""
    if await catalog.message_type(session, code) is None:
        raise NotFound("There is no such message type.")


def read_windows(text: str, pointer: str) -> tuple[Window, ...]:
    """Read lines of `1-5 08:00-20:00` or `22:00-08:00`; Invalid where one is wrong."""
    return _read(text, pointer, _window)


def _window(line: str) -> Window:
    found = _WINDOW.fullmatch(line)
    if found is None:
        raise ValueError
    times = {"start": found["start"], "end": found["end"]}
    days = {"days": _days(found["days"])} if found["days"] else {}
    return Window.model_validate(times | days)


def _days(text: str) -> tuple[int, ...]:
    """Return the days of `1-5` or `1,3,6-7`."""
    found: list[int] = []
    for part in text.split(","):
        first, _, last = part.partition("-")
        found += range(int(first), int(last or first) + 1)
    return tuple(found)


def write_windows(windows: Sequence[Window]) -> str:
    """Return windows as they are read."""
    return "\n".join(_line(window) for window in windows)


def _line(window: Window) -> str:
    times = f"{window.start}-{window.end}"
    if len(window.days) == _ALL_DAYS:
        return times
    return f"{','.join(map(str, window.days))} {times}"


def read_caps(text: str, pointer: str) -> tuple[Cap, ...]:
    """Read lines of `5/24 skip`: at most 5 in 24 hours; Invalid where one is wrong."""
    return _read(text, pointer, _cap)


def _cap(line: str) -> Cap:
    found = _CAP.fullmatch(line)
    if found is None:
        raise ValueError
    facts = {"most": int(found["most"]), "hours": int(found["hours"])}
    return Cap.model_validate(facts | {"then": found["then"] or "skip"})


def write_caps(caps: Sequence[Cap]) -> str:
    """Return caps as they are read."""
    return "\n".join(f"{cap.most}/{cap.hours} {cap.then}" for cap in caps)


def read_holidays(text: str) -> tuple[Holiday, ...]:
    """Read lines of `day,name,counts_as`; Invalid where one is wrong.

    The name may be left out, and the weekday that the day counts as too: 7, a day
    off.
    """
    found = _read(text, "/holidays", _holiday)
    if len(found) > _MOST:
        wrong = Wrong("/holidays", f"More than {_MOST} lines.")
        raise Invalid(wrong.detail, [wrong])
    return found


def _holiday(line: str) -> Holiday:
    day, name, counts_as, *_ = (*map(str.strip, next(csv.reader([line]))), "", "")
    return Holiday(
        day=date.fromisoformat(day), name=name, counts_as=int(counts_as or 7)
    )


def _read(text: str, pointer: str, read: Callable[[str], T]) -> tuple[T, ...]:
    try:
        return tuple(read(line.strip()) for line in text.splitlines() if line.strip())
    except ValueError:
        wrong = Wrong(pointer, "A line can't be read; see the example.")
        raise Invalid(wrong.detail, [wrong]) from None
