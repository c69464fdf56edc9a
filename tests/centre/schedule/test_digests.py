"""Groups of held messages: each is carried by one, whatever happens at once."""

import asyncio
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from centre.messages import status as progress
from centre.messages import writes as message_writes
from centre.schedule import digest_queries
from core.models import Message, Recipient
from core.words import Status
from db.store import Store
from tests.support.workflows.fakes import message

NOW = datetime(2026, 11, 25, 8, tzinfo=UTC)


async def join(store: Store, sent: Message) -> None:
    async with store.sessions.begin() as session:
        key = await digest_queries.hold_group(session, sent)
        await digest_queries.join(session, key, sent.id, NOW)


async def seal(store: Store, sent: Message) -> int:
    """Carry all that wait, unless another does; 0: one does."""
    async with store.sessions.begin() as session:
        key = await digest_queries.hold_group(session, sent)
        if await digest_queries.place(session, sent.id):
            return 0
        await digest_queries.seal(session, key, sent.id, NOW)
        doc = progress.with_status(progress.begin(sent), Status.DELIVERING, NOW)
        await message_writes.record(session, sent, doc)
        return await digest_queries.count(session, sent.id)


async def stand(
    store: Store, sent: Message, status: Status, at: datetime = NOW
) -> None:
    doc = progress.begin(sent)
    for step in (Status.DELIVERING, status):
        doc = progress.with_status(doc, step, at)
    async with store.sessions.begin() as session:
        await message_writes.record(session, sent, doc)


async def carrier(store: Store, sent: Message) -> UUID | None:
    async with store.sessions() as session:
        place = await digest_queries.place(session, sent.id)
    return place.carrier if place else None


async def waiting(store: Store, count: int) -> list[Message]:
    several = [message() for _ in range(count)]
    for sent in several:
        await join(store, sent)
    return several


async def test_of_many_at_once_one_carries_all(store: Store) -> None:
    several = await waiting(store, 8)
    counts = await asyncio.gather(*(seal(store, sent) for sent in several))
    assert sorted(counts) == [0] * 7 + [8]
    first = several[counts.index(8)]
    for sent in several:
        assert await carrier(store, sent) == (None if sent is first else first.id)


@pytest.mark.parametrize("end", [Status.CANCELLED, Status.EXPIRED])
async def test_what_a_carrier_gives_up_is_free(store: Store, end: Status) -> None:
    first, second, third = await waiting(store, 3)
    assert await seal(store, first) == 3
    await stand(store, first, end, NOW + timedelta(minutes=1))
    assert await carrier(store, second) is None
    assert await seal(store, second) == 2
    assert await carrier(store, third) == second.id


async def test_what_has_ended_by_itself_is_not_carried(store: Store) -> None:
    first, second, third = await waiting(store, 3)
    await stand(store, second, Status.CANCELLED)
    await stand(store, third, Status.DELIVERED)
    assert await seal(store, first) == 1


async def test_joining_again_leaves_a_carrier_that_gave_up(store: Store) -> None:
    first, second = await waiting(store, 2)
    await seal(store, first)
    await stand(store, first, Status.EXPIRED, NOW + timedelta(minutes=1))
    await join(store, second)
    async with store.sessions() as session:
        assert await digest_queries.count(session, first.id) == 1


async def test_another_recipient_channel_or_client_is_another_group(
    store: Store,
) -> None:
    sent = message()
    named = sent.recipient.identities
    fewer = Recipient(identities=dict(list(named.items())[:1]))
    one_stage = sent.plan.model_copy(update={"stages": sent.plan.stages[:1]})
    others = [
        sent,
        sent.model_copy(update={"client": "lis"}),
        sent.model_copy(update={"type": "report-ready"}),
        sent.model_copy(update={"recipient": fewer}),
        sent.model_copy(update={"plan": one_stage}),
    ]
    async with store.sessions.begin() as session:
        keys = [await digest_queries.hold_group(session, other) for other in others]
    assert len(set(keys)) == len(others)
