"""Which account a call takes: by shares, past open breakers and full accounts."""

import asyncio
import random
from collections import Counter

import pytest

from channels.router import Route, Router
from core.errors import ContentRefused, OutcomeUnknown, ProviderDown, RateLimited
from core.traffic_shares import Deduction
from core.words import Channel
from tests.support.channels.accounts import route
from tests.support.channels.fakes import Clock


def first(router: Router) -> Counter[str]:
    """Return how often each account came first of 4,000 times."""
    return Counter(router.choices(Channel.SMS)[0].code for _ in range(4000))


def test_accounts_are_drawn_by_their_weights() -> None:
    dice = random.Random(7).random
    router = Router([route("a", 70), route("b", 30), route("c", 0)], dice)
    seen = first(router)
    assert abs(seen["a"] / 4000 - 0.7) < 0.03
    assert not seen["c"]
    assert [r.code for r in router.choices(Channel.SMS)][-1] == "c"
    router.weigh({Channel.SMS: {"a": Deduction(points=40)}})
    assert abs(first(router)["a"] / 4000 - 0.5) < 0.03


def test_what_was_tried_comes_last_but_comes() -> None:
    router = Router([route("a", 100), route("b", 0)])
    assert [r.code for r in router.choices(Channel.SMS)] == ["a", "b"]
    assert [r.code for r in router.choices(Channel.SMS, {"a"})] == ["b", "a"]


async def fail(of: Route, times: int, error: type[Exception]) -> None:
    for _ in range(times):
        with pytest.raises(error):
            async with of.call():
                raise error("no")


@pytest.mark.parametrize("error", [ProviderDown, OutcomeUnknown])
async def test_a_breaker_opens_lets_one_probe_through_and_closes(
    error: type[Exception],
) -> None:
    clock = Clock()
    a, b = route("a", 100, clock), route("b", 0, clock)
    router = Router([a, b])
    await fail(a, 2, error)
    await fail(a, 1, ContentRefused)  # an answer
    await fail(a, 2, error)
    assert a.breaker.closed
    await fail(a, 1, error)
    assert [r.code for r in router.choices(Channel.SMS)] == ["b"]
    with pytest.raises(ProviderDown):
        async with a.call():
            raise AssertionError("not called")
    clock.forward(seconds=30)
    async with a.call():
        assert [r.code for r in router.choices(Channel.SMS)] == ["b"]
    assert a.breaker.closed
    await fail(a, 3, error)
    clock.forward(seconds=30)
    await fail(a, 1, error)  # the probe
    clock.forward(seconds=29)
    assert not a.breaker.admits()


async def test_a_probe_that_is_cancelled_leaves_room_for_another() -> None:
    clock = Clock()
    a = route("a", 100, clock)
    await fail(a, 3, ProviderDown)
    clock.forward(seconds=30)
    with pytest.raises(asyncio.CancelledError):
        async with a.call():
            raise asyncio.CancelledError
    assert a.breaker.admits()


async def test_a_full_account_is_passed_over_and_waited_for_where_it_is_alone() -> None:
    a, b = route("a", 100, most=1), route("b", 0)
    router = Router([a, b])
    async with a.call():
        assert [r.code for r in router.choices(Channel.SMS)] == ["b", "a"]
        waiting = asyncio.create_task(_enter(a))
        await asyncio.sleep(0)
        assert not waiting.done()
        idle = asyncio.create_task(a.idle())
    await waiting
    await idle
    assert not a.under_way


async def _enter(of: Route) -> None:
    async with of.call():
        pass


async def test_our_own_limit_says_nothing_of_the_provider() -> None:
    a = route("a", 100, most=1)
    await fail(a, 2, ProviderDown)
    a._slots = None if a._slots is None else type(a._slots)("aliyun", 1, 0.01)
    async with a.call():
        with pytest.raises(RateLimited):
            await _enter(a)
    assert a.breaker.closed
