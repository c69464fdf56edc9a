"""Answers that many ask for and one question serves, within one process."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Generic, TypeVar

T = TypeVar("T")


class Shared(Generic[T]):
    """An answer that is asked for again once it is too old."""

    def __init__(self, kept: timedelta) -> None:
        self._kept = kept.total_seconds()
        self._answer: T | None = None
        self._until = 0.0
        self._one = asyncio.Lock()

    async def get(self, ask: Callable[[], Awaitable[T]]) -> T:
        """Return the answer; who comes while it is asked for waits for it."""
        async with self._one:
            if self._answer is None or time.monotonic() >= self._until:
                self._answer = await ask()
                self._until = time.monotonic() + self._kept
            return self._answer

    def forget(self) -> None:
        """Ask anew next time: something was changed."""
        self._until = 0.0
