"""Patients, staff and opt-outs: found by any personal identity, never in clear."""

import pytest

from centre.people import holder_queries as holders
from centre.people import opt_out_queries as preferences
from centre.people import opt_outs, person_queries, persons
from centre.people.contracts import PatientDraft, Person, PersonDraft, Preference
from core.clock import utc_now
from core.errors import Invalid
from core.words import Channel, IdentityType, TypeClass
from db.store import Store
from tests.support.stores.context import context_of
from tests.support.stores.rig import ACTOR

ID_CARD = "11010519491231002X"
Identities = dict[IdentityType, str]


async def put(store: Store, empi_id: str, identities: Identities) -> Person:
    draft = PatientDraft(name="欧阳明文", identities=identities)
    async with store.sessions.begin() as session:
        return await persons.put_person(session, "patient", empi_id, draft, ACTOR)


async def resolved(store: Store, identities: Identities) -> Identities:
    async with store.sessions() as session:
        return await holders.resolve(session, identities)


async def test_identities_are_kept_in_their_one_spelling(store: Store) -> None:
    given = {IdentityType.MOBILE: "138 0013 8000", IdentityType.ID_CARD: ID_CARD}
    put_in = await put(store, "E1", given)
    async with store.sessions() as session:
        found = await person_queries.find_person(session, "patient", "E1")
    assert found == put_in
    assert found is not None
    assert found.name == "欧阳明文"
    assert found.identities == {
        IdentityType.EMPI_ID: "E1",
        IdentityType.MOBILE: "+8613800138000",
        IdentityType.ID_CARD: ID_CARD,
    }


async def test_putting_again_replaces(store: Store) -> None:
    first = await put(store, "E1", {IdentityType.EMAIL: "a@b.example"})
    second = await put(store, "E1", {IdentityType.MOBILE: "13800138000"})
    assert first.id == second.id
    assert set(second.identities) == {IdentityType.EMPI_ID, IdentityType.MOBILE}
    assert await resolved(store, {IdentityType.EMPI_ID: "E1"}) == second.identities


@pytest.mark.parametrize(
    ("empi_id", "identities", "pointer"),
    [
        ("E1", {IdentityType.MOBILE: "12345"}, "/identities/mobile"),
        ("E1", {IdentityType.EMPI_ID: "E2"}, "/identities/empi_id"),
        ("not a number", {}, "/identities/empi_id"),
    ],
)
async def test_what_is_wrong_is_named_and_not_repeated(
    store: Store, empi_id: str, identities: Identities, pointer: str
) -> None:
    with pytest.raises(Invalid) as refused:
        await put(store, empi_id, identities)
    (field_error,) = refused.value.errors
    assert field_error.pointer == pointer
    assert "12345" not in field_error.detail


async def test_any_personal_identity_finds_the_person(store: Store) -> None:
    person = await put(
        store,
        "E1",
        {IdentityType.ID_CARD: ID_CARD, IdentityType.WECHAT_OPENID: "o" * 28},
    )
    for asked in ({IdentityType.ID_CARD: ID_CARD}, {IdentityType.EMPI_ID: "E1"}):
        assert await resolved(store, asked) == person.identities


async def test_shared_identities_never_find_a_person(store: Store) -> None:
    mobile = {IdentityType.MOBILE: "+8613800138000"}
    await put(store, "E1", mobile)
    assert await resolved(store, mobile) == {}
    assert await resolved(store, {}) == {}


async def test_the_strongest_identity_that_anybody_has_decides(store: Store) -> None:
    first = await put(store, "E1", {IdentityType.OUTPATIENT_NO: "001"})
    await put(store, "E2", {IdentityType.ID_CARD: ID_CARD})
    asked = {
        IdentityType.EMPI_ID: "E1",
        IdentityType.ID_CARD: ID_CARD,
        IdentityType.OUTPATIENT_NO: "001",
    }
    assert await resolved(store, asked) == first.identities
    unknown = {IdentityType.EMPI_ID: "E9", IdentityType.OUTPATIENT_NO: "001"}
    assert await resolved(store, unknown) == first.identities


async def test_a_number_of_several_people_names_nobody(store: Store) -> None:
    for empi_id in ("E1", "E2"):
        await put(store, empi_id, {IdentityType.OUTPATIENT_NO: "001"})
    assert await resolved(store, {IdentityType.OUTPATIENT_NO: "001"}) == {}


async def test_staff_are_found_by_their_number(store: Store) -> None:
    draft = PersonDraft(
        name="王医生", identities={IdentityType.WECOM_USERID: "wang.yi"}
    )
    async with store.sessions.begin() as session:
        await persons.put_person(session, "staff", "S1", draft, ACTOR)
        found = await person_queries.find_person(session, "staff", "S1")
        assert await person_queries.find_person(session, "patient", "S1") is None
    assert found is not None
    asked = {IdentityType.STAFF_NO: "S1"}
    assert (await resolved(store, asked))[IdentityType.WECOM_USERID] == "wang.yi"


async def test_nobody_is_found_under_a_malformed_number(store: Store) -> None:
    async with store.sessions() as session:
        assert (
            await person_queries.find_person(session, "patient", "no such number!")
            is None
        )


async def out(
    store: Store, channel: Channel | None, message_type: str | None = None
) -> Preference:
    async with store.sessions.begin() as session:
        said, _ = await opt_outs.note_opt_out(
            session,
            IdentityType.MOBILE,
            "13800138000",
            channel,
            ACTOR,
            message_type,
        )
    return said


async def refused(store: Store, message_type: str = "lab-report") -> set[Channel]:
    identities = {
        IdentityType.EMPI_ID: "E1",
        IdentityType.MOBILE: "+8613800138000",
    }
    async with store.sessions() as session:
        return set(
            await preferences.opted_out(
                session, identities, message_type, TypeClass.MARKETING
            )
        )


async def test_an_opt_out_holds_for_its_channel_and_type(store: Store) -> None:
    assert await refused(store) == set()
    first = await out(store, Channel.SMS, "lab-report")
    assert await out(store, Channel.SMS, "lab-report") == first
    await out(store, Channel.EMAIL)
    assert await refused(store) == {Channel.SMS, Channel.EMAIL}
    assert await refused(store, "e-invoice") == {Channel.EMAIL}


async def test_an_opt_out_without_channel_means_all(store: Store) -> None:
    await out(store, None)
    assert await refused(store) == set(Channel)


async def test_an_opt_out_of_a_class_holds_for_its_types(store: Store) -> None:
    identity = (IdentityType.MOBILE, "13800138000")
    for opted_out in (TypeClass.BILLING, TypeClass.MARKETING):
        assert await refused(store) == set()
        async with store.sessions.begin() as session:
            await opt_outs.note_opt_out(
                session, *identity, Channel.SMS, ACTOR, None, opted_out
            )
    assert await refused(store) == {Channel.SMS}


async def test_an_opt_out_can_be_taken_back(store: Store) -> None:
    await out(store, Channel.SMS)
    await out(store, None, "e-invoice")
    async with store.sessions.begin() as session:
        before = await preferences.preferences_of(
            session, IdentityType.MOBILE, "+86 138 0013 8000"
        )
    wanted = Preference(
        identity_type=IdentityType.MOBILE, channel=Channel.SMS, since=utc_now()
    )
    await opt_outs.opt_in(context_of(store), wanted, "13800138000", ACTOR)
    assert [(p.channel, p.message_type) for p in before] == [
        (None, "e-invoice"),
        (Channel.SMS, None),
    ]
    assert await refused(store) == set()
    assert await refused(store, "e-invoice") == set(Channel)


async def test_a_malformed_identity_can_not_opt_out(store: Store) -> None:
    with pytest.raises(Invalid):
        async with store.sessions.begin() as session:
            await opt_outs.note_opt_out(session, IdentityType.MOBILE, "12", None, ACTOR)
