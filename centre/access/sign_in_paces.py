"""How fast sign-ins may be tried under one name, and from one address.

Turns, as in the generic cell rate algorithm (ITU-T I.371): so many at once, then
one after a while. Who comes too early waits a little, who comes much too early is
asked to come again. Nothing is ever locked, so that nobody can be locked out.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import NamedTuple

from centre.access import sign_in_pace_queries as queries
from core.clock import utc_now
from core.errors import TooManyRequests
from db.session import Session
from db.sql import lock

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
    await queries.forget_old(session, now)
    free = await queries.free_at(session, list(paces), now)
    taken = {key: free[key] + pace.every for key, pace in paces.items()}
    waits = [pace.wait(taken[key], now) for key, pace in paces.items()]
    longest = max(waits, default=timedelta(0))
    if longest > LONGEST_WAIT:
        text = "Too many sign-ins are tried at present."
        raise TooManyRequests(text, longest - LONGEST_WAIT)
    await queries.write(session, taken)
    return longest


async def give_back(session: Session, paces: Mapping[str, Pace]) -> None:
    """Give back a turn at each: somebody has signed in."""
    await lock(session, "sign-in-paces")
    free = await queries.free_at(session, list(paces), utc_now())
    await queries.write(
        session, {key: free[key] - pace.every for key, pace in paces.items()}
    )
