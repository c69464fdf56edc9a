"""Found by any number: every message of a person, whatever it was sent to."""

import itertools
from collections.abc import Mapping
from uuid import UUID, uuid4

import pytest
from sqlmodel import update

from centre.messages import queries as messages
from centre.messages import writes as message_writes
from centre.messages.contracts import MessageFilter
from centre.messages.status import begin
from centre.messages.tables import MessageRow
from centre.people import persons
from centre.people.contracts import PatientDraft, PersonDraft
from centre.people.owner_queries import trail_of
from centre.people.owners import FEW, Trail
from core.identities import normalise
from core.models import Address, Recipient
from core.words import IdentityType
from db.store import Store
from tests.support.stores.rig import ACTOR, make_message

K = IdentityType
Identities = Mapping[IdentityType, str]
_AFTER = itertools.count(1)
ID_CARD = "11010519491231002X"
PATIENT: Identities = {
    K.PATIENT_ID: "P3",
    K.OUTPATIENT_NO: "202100000003",
    K.INPATIENT_NO: "ZY3",
    K.ID_CARD: ID_CARD,
    K.MOBILE: "+8619900000003",
    K.LANDLINE: "+862586510000",
    K.WECHAT_OPENID: "o-3",
    K.WECHAT_MINI_OPENID: "m-3",
    K.WECHAT_UNIONID: "u-3",
    K.ALIPAY_USER_ID: "2088000000000003",
    K.EMAIL: "three@mail.example",
}
MOBILE, OTHER = "+8619900000003", "+8619900000004"


async def put(store: Store, empi: str, identities: Identities) -> UUID:
    draft = PatientDraft(name="王芳", identities=dict(identities))
    async with store.sessions.begin() as session:
        return (await persons.put_person(session, "patient", empi, draft, ACTOR)).id


async def put_staff(store: Store, number: str, identities: Identities) -> None:
    draft = PersonDraft(name="王芳", identities=dict(identities))
    async with store.sessions.begin() as session:
        await persons.put_person(session, "staff", number, draft, ACTOR)


async def send(store: Store, identities: Identities) -> UUID:
    to = {kind: normalise(kind, value) for kind, value in identities.items()}
    message = make_message(after=next(_AFTER), recipient=Recipient(identities=to))
    async with store.sessions.begin() as session:
        await message_writes.record(session, message, begin(message))
    return message.id


async def found(store: Store, kind: IdentityType, value: str) -> set[UUID]:
    address = Address(type=kind, value=normalise(kind, value))
    async with store.sessions() as session:
        page = await messages.list_messages(session, MessageFilter(recipient=address))
    assert len({doc.id for doc in page.items}) == len(page.items), "listed twice"
    return {doc.id for doc in page.items}


async def trail(store: Store, kind: IdentityType, value: str) -> Trail:
    async with store.sessions() as session:
        return await trail_of(session, Address(type=kind, value=value))


async def test_whatever_it_was_sent_to_and_whatever_is_asked(store: Store) -> None:
    """All pairs of identity types."""
    person = {K.EMPI_ID: "EMPI3", **PATIENT}
    await put(store, "EMPI3", PATIENT)
    await put(store, "EMPI4", {K.MOBILE: OTHER, K.PATIENT_ID: "P4"})
    await send(store, {K.MOBILE: OTHER})
    await send(store, {K.PATIENT_ID: "P4"})
    sent = {await send(store, {kind: value}) for kind, value in person.items()}
    sent.add(await send(store, person))
    for kind, value in person.items():
        assert await found(store, kind, value) == sent, kind


@pytest.mark.parametrize(
    ("kind", "spelt"),
    [
        (K.MOBILE, "199 0000 0003"),
        (K.MOBILE, "+86-19900000003"),
        (K.MOBILE, "１９９００００００03"),  # full-width, as typed
        (K.ID_CARD, "11010519491231002x"),
        (K.EMAIL, " three@MAIL.example "),
        (K.PATIENT_ID, " P3 "),
    ],
)
async def test_however_it_is_spelt(
    store: Store, kind: IdentityType, spelt: str
) -> None:
    await put(store, "EMPI3", {kind: spelt, K.OUTPATIENT_NO: "1"})
    sent = {await send(store, {kind: PATIENT[kind]}), await send(store, {kind: spelt})}
    assert await found(store, kind, spelt) == sent
    assert await found(store, K.OUTPATIENT_NO, "1") == sent


async def test_a_number_that_moved_on_keeps_its_messages_with_who_had_it(
    store: Store,
) -> None:
    await put(store, "EMPI3", {K.MOBILE: MOBILE})
    await put(store, "EMPI4", {K.PATIENT_ID: "P4"})
    before = await send(store, {K.MOBILE: MOBILE})
    await put(store, "EMPI3", {K.MOBILE: "13800138000"})
    await put(store, "EMPI4", {K.PATIENT_ID: "P4", K.MOBILE: MOBILE})
    after = await send(store, {K.MOBILE: MOBILE})
    assert await found(store, K.EMPI_ID, "EMPI3") == {before}
    assert await found(store, K.MOBILE, "13800138000") == {before}
    assert await found(store, K.EMPI_ID, "EMPI4") == {after}
    assert await found(store, K.PATIENT_ID, "P4") == {after}
    assert await found(store, K.MOBILE, MOBILE) == {before, after}


async def test_a_personal_number_that_was_mended_does_so_too(store: Store) -> None:
    await put(store, "EMPI3", {K.PATIENT_ID: "P3"})
    wrong = await send(store, {K.PATIENT_ID: "P3"})
    await put(store, "EMPI3", {K.PATIENT_ID: "P9"})
    await put(store, "EMPI4", {K.PATIENT_ID: "P3", K.MOBILE: OTHER})
    assert await found(store, K.EMPI_ID, "EMPI3") == {wrong}
    assert await found(store, K.MOBILE, OTHER) == set()
    assert await found(store, K.PATIENT_ID, "P3") == {wrong}


async def test_a_family_shares_what_went_to_its_telephone(store: Store) -> None:
    await put(store, "MOTHER", {K.MOBILE: MOBILE, K.PATIENT_ID: "P1"})
    await put(store, "CHILD", {K.MOBILE: MOBILE, K.PATIENT_ID: "P2"})
    to_phone = await send(store, {K.MOBILE: MOBILE})
    of_child = await send(store, {K.PATIENT_ID: "P2", K.MOBILE: MOBILE})
    of_mother = await send(store, {K.EMPI_ID: "MOTHER"})
    assert await found(store, K.MOBILE, MOBILE) == {to_phone, of_child, of_mother}
    assert await found(store, K.EMPI_ID, "CHILD") == {to_phone, of_child}
    assert await found(store, K.PATIENT_ID, "P1") == {to_phone, of_mother}
    assert len((await trail(store, K.MOBILE, MOBILE)).people) == 2


async def test_a_person_who_is_not_in_the_index(store: Store) -> None:
    sent = await send(store, {K.EMPI_ID: "NEW", K.MOBILE: MOBILE, K.EMAIL: "a@b.cn"})
    for kind, value in ((K.EMPI_ID, "NEW"), (K.MOBILE, MOBILE), (K.EMAIL, "a@b.cn")):
        assert await found(store, kind, value) == {sent}
    assert await found(store, K.MOBILE, OTHER) == set()
    assert not (await trail(store, K.MOBILE, MOBILE)).people


async def test_who_is_entered_later_finds_what_was_nobodys(store: Store) -> None:
    to_phone = await send(store, {K.MOBILE: MOBILE})
    to_number = await send(store, {K.PATIENT_ID: "P3"})
    await put(store, "EMPI3", PATIENT)
    for kind, value in PATIENT.items():
        assert await found(store, kind, value) == {to_phone, to_number}, kind


async def test_an_unknown_number_on_a_known_telephone(store: Store) -> None:
    """By its telephone the message is found now, by its number once that is known."""
    await put(store, "EMPI3", {K.MOBILE: MOBILE})
    sent = await send(store, {K.PATIENT_ID: "UNKNOWN", K.MOBILE: MOBILE})
    assert await found(store, K.EMPI_ID, "EMPI3") == {sent}
    await put(store, "EMPI4", {K.PATIENT_ID: "UNKNOWN", K.EMAIL: "a@b.cn"})
    assert await found(store, K.EMAIL, "a@b.cn") == {sent}


@pytest.mark.parametrize("kind", [K.ID_CARD, K.PATIENT_ID, K.INPATIENT_NO])
async def test_two_entries_that_become_one_person(
    store: Store, kind: IdentityType
) -> None:
    """Whoever shares a personal number is one person, entered twice."""
    await put(store, "FIRST", {K.MOBILE: MOBILE, kind: PATIENT[kind]})
    await put(store, "SECOND", {K.MOBILE: OTHER})
    sent = {
        await send(store, {K.EMPI_ID: "FIRST"}),
        await send(store, {K.MOBILE: MOBILE}),
        await send(store, {K.EMPI_ID: "SECOND"}),
        await send(store, {K.MOBILE: OTHER}),
    }
    assert len(await found(store, K.MOBILE, OTHER)) == 2
    await put(store, "SECOND", {K.MOBILE: OTHER, kind: PATIENT[kind]})
    for asked, value in (
        (K.EMPI_ID, "FIRST"),
        (K.EMPI_ID, "SECOND"),
        (K.MOBILE, MOBILE),
        (K.MOBILE, OTHER),
        (kind, PATIENT[kind]),
    ):
        assert await found(store, asked, value) == sent, asked
    assert (await trail(store, K.MOBILE, MOBILE)).identities == 5


async def test_staff_and_what_is_a_place(store: Store) -> None:
    known = {
        K.WECOM_USERID: "lab01",
        K.WORKSTATION_ID: "WS-LAB-01",
        K.DEPARTMENT: "检验科",
    }
    await put_staff(store, "S1", known)
    sent = {
        await send(store, {K.STAFF_NO: "S1"}),
        await send(store, {K.WECOM_USERID: "lab01"}),
        await send(store, {K.WORKSTATION_ID: "WS-LAB-01"}),
    }
    to_department = await send(store, {K.DEPARTMENT: "检验科"})
    for kind, value in known.items():
        wanted = {to_department} if kind is K.DEPARTMENT else sent
        assert await found(store, kind, value) == wanted, kind
    assert await found(store, K.STAFF_NO, "S1") == sent
    assert (await trail(store, K.STAFF_NO, "S1")).staff


async def test_what_half_the_hospital_has_is_nobodys(store: Store) -> None:
    for number in range(FEW + 1):
        await put(store, f"EMPI{number}", {K.MOBILE: MOBILE})
    to_desk = await send(store, {K.MOBILE: MOBILE})
    of_one = await send(store, {K.EMPI_ID: "EMPI1", K.MOBILE: MOBILE})
    assert await found(store, K.MOBILE, MOBILE) == {to_desk, of_one}
    assert not (await trail(store, K.MOBILE, MOBILE)).people
    assert await found(store, K.EMPI_ID, "EMPI1") == {of_one}
    assert await found(store, K.EMPI_ID, "EMPI2") == set()


async def test_somebody_of_the_index_by_the_entry(store: Store) -> None:
    person = await put(store, "EMPI3", PATIENT)
    sent = await send(store, {K.MOBILE: MOBILE})
    await send(store, {K.MOBILE: OTHER})
    async with store.sessions() as session:
        page = await messages.list_addressed(session, MessageFilter(person=person))
        none = await messages.list_addressed(session, MessageFilter(person=uuid4()))
    assert [item.status.id for item in page.items] == [sent]
    assert page.items[0].recipient == Recipient(identities={K.MOBILE: MOBILE})
    assert not none.items


async def test_a_message_that_cannot_be_read_is_listed_all_the_same(
    store: Store,
) -> None:
    sent = await send(store, {K.MOBILE: MOBILE})
    async with store.sessions.begin() as session:
        await session.exec(update(MessageRow).values(message="gone:AAAA"))
    async with store.sessions() as session:
        page = await messages.list_addressed(session, MessageFilter())
    assert [(one.status.id, one.recipient) for one in page.items] == [(sent, None)]
