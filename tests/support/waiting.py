"""Waiting for what must come to be so, however busy the machine is.

A test never sleeps for as long as something usually takes: it waits for the thing
itself, and fails with what was there instead.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import TypeVar

T = TypeVar("T")
WITHIN = 30.0
_PAUSE = 0.05


async def eventually(
    ask: Callable[[], Awaitable[T]],
    met: Callable[[T], object] = bool,
    *,
    within: float = WITHIN,
    despite: type[Exception] | tuple[type[Exception], ...] = (),
) -> T:
    """Return what is answered, once that is met; AssertionError with the last answer.

    Errors of `despite` count as an answer that is not met.
    """
    said: object = None
    try:
        async with asyncio.timeout(within):
            while True:
                try:
                    answer = await ask()
                except despite as error:
                    said = error
                else:
                    if met(answer):
                        return answer
                    said = answer
                await asyncio.sleep(_PAUSE)
    except TimeoutError:
        raise AssertionError(f"after {within} s it is still {said!r}") from None


async def until(condition: Callable[[], object], within: float = WITHIN) -> None:
    """Return once something in reach of this process is so."""

    async def ask() -> object:
        return condition()

    await eventually(ask, within=within)


def until_so(condition: Callable[[], object], within: float = WITHIN) -> None:
    """Return once something is so, where no loop runs."""
    deadline = time.monotonic() + within
    while not condition():
        assert time.monotonic() < deadline, f"it is not so after {within} s"
        time.sleep(_PAUSE)
