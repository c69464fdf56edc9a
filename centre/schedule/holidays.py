"""Holidays: read as people paste them, a line each; written and dropped."""

import csv
from collections.abc import Sequence
from datetime import date

from centre.audit import audit
from centre.audit.audit import Actor
from centre.audit.roles import ADMINS
from centre.context import Context
from centre.schedule import queries
from centre.schedule.rules import Holiday
from core.errors import FieldError, Invalid, NotFound

_MOST = 400


async def list_holidays(context: Context) -> tuple[Holiday, ...]:
    """Return every holiday, in order of the days."""
    async with context.store.sessions() as session:
        return await queries.list_holidays(session)


async def put_holidays(
    context: Context, holidays: Sequence[Holiday], actor: Actor
) -> None:
    """Write holidays, over those of the same days; of a day named twice, the last."""
    actor.must_be(*ADMINS)
    days = {holiday.day: holiday for holiday in holidays}
    if not days:
        return
    after = {str(day): days[day].counts_as for day in sorted(days)}
    async with context.store.sessions.begin() as session:
        await queries.put_holidays(session, [*days.values()])
        await audit.write(session, actor, "update", "holidays", None, after)


async def delete_holiday(context: Context, day: date, actor: Actor) -> None:
    """Make a holiday an ordinary day again."""
    actor.must_be(*ADMINS)
    async with context.store.sessions.begin() as session:
        if not await queries.delete_holiday(session, day):
            raise NotFound("There is no such holiday.")
        await audit.write(session, actor, "delete", f"holidays/{day}")


def read_holidays(text: str) -> tuple[Holiday, ...]:
    """Read lines of `day,name,counts_as`; Invalid where one is wrong.

    The name may be left out, and the weekday that the day counts as too: 7, a day
    off.
    """
    try:
        found = tuple(_holiday(line) for line in text.splitlines() if line.strip())
    except ValueError:
        field_error = FieldError("/holidays", "A line can't be read; see the example.")
        raise Invalid(field_error.detail, [field_error]) from None
    if len(found) > _MOST:
        field_error = FieldError("/holidays", f"More than {_MOST} lines.")
        raise Invalid(field_error.detail, [field_error])
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
