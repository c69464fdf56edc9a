"""Deliveries leave an account that turns slow, or goes silent, and come back to it."""

import asyncio
import random
from collections import Counter
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from centre.accounts.routing import route_once
from centre.accounts.traffic_queries import deductions
from channels.base import Acceptance, Sending
from channels.breaker import Breaker
from channels.provider import Account, Accounts
from channels.router import Route, Router
from core.errors import OutcomeUnknown
from core.traffic_shares import RoutingRules
from core.words import Channel, Outcome
from db.store import Store
from tests.support.channels.accounts import route
from tests.support.waiting import eventually
from tests.support.workflows.activities import booking_store
from tests.support.workflows.deliveries import ScriptedSender, deliver_through, task

# A quarter of an hour is four seconds here; a call that takes a second is not slow
# yet, for the machine may be.
RULES = RoutingRules(
    slow_call_seconds=1.0,
    slow_window_seconds=4.0,
    slow_pause_seconds=0,
    quiet_seconds=0.3,
    least_calls=3,
    points=25,
    breaker_failures=3,
    breaker_pause_seconds=2.0,
)


class PacedSender(ScriptedSender):
    """A provider that takes everything, after a while; or gives no answer."""

    def __init__(self) -> None:
        super().__init__()
        self.delay = 0.0
        self.silent = False

    async def send(self, sending: Sending) -> Acceptance:
        self.sent.append(sending)
        await asyncio.sleep(self.delay)
        if self.silent:
            raise OutcomeUnknown("no answer")
        return Acceptance(provider=self.provider)


class Two:
    """Two accounts of one channel, and the traffic between them."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.senders = {code: PacedSender() for code in ("a", "b")}
        self.router = Router(
            [
                Route(sender, account(code), Breaker(RULES))
                for code, sender in self.senders.items()
            ],
            random.Random(11).random,
        )
        self.accounts: Accounts = tuple(map(account, self.senders))

    async def send(self, count: int) -> Counter[str]:
        """Send so many; return how many each account was given."""
        before = {code: len(s.sent) for code, s in self.senders.items()}
        for _ in range(count // 10):
            await asyncio.gather(
                *(deliver_through(self.store, self.router, task()) for _ in range(10))
            )
            await self.follow()
        return Counter(
            {code: len(s.sent) - before[code] for code, s in self.senders.items()}
        )

    async def follow(self) -> None:
        """Apply the rules, and take up what they say."""
        await route_once(self.store, self.accounts, RULES, "me")
        async with self.store.sessions() as session:
            self.router.weigh(await deductions(session))

    async def even(self) -> bool:
        """Apply the rules; tell whether they take nothing from either."""
        await self.follow()
        async with self.store.sessions() as session:
            taken = (await deductions(session))[Channel.SMS]
        return not any(one.points for one in taken.values())


def account(code: str) -> Account:
    found = route(code, 50).account
    assert found
    return found


@pytest.fixture
async def two(tmp_path: Path) -> AsyncIterator[Two]:
    async with booking_store(tmp_path) as store:
        yield Two(store)


async def test_a_slow_account_loses_its_traffic_and_gets_it_back(two: Two) -> None:
    assert min((await two.send(40)).values()) >= 10
    two.senders["a"].delay = 1.2
    await two.send(60)
    assert (await two.send(20))["a"] <= 2
    two.senders["a"].delay = 0.0
    await eventually(two.even)
    assert min((await two.send(40)).values()) >= 10


async def test_with_all_slow_nothing_moves(two: Two) -> None:
    for sender in two.senders.values():
        sender.delay = 1.2
    await two.send(40)
    assert min((await two.send(40)).values()) >= 10


async def test_a_silent_account_is_left_alone_and_nobody_waits_for_it(
    two: Two,
) -> None:
    """Its own calls stay unknown; those after go by the other account at once."""
    two.senders["a"].silent = True
    await two.send(30)
    given = len(two.senders["a"].sent)
    results = [await deliver_through(two.store, two.router, task()) for _ in range(10)]
    assert {result.outcome for result in results} == {Outcome.ACCEPTED}
    assert len(two.senders["a"].sent) == given
    two.senders["a"].silent = False
    await eventually(lambda: two.send(40), lambda given: given["a"] >= 10)
    assert two.router.route(Channel.SMS, "a") is not None
