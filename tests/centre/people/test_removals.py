"""Removals, inboxes, opt-outs by reply and last texts, on both databases."""

from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest

from centre.audit.audit import Actor
from centre.delivery import attempt_writes
from centre.delivery.models import AttemptState
from centre.delivery.text_queries import texts_to
from centre.messages import status as progress
from centre.messages import writes as message_writes
from centre.people import opt_out_queries as preferences
from centre.people import opt_outs, persons
from centre.people.contracts import PatientDraft
from centre.people.holder_queries import inboxes_of
from centre.workstations import inbox_queries as inbox
from centre.workstations import popup_queries as popups
from centre.workstations import removal_queries as removals
from centre.workstations.contracts import Popup, Withdrawal
from core.models import Address, Message, Recipient, delivery_id
from core.words import Channel, IdentityType, OptOutSource, Priority, Status, TypeClass
from db.store import Store
from tests.support.workflows.fakes import message

ACTOR = Actor(who="test", role="system")
MOBILE, OTHER = "+8613800138000", "+8613900139000"
E100 = Address(type=IdentityType.EMPI_ID, value="E100")
SHOWN = Popup(level=Priority.HIGH, title="t", body="b", need_ack=False)


async def put_into(
    store: Store, message_id: UUID, expires_at: datetime | None = None
) -> UUID:
    item = delivery_id(message_id, Channel.INBOX, 1)
    async with store.sessions.begin() as session:
        await inbox.deposit(
            session,
            delivery_id=item,
            message_id=message_id,
            owner=E100,
            title="t",
            body="b",
            expires_at=expires_at,
        )
    return item


async def test_a_removal_is_one_and_takes_all_of_a_message(store: Store) -> None:
    gone, stays = uuid4(), uuid4()
    await put_into(store, gone)
    left = await put_into(store, stays)
    later = datetime.now(UTC) + timedelta(hours=1)
    async with store.sessions.begin() as session:
        for message_id, station in ((gone, "a"), (gone, "b"), (stays, "a")):
            await popups.post(
                session,
                [station],
                delivery_id=uuid4(),
                message_id=message_id,
                expire_at=later,
                popup=SHOWN,
            )
    for _ in range(2):
        async with store.sessions.begin() as session:
            await removals.remove(session, gone, "recalled")
    async with store.sessions() as session:
        assert await removals.removed(session, gone)
        assert not await removals.removed(session, stays)
        items = (await inbox.list_inbox(session, [E100])).items
        assert [item.delivery_id for item in items] == [left]
        events = await popups.events_after(session, 0, ["a", "b"], open_only=True)
    told = [e.withdrawal.why for e in events if e.withdrawal]
    assert told == ["recalled", "recalled"]
    assert [e.message_id for e in events if e.popup] == [stays]


async def test_who_saw_it_confirmed_elsewhere_is_told_anew(store: Store) -> None:
    message_id, delivery = uuid4(), uuid4()
    later = datetime.now(UTC) + timedelta(hours=1)
    async with store.sessions.begin() as session:
        await popups.post(
            session,
            ["a", "b"],
            delivery_id=delivery,
            message_id=message_id,
            expire_at=later,
            popup=SHOWN,
        )
        await popups.withdraw(session, delivery, Withdrawal(why="confirmed"), but="a")
        seen = await popups.latest(session)
        await removals.remove(session, message_id, "expired")
        events = await popups.events_after(session, seen, ["a", "b"])
    assert {e.workstation_id for e in events} == {"a", "b"}
    assert {e.withdrawal and e.withdrawal.why for e in events} == {"expired"}


async def test_what_has_expired_or_is_old_is_neither_listed_nor_kept(
    store: Store,
) -> None:
    now = datetime.now(UTC)
    lasts = await put_into(store, uuid4(), now + timedelta(hours=1))
    over = await put_into(store, uuid4(), now - timedelta(seconds=1))
    async with store.sessions.begin() as session:
        items = (await inbox.list_inbox(session, [E100])).items
        assert [item.delivery_id for item in items] == [lasts]
        assert await inbox.count_unread(session, [E100]) == 1
        assert await inbox.find_item(session, over) is None
        await inbox.purge(session, now)
        assert not await inbox.withdraw(session, over)
        assert await inbox.withdraw(session, lasts)


@pytest.mark.parametrize(
    ("given", "found"),
    [
        ({"empi_id": "E1"}, {"E1", MOBILE, "S1"}),
        ({"mobile": MOBILE}, {"E1", MOBILE, "S1"}),
        ({"landline": "+861088886666"}, set()),
        ({"empi_id": "E1", "mobile": OTHER}, {"E1", MOBILE, "S1"}),
        (
            {"patient_id": "S1", "email": "x@y.example"},
            {"E1", MOBILE, "S1", "x@y.example"},
        ),
        ({"patient_id": "P9"}, {"P9"}),
    ],
)
async def test_whose_inbox_it_is_must_be_sure(
    store: Store, given: dict[str, str], found: set[str]
) -> None:
    shared = {IdentityType.LANDLINE: "01088886666"}
    first = {IdentityType.MOBILE: MOBILE, IdentityType.PATIENT_ID: "S1"}
    async with store.sessions.begin() as session:
        for empi, known in (("E1", first), ("E2", {IdentityType.MOBILE: OTHER})):
            draft = PatientDraft(name="x", identities=known | shared)
            await persons.put_person(session, "patient", empi, draft, ACTOR)
        asked = {IdentityType(kind): value for kind, value in given.items()}
        owners = await inboxes_of(session, asked)
    assert {o.value for o in owners} - {"+861088886666"} == found


async def texted(
    store: Store, identities: dict[IdentityType, str], state: str = "accepted"
) -> Message:
    """Write down a message that went out by SMS, or was refused there."""
    sent = message().model_copy(
        update={"id": uuid4(), "recipient": Recipient(identities=identities)}
    )
    doc = progress.with_status(
        progress.begin(sent), Status.DELIVERED, datetime.now(UTC)
    )
    async with store.sessions.begin() as session:
        await message_writes.record(session, sent, doc)
        attempt = await attempt_writes.begin_attempt(
            session,
            delivery_id=delivery_id(sent.id, Channel.SMS, 1),
            message_id=sent.id,
            channel=Channel.SMS,
            provider="aliyun",
        )
        end: AttemptState = "failed" if state == "failed" else "accepted"
        await attempt_writes.end_attempt(session, attempt.id, end)
    return sent


async def test_the_last_text_to_a_number_by_whatever_named_the_person(
    store: Store,
) -> None:
    async with store.sessions.begin() as session:
        draft = PatientDraft(name="x", identities={IdentityType.MOBILE: MOBILE})
        await persons.put_person(session, "patient", "E1", draft, ACTOR)
    first = await texted(store, {IdentityType.MOBILE: MOBILE})
    second = await texted(store, {IdentityType.EMPI_ID: "E1"})
    await texted(store, {IdentityType.EMPI_ID: "E1", IdentityType.MOBILE: OTHER})
    await texted(store, {IdentityType.MOBILE: MOBILE}, "failed")
    async with store.sessions() as session:
        found = [sent.id async for sent in texts_to(session, MOBILE)]
        none = [sent async for sent in texts_to(session, "+8613700137000")]
    assert found == [second.id, first.id]
    assert none == []


async def test_an_opt_out_says_how_it_was_first_said(store: Store) -> None:
    kind = IdentityType.MOBILE
    async with store.sessions.begin() as session:
        said, new = await opt_outs.note_opt_out(
            session,
            kind,
            MOBILE,
            Channel.SMS,
            ACTOR,
            type_class=TypeClass.SERVICE,
            source=OptOutSource.SMS_REPLY,
        )
        by_hand, _ = await opt_outs.note_opt_out(
            session, kind, MOBILE, Channel.SMS, ACTOR, None, TypeClass.SERVICE
        )
        (kept,) = await preferences.preferences_of(session, kind, MOBILE)
    assert new
    assert said == by_hand == kept
    assert kept.source is OptOutSource.SMS_REPLY
