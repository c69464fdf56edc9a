"""How a time grows with its input: a ratio within one run, steady on a busy machine."""

import time
from collections.abc import Callable, Hashable
from typing import TypeVar

T = TypeVar("T")
S = TypeVar("S", bound=Hashable)

# Input eight times as long takes eight times as long, or 64 where it is quadratic.
TIMES, MOST = 8, 24
# Below it nothing is quadratic: that many steps take ten times as long at the least.
NOTHING = 0.01


def seconds(work: Callable[[T], object], value: T, runs: int = 1) -> float:
    """Return the CPU time of one run, the least of several."""
    best = float("inf")
    for _ in range(runs):
        began = time.thread_time()
        work(value)
        best = min(best, time.thread_time() - began)
    return best


def grows_evenly(
    work: Callable[[T], object], make: Callable[[int], T], size: int
) -> bool:
    """Tell whether the time of `work` grows no faster than its input, up to `size`."""
    large = make(size)
    if seconds(work, large) < NOTHING:
        return True
    small = make(size // TIMES)
    return any(
        seconds(work, large, runs) < MOST * seconds(work, small, runs * TIMES)
        for runs in (1, 3, 5)
    )
