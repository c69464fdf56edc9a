"""Messages that a cap held back are told of in one: who carries, who follows."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import pytest

from centre.catalog import message_types, templates
from centre.catalog.models import MessageTypeChanges, MessageTypeDraft, TemplateDraft
from centre.delivery.contracts import DeliveryTask, Digest, Prepared
from centre.messages import status as progress
from centre.messages import writes as message_writes
from centre.schedule import digest_queries
from centre.schedule.rules import HOSPITAL, Cap, SendingRules
from core.errors import Invalid, Undeliverable
from core.models import Message
from core.words import Channel, Priority, Reason, Status
from db.store import Store
from tests.activities.test_times import NIGHT, prepare, put, to
from tests.support.stores.within import within
from tests.support.workflows.activities import ACTOR, TYPE, booking_store, name_digest
from tests.support.workflows.deliveries import YES, ScriptedSender, deliver, task
from tests.support.workflows.fakes import BOOKING, message

LATER = NIGHT + timedelta(hours=24)


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    async with booking_store(tmp_path) as store:
        await name_digest(store)
        cap = Cap(most=1, hours=24, then="digest")
        await put(store, HOSPITAL, SendingRules(caps=(cap,)))
        yield store


async def stand(store: Store, sent: Message, status: Status) -> None:
    """Write that a message has come so far."""
    doc = progress.begin(sent)
    for step in (Status.DELIVERING, status):
        doc = progress.with_status(doc, step, LATER + timedelta(minutes=1))
    async with store.sessions.begin() as session:
        await message_writes.record(session, sent, doc)


async def held(store: Store, count: int) -> list[Message]:
    """Return messages that wait, after one that had its room."""
    await prepare(store, message())
    waiting = [message() for _ in range(count)]
    for sent in waiting:
        found = await prepare(store, sent, NIGHT + timedelta(hours=1))
        assert found.waiting is not None
        assert found.waiting.reason is Reason.FREQUENCY_CAP
        assert found.waiting.until == LATER
    return waiting


def count(prepared: Prepared) -> int | None:
    return prepared.digest.count if prepared.digest else None


async def test_the_first_that_may_go_tells_of_all(store: Store) -> None:
    first, *rest = await held(store, 4)
    carrier = await prepare(store, first, LATER)
    assert carrier.waiting is None
    assert carrier.digest is not None
    assert (carrier.digest.type, carrier.digest.count) == ("held", 4)
    for other in rest:
        found = await prepare(store, other, LATER)
        assert found.digested_into == first.id
        assert found.waiting is not None
        assert found.waiting.reason is Reason.DIGESTED
        assert found.waiting.until == LATER + timedelta(seconds=5)


async def test_they_end_as_the_carrier_ended(store: Store) -> None:
    first, second, third = await held(store, 3)
    await prepare(store, first, LATER)
    await stand(store, first, Status.DELIVERED)
    found = await prepare(store, second, LATER + timedelta(seconds=5))
    assert (found.waiting, found.ended) == (None, Status.DELIVERED)
    # One that was failed before and is sent again: it has been told.
    again = await prepare(store, third, LATER, run=2)
    assert again.ended is Status.DELIVERED


async def test_a_failed_carrier_may_be_sent_again_with_its_count(store: Store) -> None:
    first, second = await held(store, 2)
    await prepare(store, first, LATER)
    await stand(store, first, Status.FAILED)
    assert (await prepare(store, second, LATER)).ended is Status.FAILED
    assert count(await prepare(store, first, LATER, run=2)) == 2
    # The other alone, if somebody orders that: its own text.
    alone = await prepare(store, second, LATER, run=2)
    assert (alone.ended, alone.digest, alone.waiting) == (None, None, None)


@pytest.mark.parametrize("end", [Status.CANCELLED, Status.EXPIRED])
async def test_a_carrier_that_gives_up_loses_nobody(store: Store, end: Status) -> None:
    first, *rest = await held(store, 3)
    await prepare(store, first, LATER)
    await stand(store, first, end)
    # It had taken the room: they wait for the next, and one tells of both.
    found = [await prepare(store, sent, LATER) for sent in rest]
    assert [f.digested_into for f in found] == [None, None]
    untils = {f.waiting.until for f in found if f.waiting}
    assert untils == {LATER + timedelta(hours=24)}
    carried = await prepare(store, rest[0], LATER + timedelta(hours=24))
    assert count(carried) == 2
    other = await prepare(store, rest[1], LATER + timedelta(hours=24))
    assert other.digested_into == rest[0].id


async def test_one_that_was_cancelled_before_is_not_counted(store: Store) -> None:
    first, second, third = await held(store, 3)
    await stand(store, second, Status.CANCELLED)
    assert count(await prepare(store, first, LATER)) == 2
    assert (await prepare(store, third, LATER)).digested_into == first.id


async def test_one_alone_says_its_own_text(store: Store) -> None:
    (only,) = await held(store, 1)
    found = await prepare(store, only, LATER)
    assert (found.digest, found.waiting, found.digested_into) == (None, None, None)


async def test_a_repeated_activity_finds_the_same(store: Store) -> None:
    first, second = await held(store, 2)
    for _ in range(3):
        assert count(await prepare(store, first, LATER)) == 2
    for _ in range(3):
        assert (await prepare(store, second, LATER)).digested_into == first.id


async def test_who_comes_after_the_seal_waits_for_another(store: Store) -> None:
    first, _ = await held(store, 2)
    await prepare(store, first, LATER)
    late = message()
    found = await prepare(store, late, LATER + timedelta(hours=1))
    assert found.digested_into is None
    assert found.waiting is not None
    assert found.waiting.until == LATER + timedelta(hours=24)


async def test_all_at_the_same_instant(store: Store) -> None:
    """Each is told of exactly once, whoever comes first."""
    waiting = await held(store, 6)
    found = await asyncio.gather(*(prepare(store, sent, LATER) for sent in waiting))
    carriers = [f for f in found if f.digest]
    assert [count(f) for f in carriers] == [6]
    [carrier] = {f.digested_into for f in found if f.digested_into}
    assert sum(f.digested_into is not None for f in found) == 5
    assert carrier in {sent.id for sent in waiting}


async def test_other_people_types_and_critical_messages_are_not_meant(
    store: Store,
) -> None:
    first, _ = await held(store, 2)
    stranger = to("+8613900000001")
    assert count(await prepare(store, stranger, LATER)) is None
    urgent = await prepare(store, message(BOOKING, Priority.CRITICAL), LATER)
    assert (urgent.waiting, urgent.digest) == (None, None)
    assert count(await prepare(store, first, LATER)) == 2


async def test_without_a_digest_type_they_only_wait(store: Store) -> None:
    none = MessageTypeChanges(digest=None)
    async with store.sessions.begin() as session:
        await message_types.update_message_type(within(session), TYPE, none, ACTOR)
    first, second = await held(store, 2)
    assert (await prepare(store, first, LATER)).digest is None
    found = await prepare(store, second, LATER)
    assert found.digested_into is None
    assert found.waiting is not None


async def test_what_is_told_stays_told_when_the_type_loses_its_digest(
    store: Store,
) -> None:
    first, second = await held(store, 2)
    await prepare(store, first, LATER)
    none = MessageTypeChanges(digest=None)
    async with store.sessions.begin() as session:
        await message_types.update_message_type(within(session), TYPE, none, ACTOR)
    found = await prepare(store, second, LATER, into=first.id)
    assert found.digested_into == first.id


async def test_old_groups_are_forgotten(store: Store) -> None:
    first, second = await held(store, 2)
    await prepare(store, first, LATER)
    async with store.sessions.begin() as session:
        await digest_queries.purge(session, LATER + timedelta(days=91))
        assert await digest_queries.count(session, first.id) == 1
        assert await digest_queries.place(session, UUID(int=second.id.int)) is None


def telling(count: int = 3) -> DeliveryTask:
    return task(digest=Digest(type="held", count=count), link="https://a.example/1")


async def test_the_digests_text_goes_out_with_the_count(store: Store) -> None:
    sender = ScriptedSender(YES)
    await deliver(store, sender, telling())
    [sent] = sender.sent
    assert sent.content.body == "您有3条挂号成功提醒"
    assert sent.content.params == {"count": "3", "type_name": "挂号成功提醒"}
    assert "a.example" not in (sent.content.link or "")


@pytest.mark.parametrize(
    ("body", "enabled", "reason"),
    [
        ("{{name}}有{{count}}条", True, Reason.NO_TEMPLATE),
        ("{{count}}条", False, Reason.TYPE_DISABLED),
    ],
)
async def test_a_digest_that_can_not_be_said_any_more_is_withheld(
    store: Store, body: str, enabled: bool, reason: Reason
) -> None:
    say = TemplateDraft(body=body)
    changes = MessageTypeChanges(enabled=enabled)
    async with store.sessions.begin() as session:
        await templates.add_template(session, "held", Channel.SMS, say, ACTOR)
        await message_types.update_message_type(within(session), "held", changes, ACTOR)
    with pytest.raises(Undeliverable) as refused:
        await deliver(store, ScriptedSender(), telling())
    assert refused.value.reason is reason


async def test_a_digest_is_checked_when_it_is_named(store: Store) -> None:
    async def refused(code: str = TYPE, **changes: object) -> str:
        news = MessageTypeChanges.model_validate(changes)
        with pytest.raises(Invalid) as found:
            async with store.sessions.begin() as session:
                await message_types.update_message_type(
                    within(session), code, news, ACTOR
                )
        return found.value.errors[0].detail

    assert await refused(digest="nobody") == "There is no such message type."
    assert await refused(digest=TYPE) == "A type can't be its own digest."
    assert "no template" in await refused("held", digest=await _bare(store))
    assert "filled with" in await refused("held", digest=TYPE)
    assert "confirmed" in await refused(acknowledge=True)


async def _bare(store: Store) -> str:
    async with store.sessions.begin() as session:
        draft = MessageTypeDraft(code="bare", name="空")
        await message_types.add_message_type(session, draft, ACTOR)
    return "bare"
