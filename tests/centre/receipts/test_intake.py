"""Receipts on both databases: parked once, found once, of the right account only."""

import asyncio
import random
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import update

from centre.context import Context
from centre.delivery import attempt_queries, attempt_writes
from centre.delivery import parked_queries as store_parked
from centre.delivery.models import Attempt
from centre.delivery.parked_queries import MOST_PARKED, RETENTION
from centre.delivery.tables import ParkedReceiptRow
from centre.receipts import queries as receipts
from centre.receipts import writes as receipt_writes
from centre.receipts.intake import IntakeResult, ReceiptIntake
from channels.receipts import ProviderReceipt
from core.models import delivery_id
from core.settings import Settings
from core.words import Channel, Outcome
from db.sql import table_of
from db.store import Store
from tests.support.stores.rig import ACTOR, KEYRING
from tests.support.workflows.flows import FakeFlows

AT = datetime(2026, 11, 25, 3, tzinfo=UTC)


def intake(store: Store) -> ReceiptIntake:
    return ReceiptIntake(Context(Settings(), KEYRING, store, FakeFlows()))


def early(number: str = "n-1", outcome: Outcome = Outcome.DELIVERED) -> ProviderReceipt:
    return ProviderReceipt(
        channel=Channel.SMS,
        provider="aliyun",
        provider_message_id=number,
        outcome=outcome,
        at=AT,
    )


async def parked(store: Store, number: str = "n-1") -> list[Outcome]:
    async with store.sessions() as session:
        found = await store_parked.parked(session, "aliyun", number)
    return [receipt.outcome for receipt in found]


async def park(store: Store, *several: ProviderReceipt) -> None:
    for receipt in several:
        async with store.sessions.begin() as session:
            await store_parked.park(session, receipt)


async def test_what_is_parked_is_there_once_and_in_order(store: Store) -> None:
    for _ in range(3):
        await park(store, early(outcome=Outcome.READ), early())
    await park(store, early("n-2"))
    assert await parked(store) == [Outcome.DELIVERED, Outcome.READ]
    async with store.sessions.begin() as session:
        await store_parked.unpark(session, "aliyun", "n-1")
    assert await parked(store) == []
    assert await parked(store, "n-2") == [Outcome.DELIVERED]


async def test_what_nobody_claims_is_forgotten(store: Store) -> None:
    await park(store, early())
    old = AT - RETENTION - timedelta(days=1)
    async with store.sessions.begin() as session:
        connection = await session.connection()
        await connection.execute(
            update(table_of(ParkedReceiptRow)).values(parked_at=old)
        )
    await park(store, early("n-2"))
    assert await parked(store) == []


async def test_an_addresss_generation_counts_up(store: Store) -> None:
    place = (Channel.SMS, "default")
    async with store.sessions.begin() as session:
        assert await receipts.generations(session) == {}
        assert await receipt_writes.renew(session, *place, ACTOR.who) == 1
        assert await receipt_writes.renew(session, *place, ACTOR.who) == 2
        assert await receipts.generations(session) == {place: 2}


async def taken(store: Store, account: str | None, number: str = "n-1") -> Attempt:
    """Write an attempt that the provider took."""
    message_id = uuid4()
    async with store.sessions.begin() as session:
        made = await attempt_writes.begin_attempt(
            session,
            delivery_id=delivery_id(message_id, Channel.SMS, 1),
            message_id=message_id,
            channel=Channel.SMS,
            provider="aliyun",
            account=account,
        )
        await attempt_writes.end_attempt(
            session, made.id, "accepted", provider_message_id=number
        )
    return made


def reported(**changes: Any) -> ProviderReceipt:
    facts: dict[str, Any] = {
        "channel": Channel.SMS,
        "provider": "aliyun",
        "provider_message_id": "n-1",
        "outcome": Outcome.DELIVERED,
        "at": AT,
    }
    return ProviderReceipt(**facts | changes)


async def noted(store: Store, attempt: Attempt) -> Outcome | None:
    async with store.sessions() as session:
        [found] = await attempt_queries.attempts_of(session, attempt.delivery_id)
    return found.receipt_outcome


@pytest.mark.parametrize(
    ("account", "told", "taking"),
    [
        ("default", "default", IntakeResult.APPLIED),
        ("default", None, IntakeResult.APPLIED),
        (None, "default", IntakeResult.APPLIED),
        ("default", "second", IntakeResult.PARKED),
    ],
)
async def test_a_receipt_counts_for_its_own_account(
    store: Store, account: str | None, told: str | None, taking: IntakeResult
) -> None:
    attempt = await taken(store, account)
    taker = intake(store)
    assert await taker.take(reported(account=told)) is taking
    applied = taking is IntakeResult.APPLIED
    assert await noted(store, attempt) == (Outcome.DELIVERED if applied else None)


async def test_an_outcome_of_an_attempt_only_moves_forward(store: Store) -> None:
    attempt = await taken(store, None)
    taker = intake(store)
    takings = [
        await taker.take(reported(outcome=outcome))
        for outcome in (Outcome.FAILED, Outcome.FAILED, Outcome.READ, Outcome.DELIVERED)
    ]
    again = IntakeResult.REPEATED
    assert takings == [IntakeResult.APPLIED, again, IntakeResult.APPLIED, again]
    assert await noted(store, attempt) is Outcome.READ


async def test_a_push_is_taken_in_together_and_answered_one_by_one(
    store: Store,
) -> None:
    attempt = await taken(store, None)
    taker = intake(store)
    stray = reported(provider_message_id=None, sending_id=UUID(int=1))
    several = [reported(provider_message_id=f"x-{n}") for n in range(50)]
    takings = await taker.take_all([reported(), stray, *several, reported()])
    assert takings == [
        *(IntakeResult.APPLIED, IntakeResult.UNKNOWN),
        *([IntakeResult.PARKED] * 50),
        IntakeResult.REPEATED,
    ]
    assert await noted(store, attempt) is Outcome.DELIVERED
    assert await parked(store, "x-49") == [Outcome.DELIVERED]


async def test_of_an_accounts_unknown_receipts_the_newest_are_kept(
    store: Store,
) -> None:
    other = early("other").model_copy(update={"account": "second"})
    await park(store, other)
    for start in range(0, MOST_PARKED + 1000, 1000):
        async with store.sessions.begin() as session:
            several = [early(f"x-{start + n}") for n in range(1000)]
            await store_parked.park(session, *several)
    assert await parked(store, "x-999") == []
    for number in ("x-1000", f"x-{MOST_PARKED + 999}", "other"):
        assert await parked(store, number) == [Outcome.DELIVERED]


async def test_an_id_that_is_nobodys_is_unknown(store: Store) -> None:
    taker = intake(store)
    stray = reported(provider_message_id=None, sending_id=UUID(int=1))
    assert await taker.take(stray) is IntakeResult.UNKNOWN
    assert await parked(store) == []


async def test_a_word_that_nobody_knows_changes_nothing(store: Store) -> None:
    attempt = await taken(store, None)
    taker = intake(store)
    strange = reported(outcome=Outcome.ACCEPTED, understood=False, code="NEWWORD")
    assert await taker.take(strange) is IntakeResult.NOT_UNDERSTOOD
    assert await noted(store, attempt) is None
    assert await parked(store) == []
    assert await taker.take(reported()) is IntakeResult.APPLIED


async def test_a_hundred_in_any_order_come_to_one_end(store: Store) -> None:
    attempt = await taken(store, "default")
    taker = intake(store)
    reportable = (Outcome.ACCEPTED, Outcome.FAILED, Outcome.DELIVERED, Outcome.READ)
    told = [reported(outcome=outcome) for outcome in reportable * 25]
    random.Random(5).shuffle(told)
    for first in range(0, len(told), 4):
        await asyncio.gather(*map(taker.take, told[first : first + 4]))
    assert await noted(store, attempt) is Outcome.READ
    assert {await taker.take(receipt) for receipt in told[:9]} == {
        IntakeResult.REPEATED
    }
