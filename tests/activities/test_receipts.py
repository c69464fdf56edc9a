"""Receipts that come before their attempt's end, and what a question brings."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from centre.delivery import attempt_queries
from centre.delivery import parked_queries as store_parked
from channels.base import Acceptance, Sending
from channels.receipts import ProviderReceipt
from channels.router import Route, Router
from core.errors import RecipientRefused
from core.words import Channel, Outcome, Reason
from db.store import Store
from tests.support.workflows.activities import booking_store
from tests.support.workflows.deliveries import (
    YES,
    AskableSender,
    ScriptedSender,
    ask_through,
    deliver,
    task,
)

AT = datetime(2026, 11, 25, 3, tzinfo=UTC)


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    async with booking_store(tmp_path) as store:
        yield store


async def park(store: Store, outcome: Outcome, number: str = "p-7") -> None:
    early = ProviderReceipt(
        channel=Channel.SMS,
        provider="scripted",
        provider_message_id=number,
        outcome=outcome,
        code="C",
        at=AT,
    )
    async with store.sessions.begin() as session:
        await store_parked.park(session, early)


async def parked(store: Store) -> int:
    async with store.sessions() as session:
        return len(await store_parked.parked(session, "scripted", "p-7"))


@pytest.mark.parametrize(
    ("reported", "outcome", "reason"),
    [
        ((Outcome.DELIVERED,), Outcome.DELIVERED, None),
        ((Outcome.FAILED,), Outcome.FAILED, Reason.RECEIPT_FAILED),
        ((Outcome.DELIVERED, Outcome.FAILED), Outcome.DELIVERED, None),
        ((Outcome.READ, Outcome.DELIVERED), Outcome.READ, None),
        ((Outcome.ACCEPTED,), Outcome.ACCEPTED, None),
        ((), Outcome.ACCEPTED, None),
    ],
)
async def test_what_came_early_is_found_when_the_call_ends(
    store: Store,
    reported: tuple[Outcome, ...],
    outcome: Outcome,
    reason: Reason | None,
) -> None:
    for one in reported:
        for _ in range(3):
            await park(store, one)
    assert await parked(store) == len(set(reported))
    work = task()
    result = await deliver(store, ScriptedSender(YES), work)
    assert (result.outcome, result.reason) == (outcome, reason)
    async with store.sessions() as session:
        [made] = await attempt_queries.attempts_of(session, work.delivery_id)
    if outcome is not Outcome.ACCEPTED:
        assert (made.receipt_outcome, made.receipt_code) == (outcome, "C")
        assert await parked(store) == 0


async def test_anothers_early_receipt_is_left(store: Store) -> None:
    await park(store, Outcome.DELIVERED, "p-8")
    result = await deliver(store, ScriptedSender(YES), task())
    assert result.outcome is Outcome.ACCEPTED


class RefusingSender(AskableSender):
    """A provider that says, once asked, that nobody was reached."""

    async def ask(self, sending: Sending) -> Acceptance | None:
        raise RecipientRefused("no", code="GONE")


@pytest.mark.parametrize("arrived", [True, False])
async def test_an_answer_is_kept_with_the_attempt(store: Store, arrived: bool) -> None:
    work, known = task(), Acceptance(provider="scripted", delivered=True)
    sender = AskableSender(known) if arrived else RefusingSender(None)
    await deliver(store, sender, work)
    if arrived:
        await ask_through(store, Router([Route(sender)]), work)
    else:
        with pytest.raises(RecipientRefused):
            await ask_through(store, Router([Route(sender)]), work)
    async with store.sessions() as session:
        [made] = await attempt_queries.attempts_of(session, work.delivery_id)
    expected = (Outcome.DELIVERED, None) if arrived else (Outcome.FAILED, "GONE")
    assert (made.receipt_outcome, made.receipt_code) == expected
