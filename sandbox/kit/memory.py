"""What a provider remembers for a while, in bounded room."""

from collections.abc import Callable, Hashable
from datetime import datetime, timedelta
from typing import Generic, TypeVar

Value = TypeVar("Value")


class Memory(Generic[Value]):
    """Values by key, each for its own time; the oldest go when it is full."""

    def __init__(self, room: int, clock: Callable[[], datetime]) -> None:
        self._room = room
        self._clock = clock
        self._kept: dict[Hashable, tuple[datetime, Value]] = {}

    def recall(self, key: Hashable) -> Value | None:
        """Return what was kept under the key, if its time has not passed."""
        kept = self._kept.get(key)
        if kept is None or kept[0] <= self._clock():
            return None
        return kept[1]

    def keep(self, key: Hashable, value: Value, lasts: timedelta) -> None:
        """Remember the value from now on for as long as it lasts."""
        self._kept.pop(key, None)
        while len(self._kept) >= self._room:
            del self._kept[next(iter(self._kept))]
        self._kept[key] = (self._clock() + lasts, value)

    def clear(self) -> None:
        """Forget everything."""
        self._kept.clear()
