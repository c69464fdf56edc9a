"""Long texts: each part has a number and a receipt, and all of them make the whole."""

from collections.abc import AsyncIterator
from pathlib import Path
from uuid import UUID

import pytest

from centre.delivery import (
    attempt_queries,
    attempt_writes,
    parked_queries,
    part_queries,
)
from centre.receipts.intake import IntakeResult, ReceiptIntake
from channels.base import Acceptance, Sending
from channels.receipts import AccountReceipts, ProviderReceipt
from core.models import Receipt, delivery_id
from core.words import Channel, Outcome
from db.store import Store
from tests.support.api.rig import Rig, running_api
from tests.support.channels.fakes import NOW
from tests.support.channels.gateways import LONG as LONG_TEXT
from tests.support.channels.gateways import (
    NAMES,
    PROTOCOLS,
    Protocol,
    gateways,
    text_to,
)
from tests.support.sandbox.rig import new_number
from tests.support.workflows.activities import booking_store
from tests.support.workflows.deliveries import ScriptedSender, deliver, rows, task

LONG = Acceptance(
    provider="scripted", provider_message_id="p-1", part_ids=("p-1", "p-2", "p-3")
)


def report(number: str, outcome: Outcome = Outcome.DELIVERED) -> ProviderReceipt:
    return ProviderReceipt(
        channel=Channel.SMS,
        provider="scripted",
        provider_message_id=number,
        outcome=outcome,
        code="DELIVRD" if outcome is Outcome.DELIVERED else "UNDELIV",
        at=NOW,
    )


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    async with booking_store(tmp_path) as opened:
        yield opened


@pytest.fixture
async def rig(tmp_path: Path) -> AsyncIterator[Rig]:
    async with running_api(tmp_path / "var") as running:
        yield running


async def sent(rig: Rig, taken: Acceptance = LONG, account: str | None = None) -> UUID:
    """Send a message whose text went out in three parts."""
    message_id = await rig.sent(await rig.client(account or "his"))
    async with rig.context.store.sessions.begin() as session:
        begun = await attempt_writes.begin_attempt(
            session,
            delivery_id=delivery_id(message_id, Channel.SMS, 1),
            message_id=message_id,
            channel=Channel.SMS,
            provider=taken.provider,
            account=account,
        )
        await attempt_writes.end_attempt(
            session,
            begun.id,
            "accepted",
            provider_message_id=taken.provider_message_id,
        )
        await part_queries.write_parts(session, begun.id, taken.part_ids)
    return message_id


def desk(rig: Rig) -> ReceiptIntake:
    return ReceiptIntake(rig.context)


def told(rig: Rig) -> list[Outcome]:
    orders = (order for _, _, order in rig.flows.orders)
    return [order.outcome for order in orders if isinstance(order, Receipt)]


async def test_a_text_has_arrived_with_its_last_part_whatever_the_order(
    rig: Rig,
) -> None:
    await sent(rig)
    take = desk(rig).take
    for number in ("p-3", "p-1", "p-3", "p-1"):
        assert await take(report(number)) is IntakeResult.APPLIED
        assert told(rig) == []
    assert await take(report("p-2")) is IntakeResult.APPLIED
    assert told(rig) == [Outcome.DELIVERED]
    for number in LONG.part_ids * 30:
        assert await take(report(number)) is IntakeResult.REPEATED
    assert told(rig) == [Outcome.DELIVERED]


async def test_one_part_that_failed_fails_the_text(rig: Rig) -> None:
    await sent(rig)
    take = desk(rig).take
    await take(report("p-1"))
    await take(report("p-3", Outcome.FAILED))
    assert told(rig) == [Outcome.FAILED]
    await take(report("p-2"))
    assert told(rig) == [Outcome.FAILED]


async def test_a_number_of_no_part_is_parked(rig: Rig) -> None:
    await sent(rig)
    assert await desk(rig).take(report("p-4")) is IntakeResult.PARKED


@pytest.mark.parametrize("protocol", PROTOCOLS, ids=NAMES)
async def test_a_gateways_receipts_of_all_parts_are_one_signal(
    rig: Rig, protocol: Protocol
) -> None:
    with gateways(receipt_after=0.5) as sandbox:
        async with protocol.sender(protocol.port(sandbox)) as (sender, inbox):
            taken = await sender.send(text_to(new_number(), LONG_TEXT))
            await sent(rig, taken)
            for receipt in await inbox.of(taken):
                await desk(rig).take(receipt)
    assert told(rig) == [Outcome.DELIVERED]


async def test_a_number_that_two_gateways_use_is_told_apart(rig: Rig) -> None:
    first = await sent(rig, account="mobile")
    second = await sent(rig, account="unicom")
    for number in LONG.part_ids:
        await AccountReceipts(desk(rig), "mobile")([report(number)])
    assert [message for _, message, _ in rig.flows.orders] == [first]
    for number in LONG.part_ids:
        await AccountReceipts(desk(rig), "unicom")([report(number)])
    assert [message for _, message, _ in rig.flows.orders] == [first, second]


async def test_receipts_before_the_answer_make_the_whole_too(store: Store) -> None:
    """Those that come while the provider answers are parked; the call finds them."""
    work = task()

    class Early(ScriptedSender):
        async def send(self, sending: Sending) -> Acceptance:
            async with store.sessions.begin() as session:
                for number in LONG.part_ids:
                    await parked_queries.park(session, early(number))
            return await super().send(sending)

    result = await deliver(store, Early(LONG), work)
    assert result.outcome is Outcome.DELIVERED
    assert await rows(store, work) == [("accepted", None)]
    async with store.sessions() as session:
        for number in LONG.part_ids:
            assert not await parked_queries.parked(session, "scripted", number)


async def test_some_parts_before_the_answer_are_noted_and_no_more(store: Store) -> None:
    work = task()

    class Early(ScriptedSender):
        async def send(self, sending: Sending) -> Acceptance:
            async with store.sessions.begin() as session:
                await parked_queries.park(session, early("p-2"))
            return await super().send(sending)

    result = await deliver(store, Early(LONG), work)
    assert (result.outcome, result.provider_message_id) == (Outcome.ACCEPTED, "p-1")
    async with store.sessions.begin() as session:
        (attempt,) = await attempt_queries.attempts_of(session, work.delivery_id)
        whole = [
            await part_queries.note_part(session, attempt.id, number, Outcome.DELIVERED)
            for number in ("p-1", "p-3")
        ]
    assert whole == [None, Outcome.DELIVERED]


def early(number: str) -> ProviderReceipt:
    return ProviderReceipt(
        channel=Channel.SMS,
        provider="scripted",
        provider_message_id=number,
        outcome=Outcome.DELIVERED,
        code="DELIVRD",
        at=NOW,
    )


async def test_a_number_that_came_too_late_finds_what_came_before_it(
    rig: Rig,
) -> None:
    """Unknown, then the report under a number nobody knew, then the late answer."""
    message_id = await rig.sent(await rig.client())
    delivery = delivery_id(message_id, Channel.SMS, 1)
    async with rig.context.store.sessions.begin() as session:
        begun = await attempt_writes.begin_attempt(
            session,
            delivery_id=delivery,
            message_id=message_id,
            channel=Channel.SMS,
            provider="scripted",
        )
        await attempt_writes.end_attempt(session, begun.id, "unknown", code="timeout")
    assert await desk(rig).take(report("p-9")) is IntakeResult.PARKED
    answer = report("p-9", Outcome.ACCEPTED)
    await desk(rig).take(answer.model_copy(update={"sending_id": delivery}))
    assert Outcome.DELIVERED in told(rig)
    async with rig.context.store.sessions() as session:
        (attempt,) = await attempt_queries.attempts_of(session, delivery)
        assert not await parked_queries.parked(session, "scripted", "p-9")
    assert (attempt.state, attempt.provider_message_id) == ("accepted", "p-9")
    assert attempt.receipt_outcome is Outcome.DELIVERED
