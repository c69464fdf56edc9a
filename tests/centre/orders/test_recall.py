"""Messages that are taken back: what is withdrawn, what is corrected, what is kept."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from typing import ClassVar
from uuid import UUID, uuid4

import pytest
from temporalio import activity
from temporalio.testing import ActivityEnvironment, WorkflowEnvironment

from activities.recall import RecallActivities
from centre.catalog import message_types, policies, templates
from centre.catalog.models import (
    MessageTypeChanges,
    MessageTypeDraft,
    PolicyChange,
    TemplateDraft,
)
from centre.delivery.contracts import (
    Correction,
    RecallNote,
    RecallTargets,
    SentDelivery,
    WithdrawTask,
)
from centre.messages import queries as messages
from centre.messages import status as progress
from centre.messages import writes as message_writes
from centre.workstations import inbox_queries as inbox
from centre.workstations import popup_queries as popups
from centre.workstations import stations
from centre.workstations.contracts import Popup, WorkstationDraft
from channels.router import Route, Router
from channels.weixin.wecom import WecomSender
from core.errors import ProviderDown, StillUnderWay
from core.models import Address, Message, Recall, RecallOrder, delivery_id
from core.words import Channel, IdentityType, Outcome, Priority, Status
from db.store import Store
from tests.support.channels.fakes import WECOM, Clock, Provider, answering, reply
from tests.support.stores.context import context_of
from tests.support.stores.within import within
from tests.support.workflows.activities import ACTOR, TYPE, booking_store
from tests.support.workflows.fakes import BOOKING, FakeActivities, message
from tests.support.workflows.rig import encrypting
from tests.support.workflows.scenes import centre
from workflows.recall import RecallMessage

WHY = Recall(by="op", reason="sample mixed up", at=datetime(2026, 3, 1, tzinfo=UTC))
TOKEN = {"errcode": 0, "errmsg": "ok", "access_token": "t1", "expires_in": 7200}


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    async with booking_store(tmp_path) as store:
        yield store


async def out(store: Store, *channels: Channel) -> Message:
    """Write down a delivered message that is out on these channels."""
    sent = message()
    doc, now = progress.begin(sent), datetime.now(UTC)
    for channel in channels:
        doc = progress.with_outcome(
            doc, channel, Outcome.ACCEPTED, now, provider_message_id="p-1"
        )
    doc = progress.with_status(doc, Status.DELIVERED, now)
    async with store.sessions.begin() as session:
        await message_writes.record(session, sent, doc)
    return sent


def task(sent: Message, channel: Channel) -> WithdrawTask:
    found = SentDelivery(channel=channel, run=1, provider_message_id="p-1")
    return WithdrawTask(message_id=sent.id, out=found)


class Takes:
    """A provider that takes messages back."""

    channel: ClassVar[Channel] = Channel.WECOM
    provider: ClassVar[str] = "takes"
    dedupe_window = None

    def __init__(self) -> None:
        self.taken: list[str] = []

    async def send(self, sending: object) -> object:
        raise NotImplementedError

    async def recall(self, provider_message_id: str) -> bool:
        self.taken.append(provider_message_id)
        return True


async def withdrawn(store: Store, router: Router, work: WithdrawTask) -> bool:
    activities = RecallActivities(store, router)
    done: bool = await ActivityEnvironment().run(activities.withdraw, work)
    return done


async def test_a_provider_takes_a_message_back(store: Store) -> None:
    sent, wecom = await out(store, Channel.WECOM), Takes()
    router = Router([Route(wecom)])  # type: ignore[arg-type]
    assert await withdrawn(store, router, task(sent, Channel.WECOM))
    assert wecom.taken == ["p-1"]
    assert not await withdrawn(store, router, task(sent, Channel.SMS))


async def test_an_inbox_gives_an_entry_back(store: Store) -> None:
    sent = await out(store)
    owner = Address(type=IdentityType.EMPI_ID, value="E100")
    async with store.sessions.begin() as session:
        await inbox.deposit(
            session,
            delivery_id=delivery_id(sent.id, Channel.INBOX, 1),
            message_id=sent.id,
            owner=owner,
            title="t",
            body="b",
        )
    assert await withdrawn(store, Router(), task(sent, Channel.INBOX))
    assert not await withdrawn(store, Router(), task(sent, Channel.INBOX))
    async with store.sessions() as session:
        assert not (await inbox.list_inbox(session, [owner])).items


async def test_a_popup_leaves_the_screens(store: Store) -> None:
    sent = await out(store)
    draft = WorkstationDraft(id="icu-1", name="a", department="ICU")
    await stations.create_workstation(context_of(store), draft, ACTOR)
    async with store.sessions.begin() as session:
        await popups.post(
            session,
            ["icu-1"],
            delivery_id=delivery_id(sent.id, Channel.WORKSTATION, 1),
            message_id=sent.id,
            expire_at=datetime(2100, 1, 1, tzinfo=UTC),
            popup=Popup(level=Priority.HIGH, title="t", body="b", need_ack=False),
        )
    assert await withdrawn(store, Router(), task(sent, Channel.WORKSTATION))
    async with store.sessions() as session:
        last = (await popups.events_after(session, 0, ["icu-1"]))[-1]
    assert last.withdrawal is not None


async def test_what_is_out_is_asked_of_a_message_that_is_over(store: Store) -> None:
    sent = await out(store, Channel.WECOM)
    activities = RecallActivities(store, Router())
    order = RecallOrder(message_id=sent.id, client="his", recall=WHY)
    seen = await ActivityEnvironment().run(activities.what_is_out, order)
    assert [found.channel for found in seen.deliveries] == [Channel.WECOM]
    other = order.model_copy(update={"message_id": uuid4()})
    with pytest.raises(StillUnderWay):
        await ActivityEnvironment().run(activities.what_is_out, other)


async def test_a_critical_message_that_goes_on_beside_its_end_is_not_over(
    store: Store,
) -> None:
    sent = await out(store, Channel.WECOM)
    async with store.sessions.begin() as session:
        stored = await messages.find(session, sent.id)
        assert stored is not None
        later = datetime.now(UTC)
        doc = progress.with_outcome(stored.status, Channel.SMS, Outcome.SENDING, later)
        await message_writes.record(session, sent, doc)
    activities = RecallActivities(store, Router())
    order = RecallOrder(message_id=sent.id, client="his", recall=WHY)
    with pytest.raises(StillUnderWay):
        await ActivityEnvironment().run(activities.what_is_out, order)


async def correction(store: Store, sent: Message) -> Message | None:
    wanted = Correction(message_id=sent.id, channels=(Channel.SMS, Channel.VOICE))
    activities = RecallActivities(store, Router())
    made: Message | None = await ActivityEnvironment().run(
        activities.correction, wanted
    )
    return made


async def test_a_correction_goes_where_the_message_stays(store: Store) -> None:
    sent = await out(store, Channel.SMS)
    assert await correction(store, sent) is None
    async with store.sessions.begin() as session:
        draft = MessageTypeDraft(code="corrected", name="更正")
        await message_types.add_message_type(session, draft, ACTOR)
        await policies.add_policy(session, "corrected", PolicyChange.of(BOOKING), ACTOR)
        changes = MessageTypeChanges(correction="corrected")
        await message_types.update_message_type(within(session), TYPE, changes, ACTOR)
    made = await correction(store, sent)
    assert made is not None
    assert (made.type, made.plan.channels) == ("corrected", (Channel.SMS,))
    assert made.recipient == sent.recipient
    again = await correction(store, sent)
    assert again is not None
    assert again.id == made.id
    async with store.sessions.begin() as session:
        say = TemplateDraft(body="{{missing}}")
        await templates.add_template(session, "corrected", Channel.SMS, say, ACTOR)
    assert await correction(store, sent) is None


async def test_the_document_tells_it_and_stays_true(store: Store) -> None:
    sent = await out(store, Channel.WECOM, Channel.SMS)
    note = RecallNote(message_id=sent.id, recall=WHY, withdrawn=(Channel.WECOM,))
    await ActivityEnvironment().run(RecallActivities(store, Router()).note_recall, note)
    async with store.sessions() as session:
        stored = await messages.find(session, sent.id)
    assert stored is not None
    doc = stored.status
    assert (doc.status, doc.recall) == (Status.DELIVERED, WHY)
    assert doc.delivery(Channel.WECOM).outcome is Outcome.ACCEPTED
    assert doc.delivery(Channel.WECOM).recalled_at is not None
    assert doc.delivery(Channel.SMS).recalled_at is None


class Recalls(FakeActivities):
    """Scripted recalls beside the scripted deliveries."""

    def __init__(self, corrected: Message | None) -> None:
        super().__init__()
        self.under_way = 2
        self.corrected = corrected
        self.notes: list[RecallNote] = []

    @property
    def all(self) -> list[object]:
        own = [self.what_is_out, self.withdraw, self.correction, self.note_recall]
        return [*super().all, *own]

    @activity.defn
    async def what_is_out(self, order: RecallOrder) -> RecallTargets:
        self.under_way -= 1
        if self.under_way >= 0:
            raise StillUnderWay("under way")
        outs = (
            SentDelivery(channel=Channel.WECOM, run=1),
            SentDelivery(channel=Channel.SMS, run=1),
        )
        return RecallTargets(deliveries=outs)

    @activity.defn
    async def withdraw(self, task: WithdrawTask) -> bool:
        if task.out.channel is Channel.SMS:
            raise ValueError("broken")
        return True

    @activity.defn
    async def correction(self, wanted: Correction) -> Message | None:
        assert wanted.channels == (Channel.SMS,)
        return self.corrected

    @activity.defn
    async def note_recall(self, note: RecallNote) -> None:
        self.notes.append(note)


@pytest.mark.parametrize("corrected", [None, message()], ids=["none", "corrected"])
async def test_a_recall_waits_withdraws_corrects_and_notes(
    time_skipping: WorkflowEnvironment, corrected: Message | None
) -> None:
    fakes, sent = Recalls(corrected), uuid4()
    order = RecallOrder(message_id=sent, client="his", recall=WHY)
    async with centre(time_skipping, fakes):
        await encrypting(time_skipping.client).execute_workflow(
            RecallMessage.run, order, id=f"recall-{sent}", task_queue="client-his"
        )
    (note,) = fakes.notes
    assert note.withdrawn == (Channel.WECOM,)
    wanted: UUID | None = corrected.id if corrected else None
    assert note.recall.correction == wanted
    assert fakes.under_way == -1


@pytest.mark.parametrize(("code", "taken"), [(0, True), (40058, False)])
async def test_wecom_takes_back_what_it_still_can(code: int, taken: bool) -> None:
    provider = Provider([reply(TOKEN), reply({"errcode": code, "errmsg": ""})])
    async with answering(provider) as http:
        sender = WecomSender(WECOM, http, clock=Clock())
        assert await sender.recall("m-1") is taken
    assert provider.requests[1].url.path == "/cgi-bin/message/recall"


async def test_a_busy_wecom_is_asked_again_later() -> None:
    provider = Provider([reply(TOKEN), reply({"errcode": -1, "errmsg": ""})])
    async with answering(provider) as http:
        with pytest.raises(ProviderDown):
            await WecomSender(WECOM, http, clock=Clock()).recall("m-1")
