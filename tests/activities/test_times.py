"""What holds a message, on a real store: quiet hours, caps over all spellings."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

import pytest
from temporalio.testing import ActivityEnvironment

from activities.records import RecordActivities
from centre.catalog import message_types
from centre.catalog.models import MessageTypeChanges
from centre.delivery.contracts import Prepared, Snapshot
from centre.messages import queries as messages
from centre.messages import status as progress
from centre.schedule import cap_queries, sending_times
from centre.schedule.models import RulesVersion
from centre.schedule.rules import HOSPITAL, Cap, SendingRules, Window
from core.identities import normalise
from core.models import Message, Recipient
from core.words import Channel, IdentityType, Priority, Reason, TypeClass
from db.store import Store
from tests.support.stores.within import within
from tests.support.workflows.activities import ACTOR, TYPE, booking_store
from tests.support.workflows.fakes import BOOKING, message

# Later than any clock of ours, so that it decides: Tuesday, 23:00 in Shanghai.
NIGHT = datetime(2099, 12, 1, 15, tzinfo=UTC)
QUIET = SendingRules(quiet=(Window(start="22:00", end="08:00"),))


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    async with booking_store(tmp_path) as store:
        yield store


async def put(store: Store, scope: str, rules: SendingRules) -> RulesVersion:
    async with store.sessions.begin() as session:
        return await sending_times.add_rules(session, scope, rules, ACTOR)


async def prepare(
    store: Store,
    sent: Message,
    at: datetime = NIGHT,
    run: int = 1,
    into: UUID | None = None,
) -> Prepared:
    doc = progress.begin(sent.model_copy(update={"run": run}))
    doc = doc.model_copy(update={"digested_into": into})
    snapshot = Snapshot(message=sent, status=doc, at=at)
    found = await ActivityEnvironment().run(RecordActivities(store).prepare, snapshot)
    assert isinstance(found, Prepared)
    return found


def to(phone: str) -> Message:
    recipient = Recipient(identities={IdentityType.MOBILE: phone})
    return message().model_copy(update={"recipient": recipient})


async def test_a_message_waits_for_the_morning_and_is_not_written_as_begun(
    store: Store,
) -> None:
    await put(store, HOSPITAL, QUIET)
    sent = message()
    found = await prepare(store, sent)
    assert found.waiting is not None
    assert found.waiting.reason is Reason.QUIET_HOURS
    assert found.waiting.until == NIGHT + timedelta(hours=9)
    async with store.sessions() as session:
        assert await messages.find(session, sent.id) is None
    assert (await prepare(store, sent, NIGHT + timedelta(hours=9))).waiting is None


async def test_a_critical_message_waits_for_nothing(store: Store) -> None:
    rules = QUIET.model_copy(update={"caps": (Cap(most=1, hours=24),)})
    await put(store, HOSPITAL, rules)
    for _ in range(3):
        found = await prepare(store, message(BOOKING, Priority.CRITICAL))
        assert found.waiting is None
        assert set(found.addresses) == {Channel.WECHAT, Channel.SMS, Channel.WECOM}


async def test_one_channel_of_the_first_stage_is_enough(store: Store) -> None:
    """WeChat is the first stage alone: that SMS is shut keeps nobody."""
    await put(store, "channel:sms", QUIET)
    assert (await prepare(store, message())).waiting is None
    await put(store, "channel:wechat", QUIET)


async def test_a_class_is_held(store: Store) -> None:
    await put(store, "class:marketing", QUIET)
    assert (await prepare(store, message())).waiting is None
    changes = MessageTypeChanges(type_class=TypeClass.MARKETING)
    async with store.sessions.begin() as session:
        await message_types.update_message_type(within(session), TYPE, changes, ACTOR)
    assert (await prepare(store, message())).waiting is not None


async def test_a_person_is_sent_so_many_and_no_more(store: Store) -> None:
    await put(store, HOSPITAL, SendingRules(caps=(Cap(most=2, hours=24),)))
    for _ in range(2):
        assert (await prepare(store, message())).addresses
    over = await prepare(store, message())
    assert over.addresses == {}
    assert set(over.withheld.values()) == {Reason.FREQUENCY_CAP}
    # Somebody else is not meant, and a day later it is over.
    assert (await prepare(store, to("+8613900000001"))).addresses
    assert (await prepare(store, message(), NIGHT + timedelta(hours=25))).addresses


async def test_a_phone_is_one_person_however_it_is_written(store: Store) -> None:
    await put(store, HOSPITAL, SendingRules(caps=(Cap(most=3, hours=24),)))
    spelt = (
        "13812345678",
        "+86 138 1234 5678",
        "\uff11\uff13\uff18\uff11\uff12\uff13\uff14\uff15\uff16\uff17\uff18",
        "008613812345678",
    )
    sent = [
        (await prepare(store, to(normalise(IdentityType.MOBILE, one)))).addresses
        for one in spelt
    ]
    assert [bool(addresses) for addresses in sent] == [True, True, True, False]


async def test_a_message_counts_once_however_often_it_is_prepared(
    store: Store,
) -> None:
    await put(store, HOSPITAL, SendingRules(caps=(Cap(most=1, hours=24),)))
    sent = message()
    for _ in range(3):
        assert (await prepare(store, sent)).addresses
    # Sending again is a person's decision.
    assert (await prepare(store, message(), run=2)).addresses


async def test_a_capped_message_waits_until_there_is_room(store: Store) -> None:
    cap = Cap(most=1, hours=24, then="defer")
    await put(store, f"type:{TYPE}", SendingRules(caps=(cap,)))
    await prepare(store, message())
    found = await prepare(store, message(), NIGHT + timedelta(hours=1))
    assert found.waiting is not None
    assert found.waiting.reason is Reason.FREQUENCY_CAP
    assert found.waiting.until == NIGHT + timedelta(hours=24)


async def test_old_hits_are_forgotten(store: Store) -> None:
    await put(store, HOSPITAL, SendingRules(caps=(Cap(most=1, hours=744),)))
    await prepare(store, message())
    async with store.sessions.begin() as session:
        await cap_queries.purge(session, NIGHT + timedelta(hours=745))
    assert (await prepare(store, message(), NIGHT + timedelta(hours=2))).addresses
