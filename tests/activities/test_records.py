"""Records and preparation on a real store: addresses, opt-outs, the projection."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from temporalio.testing import ActivityEnvironment

from activities.records import RecordActivities
from centre.delivery.contracts import Prepared, Record, Snapshot
from centre.messages import queries as messages
from centre.messages import status as progress
from centre.messages.contracts import StoredMessage
from centre.people import opt_outs, persons
from centre.people.contracts import PersonDraft
from centre.reachability import queries as standings
from core.identities import ADDRESSES
from core.models import Address, Message
from core.words import Channel, IdentityType, Priority, Reason, Status
from db.store import Store
from tests.support.workflows.activities import ACTOR, booking_store
from tests.support.workflows.fakes import CRITICAL, message


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    async with booking_store(tmp_path) as store:
        yield store


async def prepare(store: Store, sent: Message) -> Prepared:
    snapshot = Snapshot(message=sent, status=progress.begin(sent))
    prepared = await ActivityEnvironment().run(
        RecordActivities(store).prepare, snapshot
    )
    assert isinstance(prepared, Prepared)
    return prepared


def known_by(sent: Message, **identities: str) -> Message:
    """Return the message addressed by other identities."""
    named = {IdentityType(kind): value for kind, value in identities.items()}
    recipient = sent.recipient.model_copy(update={"identities": named})
    return sent.model_copy(update={"recipient": recipient})


async def put_lin(store: Store) -> None:
    draft = PersonDraft(
        name="林小满",
        identities={
            IdentityType.MOBILE: "13812345678",
            IdentityType.WECHAT_OPENID: "o" * 28,
        },
    )
    async with store.sessions.begin() as session:
        await persons.put_person(session, "patient", "E100", draft, ACTOR)


async def test_missing_addresses_come_from_the_patient_index(store: Store) -> None:
    await put_lin(store)
    sent = known_by(message(), empi_id="E100")
    prepared = await prepare(store, sent)
    assert prepared.addresses == {
        Channel.WECHAT: Address(type=IdentityType.WECHAT_OPENID, value="o" * 28),
        Channel.SMS: Address(type=IdentityType.MOBILE, value="+8613812345678"),
    }
    assert prepared.withheld == {Channel.WECOM: Reason.NO_ADDRESS}


async def test_a_given_address_wins_over_the_index(store: Store) -> None:
    await put_lin(store)
    sent = known_by(message(), empi_id="E100", mobile="+8613900000000")
    prepared = await prepare(store, sent)
    assert prepared.addresses[Channel.SMS].value == "+8613900000000"


@pytest.mark.parametrize("priority", [Priority.NORMAL, Priority.CRITICAL])
async def test_an_opt_out_counts_except_for_critical_values(
    store: Store, priority: Priority
) -> None:
    sent = message(CRITICAL, priority)
    async with store.sessions.begin() as session:
        await opt_outs.note_opt_out(
            session, IdentityType.MOBILE, "13812345678", None, ACTOR
        )
    prepared = await prepare(store, sent)
    refused = Channel.SMS in prepared.withheld
    assert refused is (priority is Priority.NORMAL)


async def refuse(store: Store, sent: Message, channel: Channel, code: str) -> None:
    kind = ADDRESSES[channel][0]
    address = Address(type=kind, value=sent.recipient.identities[kind])
    async with store.sessions.begin() as session:
        await standings.note_refusal(
            session, channel, address, sent.type, code, datetime.now(UTC)
        )


async def test_who_does_not_follow_is_skipped_at_once(store: Store) -> None:
    sent = message()
    await refuse(store, sent, Channel.WECHAT, "43004")
    prepared = await prepare(store, sent)
    assert prepared.withheld[Channel.WECHAT] is Reason.NOT_FOLLOWING
    assert Channel.WECHAT not in prepared.addresses
    assert not prepared.doubted


async def test_a_single_doubt_keeps_nothing_back(store: Store) -> None:
    sent = message()
    await refuse(store, sent, Channel.SMS, "isv.MOBILE_NUMBER_ILLEGAL")
    assert (await prepare(store, sent)).doubted == (Channel.SMS,)
    await refuse(store, sent, Channel.SMS, "isv.MOBILE_NUMBER_ILLEGAL")
    prepared = await prepare(store, sent)
    assert prepared.withheld[Channel.SMS] is Reason.KNOWN_INVALID


async def test_a_critical_value_is_never_silenced(store: Store) -> None:
    sent = message(CRITICAL, Priority.CRITICAL)
    await refuse(store, sent, Channel.SMS, "isv.CUSTOMER_REFUSED")
    prepared = await prepare(store, sent)
    assert Channel.SMS in prepared.addresses
    assert prepared.doubted == (Channel.SMS,)


async def test_a_new_number_is_not_the_old_one(store: Store) -> None:
    sent = message()
    await refuse(store, sent, Channel.WECHAT, "43004")
    moved = known_by(sent, mobile="+8613900000000", wechat_openid="n" * 28)
    assert Channel.WECHAT in (await prepare(store, moved)).addresses


async def told(store: Store, news: Record) -> object:
    return await ActivityEnvironment().run(RecordActivities(store).record, news)


async def test_the_store_keeps_what_the_workflow_says(store: Store) -> None:
    sent = message()
    news = Record(message=sent, status=progress.begin(sent))
    for _ in range(2):
        assert await told(store, news)
    async with store.sessions() as session:
        found = await messages.find(session, sent.id)
    assert found is not None
    assert found.message == sent
    assert found.status == news.status


async def test_a_status_alone_is_kept_where_the_message_is(store: Store) -> None:
    sent = message()
    begun, now = progress.begin(sent), datetime.now(UTC)
    assert await told(store, Record(status=begun)) is False
    await prepare(store, sent)
    ended = progress.with_status(begun, Status.DELIVERED, now)
    # The older one comes late: it says nothing new, and is no reason to write all.
    for status in (ended, begun):
        assert await told(store, Record(status=status))
    async with store.sessions() as session:
        found = await messages.find(session, sent.id)
    assert found == StoredMessage(message=sent, status=ended)
