"""Where connections stand that have not signed in yet: few, and not for long.

Nobody knows who they are, so they may not hold more than a little of the process.
Where the room is full, who has waited longest gives way: a screen that means to
sign in does so at once.
"""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta

from core.errors import TooManyRequests

# A ward's screens may all come back at once, by one proxy's address.
MOST, MOST_OF_ONE = 500, 200
SIGN_IN_SECONDS = 2.0


@dataclass(eq=False)
class _Place:
    """One that waits; its `patience` is cut short where it has to give way."""

    address: str
    patience: asyncio.Timeout
    gives_way: bool = False


class Door:
    """Knows who waits to sign in, the longest first."""

    def __init__(
        self,
        most: int = MOST,
        most_of_one: int = MOST_OF_ONE,
        seconds: float = SIGN_IN_SECONDS,
    ) -> None:
        self._most = most
        self._most_of_one = most_of_one
        self._seconds = seconds
        self._waiting: dict[_Place, None] = {}
        self._of: Counter[str] = Counter()

    @asynccontextmanager
    async def waiting(self, address: str) -> AsyncIterator[None]:
        """Let one sign in; TimeoutError where it does not in time.

        TooManyRequests where it had to give way to those who came later.
        """
        place = _Place(address, asyncio.timeout(self._seconds))
        try:
            async with place.patience:
                self._waiting[place] = None
                self._of[address] += 1
                self._make_room(address)
                yield
        except TimeoutError:
            if not place.gives_way:
                raise
            later = timedelta(seconds=5)
            raise TooManyRequests("Too many wait to sign in.", later) from None
        finally:
            self._leave(place)

    def _make_room(self, address: str) -> None:
        if self._of[address] <= self._most_of_one:
            if len(self._waiting) <= self._most:
                return
            # Whoever has many others beside it has more to give than one screen.
            address = self._of.most_common(1)[0][0]
        oldest = next(place for place in self._waiting if place.address == address)
        oldest.gives_way = True
        oldest.patience.reschedule(0)
        self._leave(oldest)

    def _leave(self, place: _Place) -> None:
        if place not in self._waiting:
            return
        del self._waiting[place]
        self._of[place.address] -= 1
        if not self._of[place.address]:
            del self._of[place.address]
