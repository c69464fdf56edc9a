"""How many connections may stand at the door: those that have not signed in yet.

Nobody knows who they are, so they may not hold more than a little of the process.
"""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

from core.errors import TooManyRequests

# A ward's screens may all come back at once, by one proxy's address.
MOST, MOST_OF_ONE = 500, 200


class Door:
    """Counts who waits to sign in, in all and by address."""

    def __init__(self, most: int = MOST, most_of_one: int = MOST_OF_ONE) -> None:
        self._most = most
        self._most_of_one = most_of_one
        self._waiting: Counter[str] = Counter()

    @contextmanager
    def waiting(self, address: str) -> Iterator[None]:
        """Let one wait; TooManyRequests where too many do."""
        of_one = self._waiting[address]
        if self._waiting.total() >= self._most or of_one >= self._most_of_one:
            raise TooManyRequests("Too many wait to sign in.", timedelta(seconds=5))
        self._waiting[address] += 1
        try:
            yield
        finally:
            self._waiting[address] -= 1
            if not self._waiting[address]:
                del self._waiting[address]
