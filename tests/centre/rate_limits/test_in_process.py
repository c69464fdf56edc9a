"""Rates, failures and gates: who is told to come again later."""

from datetime import timedelta

import pytest

from centre.rate_limits.in_process import Failures, Gate, Rates
from core.errors import TooManyRequests


class Clock:
    """A clock that stands until told to go on."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def test_a_bucket_fills_again() -> None:
    clock = Clock()
    rates = Rates(clock)
    for _ in range(60):
        rates.take("his", 60)
    with pytest.raises(TooManyRequests) as caught:
        rates.take("his", 60)
    assert caught.value.retry_after.total_seconds() == pytest.approx(1)
    clock.now += 1
    rates.take("his", 60)
    with pytest.raises(TooManyRequests):
        rates.take("his", 60)
    rates.take("lis", None)


def test_failures_are_forgotten_in_time() -> None:
    clock = Clock()
    failures = Failures(2, timedelta(minutes=1), clock)
    failures.note("a")
    failures.check("a")
    failures.note("a")
    with pytest.raises(TooManyRequests):
        failures.check("a")
    failures.check("b")
    clock.now += 61
    failures.check("a")


async def test_a_gate_turns_away_who_finds_it_full() -> None:
    gate = Gate(at_once=1, waiting=0)
    async with gate:
        with pytest.raises(TooManyRequests):
            async with gate:
                pass
    async with gate:
        pass
