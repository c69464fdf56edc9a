"""Holidays as people paste them, a line each; which types have sending times."""

import csv
from datetime import date

from centre.catalog import types as catalog
from centre.schedule.rules import Holiday
from core.errors import Invalid, NotFound, Wrong
from db.session import Session

_MOST = 400


async def type_must_exist(session: Session, code: str) -> None:
    """Raise NotFound for a message type that there is not."""
    if await catalog.message_type(session, code) is None:
        raise NotFound("There is no such message type.")


def read_holidays(text: str) -> tuple[Holiday, ...]:
    """Read lines of `day,name,counts_as`; Invalid where one is wrong.

    The name may be left out, and the weekday that the day counts as too: 7, a day
    off.
    """
    try:
        found = tuple(_holiday(line) for line in text.splitlines() if line.strip())
    except ValueError:
        wrong = Wrong("/holidays", "A line can't be read; see the example.")
        raise Invalid(wrong.detail, [wrong]) from None
    if len(found) > _MOST:
        wrong = Wrong("/holidays", f"More than {_MOST} lines.")
        raise Invalid(wrong.detail, [wrong])
    return found


def _holiday(line: str) -> Holiday:
    day, name, counts_as, *_ = (
        *map(str.strip, next(csv.reader([line.strip()]))),
        "",
        "",
    )
    return Holiday(
        day=date.fromisoformat(day), name=name, counts_as=int(counts_as or 7)
    )
