"""What is taken back, cancelled or over leaves screens and inboxes, and stays away."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

import pytest
from temporalio.testing import ActivityEnvironment

from activities.recall import RecallActivities
from activities.records import RecordActivities
from centre.accounts.live_channels import InboxShelf
from centre.delivery.contracts import Record, SentDelivery, WithdrawTask
from centre.messages import status as progress
from centre.workstations import inbox_queries as inbox
from centre.workstations import removal_queries as removals
from centre.workstations.service import PopupPost
from channels.base import Sending
from channels.router import Router
from core.errors import OutcomeUnknown
from core.models import Address, MessageStatus, Recipient, delivery_id
from core.words import Channel, IdentityType, Outcome, Role, Status
from db.store import Store
from tests.support.api.rig import Rig
from tests.support.api.ward import Ward, popup, running_ward
from tests.support.workflows.activities import booking_store
from tests.support.workflows.deliveries import (
    YES,
    KeyedSender,
    ScriptedSender,
    deliver,
    rows,
    task,
)
from tests.support.workflows.fakes import message

ZHANG = Address(type=IdentityType.EMPI_ID, value="E100")


@pytest.fixture
async def ward(tmp_path: Path) -> AsyncIterator[Ward]:
    async with running_ward(tmp_path / "var") as running:
        yield running


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    async with booking_store(tmp_path) as store:
        yield store


async def take_back(rig: Rig, sending: Sending) -> None:
    operator = await rig.person(Role.OPERATOR)
    path = f"/v1/messages/{sending.message_id}/recall"
    answer = await rig.http.post(path, json={"reason": "x"}, headers=operator)
    assert answer.status_code == 202, answer.text


async def test_a_recall_leaves_open_screens_at_once(ward: Ward) -> None:
    """Before its workflow has done anything: in the fakes there is none."""
    await ward.add("icu-2")
    async with ward.screen("icu-1") as one, ward.screen("icu-2") as two:
        await one.welcome()
        await two.welcome()
        sending = await ward.sent()
        await one.hear()
        await two.hear()
        await take_back(ward.rig, sending)
        for screen in (one, two):
            gone = await screen.hear()
            assert (gone["type"], gone["why"]) == ("withdraw", "recalled")
            assert gone["id"] == str(sending.id)
    async with ward.screen("icu-1") as later:  # one that was away, or is new
        await later.welcome()
        assert (await later.hear())["type"] == "withdraw"
        await later.silent(0.3)


async def test_a_screen_that_shows_it_as_confirmed_elsewhere_hears_of_it_too(
    ward: Ward,
) -> None:
    await ward.add("icu-2")
    async with ward.screen("icu-1") as one, ward.screen("icu-2") as two:
        await one.welcome()
        await two.welcome()
        sending = await ward.sent()
        await one.hear()
        await two.hear()
        await two.ack(sending, "confirmed", user="N0300", read_back="2号楼")
        assert (await one.hear())["why"] == "confirmed"
        await take_back(ward.rig, sending)
        assert (await one.hear())["why"] == "recalled"
        assert (await two.hear())["why"] == "recalled"


async def test_what_is_posted_after_a_recall_comes_to_no_screen(ward: Ward) -> None:
    async with ward.screen("icu-1") as screen:
        await screen.welcome()
        first = await ward.sent()
        await screen.hear()
        await take_back(ward.rig, first)
        await screen.hear()
        again = delivery_id(first.message_id, Channel.WORKSTATION, 2)
        other = first.model_copy(update={"id": again})
        await PopupPost(ward.rig.context.store)(other)
        await screen.silent(0.8)


async def put_in_inbox(store: Store, doc: MessageStatus) -> None:
    sending = popup(doc.id, "ICU").model_copy(
        update={
            "id": delivery_id(doc.id, Channel.INBOX, 1),
            "channel": Channel.INBOX,
            "address": ZHANG,
        }
    )
    await InboxShelf(store)(sending)


async def lies_there(store: Store) -> bool:
    async with store.sessions() as session:
        return bool((await inbox.list_inbox(session, [ZHANG])).items)


@pytest.mark.parametrize("whole", [True, False], ids=["new", "known"])
@pytest.mark.parametrize(
    ("end", "stays"),
    [
        (Status.CANCELLED, False),
        (Status.EXPIRED, False),
        (Status.DELIVERED, True),
        (Status.FAILED, True),
    ],
)
async def test_what_ends_half_way_leaves_the_inbox(
    store: Store, end: Status, stays: bool, whole: bool
) -> None:
    zhang = Recipient(identities={ZHANG.type: ZHANG.value})
    sent = message().model_copy(update={"recipient": zhang})
    now, doc = datetime.now(UTC), progress.begin(sent)
    first = doc.deliveries[0].model_copy(
        update={"channel": Channel.INBOX, "outcome": Outcome.ACCEPTED}
    )
    doc = doc.model_copy(update={"deliveries": (first, *doc.deliveries[1:])})
    records = RecordActivities(store)
    run = ActivityEnvironment().run
    await run(records.record, Record(status=doc, message=sent))
    await put_in_inbox(store, doc)
    assert await lies_there(store)
    over = progress.with_status(doc, end, now)
    news = Record(status=over, message=sent if whole else None)
    assert await run(records.record, news) is True
    assert await lies_there(store) == stays


async def remove(store: Store, message_id: UUID) -> None:
    async with store.sessions.begin() as session:
        await removals.remove(session, message_id, "recalled")


async def test_nothing_goes_out_once_it_was_taken_back(store: Store) -> None:
    sender, work = ScriptedSender(YES), task()
    await remove(store, work.message_id)
    result = await deliver(store, sender, work)
    assert result.outcome is Outcome.SKIPPED
    assert sender.sent == []
    assert await rows(store, work) == []


async def test_what_may_have_gone_out_before_stays_in_doubt(store: Store) -> None:
    """So that it is called back where its provider can."""
    silence = OutcomeUnknown("no answer")
    sender, work = KeyedSender(silence, YES), task()
    with pytest.raises(OutcomeUnknown):
        await deliver(store, sender, work)
    await remove(store, work.message_id)
    result = await deliver(store, sender, work, attempt=2)
    assert result.outcome is Outcome.UNKNOWN
    assert len(sender.sent) == 1


async def test_what_a_gateway_of_the_hospital_shows_is_not_said_to_be_gone(
    store: Store,
) -> None:
    """So that the correction goes there."""
    sent = message()
    await remove(store, sent.id)
    for channel, gone in ((Channel.WORKSTATION, False), (Channel.INBOX, True)):
        out = WithdrawTask(message_id=sent.id, out=SentDelivery(channel=channel, run=1))
        activities = RecallActivities(store, Router())
        assert await ActivityEnvironment().run(activities.withdraw, out) is gone
