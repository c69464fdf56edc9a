"""Attempts and the inbox: one row per call, one item per delivery."""

import asyncio
from uuid import UUID, uuid4

from centre.delivery import attempt_queries, attempt_writes
from centre.delivery.models import Attempt, AttemptState
from centre.workstations import inbox_queries as inbox
from core.models import Address
from core.words import Channel, IdentityType
from db.store import Store

PATIENT = Address(type=IdentityType.EMPI_ID, value="E1")
OTHER = Address(type=IdentityType.PATIENT_ID, value="E1")


async def start(store: Store, delivery: UUID, message: UUID) -> Attempt:
    async with store.sessions.begin() as session:
        return await attempt_writes.begin_attempt(
            session,
            delivery_id=delivery,
            message_id=message,
            channel=Channel.SMS,
            provider="aliyun",
        )


async def end(
    store: Store, attempt: Attempt, state: AttemptState, biz_id: str | None = None
) -> None:
    async with store.sessions.begin() as session:
        await attempt_writes.end_attempt(
            session, attempt.id, state, code="OK", provider_message_id=biz_id
        )


async def test_attempts_are_counted_per_delivery(store: Store) -> None:
    message, delivery = uuid4(), uuid4()
    first = await start(store, delivery, message)
    second = await start(store, delivery, message)
    elsewhere = await start(store, uuid4(), message)
    assert [a.number for a in (first, second, elsewhere)] == [1, 2, 1]
    assert first.state == "sending"
    async with store.sessions() as session:
        assert await attempt_queries.attempts_of(session, delivery) == (first, second)
        of_message = await attempt_queries.attempts_of_message(session, message)
    assert of_message == (first, second, elsewhere)


async def test_an_end_is_written_and_stays(store: Store) -> None:
    attempt = await start(store, uuid4(), uuid4())
    await end(store, attempt, "unknown")
    await end(store, attempt, "accepted", "biz-1")
    await end(store, attempt, "failed", "biz-2")
    async with store.sessions() as session:
        (stored,) = await attempt_queries.attempts_of(session, attempt.delivery_id)
    assert (stored.state, stored.provider_message_id, stored.code) == (
        "accepted",
        "biz-1",
        "OK",
    )
    assert stored.ended_at is not None
    assert stored.ended_at >= stored.started_at == attempt.started_at


async def test_a_reference_finds_it_until_the_providers_number_is_known(
    store: Store,
) -> None:
    async with store.sessions.begin() as session:
        attempt = await attempt_writes.begin_attempt(
            session,
            delivery_id=uuid4(),
            message_id=uuid4(),
            channel=Channel.VOICE,
            provider="aliyun",
            reference="ref-1",
        )
    found: list[tuple[bool, bool]] = []
    ends: list[tuple[AttemptState, str | None]] = [
        ("unknown", None),
        ("accepted", "call-1"),
    ]
    for state, number in ends:
        await end(store, attempt, state, number)
        async with store.sessions() as session:
            by_reference, by_number = [
                await attempt_queries.attempt_of_receipt(session, "aliyun", known)
                for known in ("ref-1", "call-1")
            ]
        found.append((by_reference is not None, by_number is not None))
    assert found == [(True, False), (False, True)]


async def test_a_receipt_finds_its_attempt(store: Store) -> None:
    attempt = await start(store, uuid4(), uuid4())
    await end(store, attempt, "accepted", "biz-1")
    async with store.sessions() as session:
        found = await attempt_queries.attempt_of_receipt(session, "aliyun", "biz-1")
        assert (
            await attempt_queries.attempt_of_receipt(session, "tencent", "biz-1")
            is None
        )
        assert (
            await attempt_queries.attempt_of_receipt(session, "aliyun", "biz-2") is None
        )
    assert found is not None
    assert found.id == attempt.id


async def test_many_attempts_at_once(store: Store) -> None:
    message = uuid4()
    started = await asyncio.gather(*(start(store, uuid4(), message) for _ in range(30)))
    await asyncio.gather(*(end(store, each, "accepted") for each in started))
    async with store.sessions() as session:
        stored = await attempt_queries.attempts_of_message(session, message)
    assert {a.state for a in stored} == {"accepted"}
    assert len(stored) == 30


async def deposit(store: Store, delivery: UUID, owner: Address, title: str) -> None:
    async with store.sessions.begin() as session:
        await inbox.deposit(
            session,
            delivery_id=delivery,
            message_id=uuid4(),
            owner=owner,
            title=title,
            body="正文",
            link="https://centre.example/m/1",
        )


async def test_a_delivery_lies_in_the_inbox_once(store: Store) -> None:
    delivery = uuid4()
    await deposit(store, delivery, PATIENT, "一")
    await deposit(store, delivery, PATIENT, "二")
    async with store.sessions() as session:
        (item,) = (await inbox.list_inbox(session, [PATIENT])).items
    assert (item.title, item.body) == ("一", "正文")
    assert item.link == "https://centre.example/m/1"


async def test_an_inbox_is_its_owners(store: Store) -> None:
    for number in range(5):
        await deposit(store, uuid4(), PATIENT if number % 2 else OTHER, str(number))
    async with store.sessions() as session:
        mine = await inbox.list_inbox(session, [PATIENT])
        first = await inbox.list_inbox(session, [PATIENT, OTHER], None, 3)
        rest = await inbox.list_inbox(session, [PATIENT, OTHER], first.next, 3)
        assert (await inbox.list_inbox(session, [])).items == ()
    assert [item.title for item in mine.items] == ["3", "1"]
    assert [item.title for item in (*first.items, *rest.items)] == list("43210")
    assert rest.next is None


async def test_only_the_owner_reads_and_once(store: Store) -> None:
    delivery = uuid4()
    await deposit(store, delivery, PATIENT, "一")
    async with store.sessions.begin() as session:
        assert not await inbox.mark_read(session, [OTHER], delivery)
        assert await inbox.mark_read(session, [PATIENT], delivery)
        assert not await inbox.mark_read(session, [PATIENT], delivery)
        (item,) = (await inbox.list_inbox(session, [PATIENT])).items
    assert item.read_at is not None
