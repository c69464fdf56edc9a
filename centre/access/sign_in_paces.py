"""How fast sign-ins may be tried under one name, and from one address.

Turns, as in the generic cell rate algorithm (ITU-T I.371): so many at once, then
one after a while. Who comes too early waits a little, who comes much too early is
asked to come again. Nothing is ever locked, so that nobody can be locked out.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from sqlmodel import col, delete, select

from centre.access.tables import SignInPaceRow
from core.errors import TooManyRequests
from db.columns import utc_now
from db.session import Session
from db.sql import dialect_of, insert_into, lock, table_of

# So long somebody waits for their turn; there is one of each pace in this time.
LONGEST_WAIT = timedelta(seconds=4)


class Pace(NamedTuple):
    """So many turns at once, then one every so often."""

    at_once: int
    every: timedelta

    def wait(self, free_at: datetime, now: datetime) -> timedelta:
        """Return how long after now the turn is that ends at `free_at`."""
        return max(free_at - self.every * self.at_once - now, timedelta(0))


# 20 and 900 an hour: a thousand addresses guess no faster at one name.
OF_NAME = Pace(20, timedelta(seconds=4))
# An address may be that of a whole ward, or of everybody behind one proxy.
OF_ADDRESS = Pace(50, timedelta(seconds=3))


async def take_turn(session: Session, paces: Mapping[str, Pace]) -> timedelta:
    """Take a turn at each of these; return how long it is until then.

    TooManyRequests, and no turn is taken, where that is too long to wait.
    """
    await lock(session, "sign-in-paces")
    now = utc_now()
    old = delete(SignInPaceRow).where(col(SignInPaceRow.free_at) < now)
    await session.exec(old)
    free = await _free_at(session, list(paces), now)
    taken = {key: free[key] + pace.every for key, pace in paces.items()}
    waits = [pace.wait(taken[key], now) for key, pace in paces.items()]
    longest = max(waits, default=timedelta(0))
    if longest > LONGEST_WAIT:
        text = "Too many sign-ins are tried at present."
        raise TooManyRequests(text, longest - LONGEST_WAIT)
    await _write(session, taken)
    return longest


async def give_back(session: Session, paces: Mapping[str, Pace]) -> None:
    """Give back a turn at each: somebody has signed in."""
    await lock(session, "sign-in-paces")
    free = await _free_at(session, list(paces), utc_now())
    await _write(session, {key: free[key] - pace.every for key, pace in paces.items()})


async def _free_at(
    session: Session, keys: Sequence[str], now: datetime
) -> dict[str, datetime]:
    wanted = select(SignInPaceRow).where(col(SignInPaceRow.key).in_(keys))
    rows = (await session.exec(wanted)).all()
    known = {row.key: max(row.free_at, now) for row in rows}
    return {key: known.get(key, now) for key in keys}


async def _write(session: Session, free: Mapping[str, datetime]) -> None:
    table = table_of(SignInPaceRow)
    for key, at in free.items():
        row = insert_into(dialect_of(session), table).values(key=key, free_at=at)
        newer = row.on_conflict_do_update(index_elements=["key"], set_={"free_at": at})
        await session.exec(newer)
