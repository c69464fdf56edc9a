"""How often something is told in a minute; the rest is counted and told in one line."""

import time
from collections import Counter
from collections.abc import Callable

_SECONDS = 60.0


class Cap:
    """Lets so many through a minute of each kind, and of all kinds together.

    `tell` gets the number left out when a minute is over and the next comes.
    """

    def __init__(
        self,
        each: int,
        in_all: int,
        tell: Callable[[int], None],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._each = each
        self._in_all = in_all
        self._tell = tell
        self._clock = clock
        self._seen: Counter[str] = Counter()
        self._told = self._left_out = 0
        self._until = clock() + _SECONDS

    def lets(self, kind: str) -> bool:
        """Tell whether one more of a kind is told; else it is counted."""
        if self._clock() >= self._until:
            self._begin_anew()
        full = self._told >= self._in_all
        if full or self._seen[kind] >= self._each:
            self._left_out += 1
            return False
        self._seen[kind] += 1
        self._told += 1
        return True

    def _begin_anew(self) -> None:
        left_out, self._told, self._left_out = self._left_out, 0, 0
        self._seen.clear()
        self._until = self._clock() + _SECONDS
        if left_out:
            self._tell(left_out)
