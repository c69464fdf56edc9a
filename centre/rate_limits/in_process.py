"""Rates kept in this process: token buckets per client, failures per caller.

Each API process counts for itself; with several, a client's rate holds for
each of them.
"""

import asyncio
import time
from collections import OrderedDict, deque
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta

from core.errors import TooManyRequests

Clock = Callable[[], float]
# So many callers are remembered; the longest unseen is forgotten first.
_REMEMBERED = 10_000


@dataclass
class _Bucket:
    tokens: float
    at: float


@dataclass
class Rates:
    """Lets each key take so many a minute, a minute's worth at once at most."""

    clock: Clock = time.monotonic
    _buckets: OrderedDict[str, _Bucket] = field(default_factory=OrderedDict)

    def take(self, key: str, per_minute: int | None) -> None:
        """Take one; TooManyRequests says when the next is there."""
        if per_minute is None:
            return
        now = self.clock()
        bucket = self._buckets.setdefault(key, _Bucket(per_minute, now))
        _touch(self._buckets, key)
        earned = (now - bucket.at) * per_minute / 60
        bucket.tokens = min(float(per_minute), bucket.tokens + earned)
        bucket.at = now
        if bucket.tokens < 1:
            wait = timedelta(seconds=(1 - bucket.tokens) * 60 / per_minute)
            raise TooManyRequests("This client's rate is used up.", wait)
        bucket.tokens -= 1


@dataclass
class Failures:
    """Refuses a key that failed too often within a time."""

    most: int
    within: timedelta
    clock: Clock = time.monotonic
    _seen: OrderedDict[str, deque[float]] = field(default_factory=OrderedDict)

    def check(self, key: str) -> None:
        """Raise TooManyRequests while a key has failed too often."""
        times = self._recent(key)
        if len(times) >= self.most:
            left = self.within.total_seconds() - (self.clock() - times[0])
            raise TooManyRequests(
                "Too many failed attempts.", timedelta(seconds=max(1.0, left))
            )

    def note(self, key: str) -> None:
        """Remember one failure."""
        self._seen.setdefault(key, deque(maxlen=self.most)).append(self.clock())
        _touch(self._seen, key)

    def forget(self, key: str) -> None:
        """Forget a key's failures, once it has succeeded."""
        self._seen.pop(key, None)

    def _recent(self, key: str) -> deque[float]:
        times = self._seen.get(key, deque())
        since = self.clock() - self.within.total_seconds()
        while times and times[0] <= since:
            times.popleft()
        return times


class Gate:
    """Lets so many through at once and so many wait; the rest come again later."""

    def __init__(self, at_once: int, waiting: int) -> None:
        self._at_once = asyncio.Semaphore(at_once)
        self._room = at_once + waiting
        self._inside = 0

    async def __aenter__(self) -> None:
        if self._inside >= self._room:
            raise TooManyRequests("Too many at once.", timedelta(seconds=2))
        self._inside += 1
        try:
            await self._at_once.acquire()
        except BaseException:
            self._inside -= 1
            raise

    async def __aexit__(self, *_: object) -> None:
        self._inside -= 1
        self._at_once.release()


def _touch(
    known: OrderedDict[str, _Bucket] | OrderedDict[str, deque[float]], key: str
) -> None:
    known.move_to_end(key)
    while len(known) > _REMEMBERED:
        known.popitem(last=False)
