"""Access tokens: one refresh however many ask, and never more than needed."""

import asyncio
from datetime import timedelta

import pytest

from channels.kit.http import deadline
from channels.kit.tokens import MemoryTokenStore, OfAccount, Token, Tokens, new_token
from core.errors import DeliveryError, Misconfigured, ProviderDown
from tests.support.channels.fakes import NOW, Clock


class Issuer:
    """Issues tokens t1, t2 …, or the one and only, or fails."""

    def __init__(self, clock: Clock, life: int = 7200, delay: float = 0.01) -> None:
        self.clock = clock
        self.life = life
        self.delay = delay
        self.number = 1
        self.forced: list[bool] = []
        self.error: DeliveryError | None = None

    async def __call__(self, *, force: bool) -> Token:
        self.forced.append(force)
        await asyncio.sleep(self.delay)
        if self.error:
            raise self.error
        if force:
            self.number += 1
        return new_token(f"t{self.number}", self.life, self.clock())


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def issuer(clock: Clock) -> Issuer:
    return Issuer(clock)


@pytest.fixture
def tokens(issuer: Issuer, clock: Clock) -> Tokens:
    return Tokens("wechat", "wx1", issuer, MemoryTokenStore(), clock)


async def test_two_hundred_at_once_fetch_once(tokens: Tokens, issuer: Issuer) -> None:
    got = await asyncio.gather(*(tokens.current(deadline()) for _ in range(200)))
    assert set(got) == {"t1"}
    assert issuer.forced == [False]


async def test_two_hundred_refusals_renew_once(tokens: Tokens, issuer: Issuer) -> None:
    await tokens.current(deadline())
    issuer.number = 2
    got = await asyncio.gather(*(tokens.renew("t1", deadline()) for _ in range(200)))
    assert set(got) == {"t2"}
    assert issuer.forced == [False, False]


async def test_a_late_refusal_of_an_old_token_renews_nothing(
    tokens: Tokens, issuer: Issuer
) -> None:
    await tokens.current(deadline())
    issuer.number = 2
    assert await tokens.renew("t1", deadline()) == "t2"
    assert await tokens.renew("t1", deadline()) == "t2"
    assert len(issuer.forced) == 2


async def test_the_same_token_again_is_forced_and_then_left_alone_for_30_s(
    tokens: Tokens, issuer: Issuer, clock: Clock
) -> None:
    await tokens.current(deadline())
    assert await tokens.renew("t1", deadline()) == "t2"
    assert issuer.forced == [False, False, True]
    assert await tokens.renew("t2", deadline()) == "t2"
    assert issuer.forced == [False, False, True]
    clock.forward(seconds=31)
    assert await tokens.renew("t2", deadline()) == "t3"


async def test_renewed_before_the_end(
    tokens: Tokens, issuer: Issuer, clock: Clock
) -> None:
    await tokens.current(deadline())
    clock.forward(seconds=7200 - 301)
    assert await tokens.current(deadline()) == "t1"
    assert len(issuer.forced) == 1
    issuer.number = 2
    clock.forward(seconds=2)
    assert await tokens.current(deadline()) == "t2"
    assert issuer.forced == [False, False]


async def test_near_its_end_the_same_token_is_asked_for_once_a_minute(
    clock: Clock,
) -> None:
    issuer = Issuer(clock, life=200)
    tokens = Tokens("wecom", "c", issuer, MemoryTokenStore(), clock)
    for _ in range(10):
        await tokens.current(deadline())
    assert len(issuer.forced) == 1
    clock.forward(seconds=61)
    await tokens.current(deadline())
    assert len(issuer.forced) == 2


async def test_an_old_token_serves_while_its_successor_cannot_be_had(
    tokens: Tokens, issuer: Issuer, clock: Clock
) -> None:
    await tokens.current(deadline())
    clock.forward(seconds=7000)
    issuer.error = ProviderDown("down")
    for _ in range(5):
        assert await tokens.current(deadline()) == "t1"
    assert len(issuer.forced) == 2
    clock.forward(seconds=31)
    assert await tokens.current(deadline()) == "t1"
    assert len(issuer.forced) == 3
    clock.forward(seconds=200)
    with pytest.raises(ProviderDown):
        await tokens.current(deadline())


async def test_who_waits_shares_the_failure(tokens: Tokens, issuer: Issuer) -> None:
    issuer.error = Misconfigured("wrong secret", code="40125")
    asked = (tokens.current(deadline()) for _ in range(200))
    got = await asyncio.gather(*asked, return_exceptions=True)
    assert {type(error) for error in got} == {Misconfigured}
    assert {getattr(error, "code", None) for error in got} == {"40125"}
    assert len(issuer.forced) == 1
    issuer.error = None
    assert await tokens.current(deadline()) == "t1"


async def test_a_cancelled_fetch_leaves_the_next_one_to_fetch(
    tokens: Tokens, issuer: Issuer
) -> None:
    issuer.delay = 0.1
    first = asyncio.create_task(tokens.current(deadline()))
    second = asyncio.create_task(tokens.current(deadline()))
    await asyncio.sleep(0.02)
    first.cancel()
    assert await second == "t1"
    assert len(issuer.forced) == 2


async def test_two_processes_share_a_store(clock: Clock) -> None:
    store, issuer = MemoryTokenStore(), Issuer(clock)
    here = Tokens("wechat", "wx1", issuer, store, clock)
    there = Tokens("wechat", "wx1", issuer, store, clock)
    await here.current(deadline())
    issuer.number = 2
    assert await there.current(deadline()) == "t1"
    assert await there.renew("t1", deadline()) == "t2"
    assert await here.renew("t1", deadline()) == "t2"
    assert len(issuer.forced) == 2


async def test_two_processes_refresh_once_between_them(clock: Clock) -> None:
    store, issuer = MemoryTokenStore(), Issuer(clock, delay=0.1)
    here, there = (Tokens("wechat", "wx1", issuer, store, clock) for _ in range(2))
    asked = [t.current(deadline()) for t in (here, there) for _ in range(100)]
    assert set(await asyncio.gather(*asked)) == {"t1"}
    issuer.number = 2
    refused = [t.renew("t1", deadline()) for t in (here, there) for _ in range(100)]
    assert set(await asyncio.gather(*refused)) == {"t2"}
    assert issuer.forced == [False, False]


async def test_ahead_of_its_end_the_old_token_serves_who_does_not_refresh(
    clock: Clock,
) -> None:
    store, issuer = MemoryTokenStore(), Issuer(clock, delay=0.1)
    here, there = (Tokens("wechat", "wx1", issuer, store, clock) for _ in range(2))
    await here.current(deadline())
    await there.current(deadline())
    clock.forward(seconds=7000)
    issuer.number = 2
    renewing = asyncio.create_task(here.current(deadline()))
    await asyncio.sleep(0.02)
    assert await there.current(deadline()) == "t1"
    assert await renewing == "t2"
    assert await there.current(deadline()) == "t2"
    assert len(issuer.forced) == 2


async def test_accounts_with_other_keys_do_not_share(clock: Clock) -> None:
    store = MemoryTokenStore()
    issuers = [Issuer(clock), Issuer(clock)]
    issuers[1].number = 9
    got = [
        await Tokens("wechat", "wx1", issuer, OfAccount(store, scope), clock).current(
            deadline()
        )
        for scope, issuer in zip("ab", issuers, strict=True)
    ]
    assert got == ["t1", "t9"]


async def test_accounts_do_not_share(clock: Clock) -> None:
    store = MemoryTokenStore()
    issuers = [Issuer(clock), Issuer(clock)]
    issuers[1].number = 9
    got = [
        await Tokens("wechat", f"wx{n}", issuer, store, clock).current(deadline())
        for n, issuer in enumerate(issuers)
    ]
    assert got == ["t1", "t9"]


@pytest.mark.parametrize(
    ("life", "renew"),
    [(7200, 6900), (360, 60), (300, 60), (200, 60), (30, 30)],
)
def test_when_a_token_is_renewed(life: int, renew: int) -> None:
    token = new_token("t", life, NOW)
    assert token.renew_at == NOW + timedelta(seconds=renew)
    assert token.expires_at == NOW + timedelta(seconds=life)


def test_a_token_is_not_shown() -> None:
    assert "geheim" not in repr(new_token("geheim", 7200, NOW))


async def test_no_token_in_time_is_known_not_sent(
    tokens: Tokens, issuer: Issuer
) -> None:
    issuer.delay = 5
    with pytest.raises(ProviderDown):
        await tokens.current(deadline(0.05))
    issuer.delay = 0
    assert await tokens.current(deadline()) == "t1"
