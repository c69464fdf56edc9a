"""What a new centre begins with: complete, consistent, and never overwritten."""

import re
from collections import Counter

import pytest
from sqlmodel import func, select

from centre.catalog import (
    dictionaries,
    dictionary_queries,
    message_types,
    templates,
    type_queries,
)
from centre.catalog.models import ChannelChanges, MessageTypeChanges, TemplateDraft
from centre.catalog.placeholders import required_params, template_placeholders
from centre.catalog.plan import plan
from centre.clients import queries, service
from centre.clients.models import ClientChanges, NewClient
from centre.people import holder_queries as holders
from centre.people import person_queries, persons
from centre.people.contracts import PersonDraft
from centre.people.seeds import PATIENTS
from centre.people.seeds import patients as made_up_patients
from centre.people.seeds import staff as made_up_staff
from centre.people.tables import PersonRow
from centre.seeds import seeds
from core.identities import normalise
from core.policies import MessageType
from core.text.templating import placeholders
from core.words import Channel, IdentityType, Priority
from db.store import Store
from tests.support.stores.rig import ACTOR
from tests.support.stores.within import within

# The message types of the design, the paper's 2.1.2 and section 3 among them.
TYPES = {
    "service-reminder": Priority.BULK,
    "critical-value": Priority.CRITICAL,
    "registration-success": Priority.NORMAL,
    "registration-cancelled": Priority.NORMAL,
    "queue-call": Priority.HIGH,
    "e-invoice": Priority.BULK,
    "lab-report": Priority.NORMAL,
    "exam-report": Priority.NORMAL,
    "exam-booking": Priority.NORMAL,
    "antenatal-check": Priority.NORMAL,
    "follow-up-result": Priority.NORMAL,
    "surgery-progress": Priority.HIGH,
    "adverse-event": Priority.HIGH,
    "queue-alarm": Priority.HIGH,
}
# WeChat's typed fields: a kind and a number each (channels.md A6).
TYPED = re.compile(r"(thing|character_string|time|number|amount|phrase)[0-9]+")


async def load(store: Store) -> tuple[NewClient, ...]:
    async with store.sessions.begin() as session:
        return await seeds.seed(session)


async def all_types(store: Store) -> dict[str, MessageType]:
    async with store.sessions() as session:
        page = await type_queries.list_message_types(session)
    return {message_type.code: message_type for message_type in page.items}


@pytest.fixture
def types() -> dict[str, MessageType]:
    """The types as their files have them."""
    kinds = {}
    for data in seeds.message_type_data():
        for channel, template in data["templates"].items():
            template["channel"] = channel
        kinds[data["code"]] = MessageType.model_validate(data)
    return kinds


async def test_what_is_loaded_is_what_the_files_have(
    store: Store, types: dict[str, MessageType]
) -> None:
    new = await load(store)
    await _the_types_are_loaded(store, types)
    await _each_system_has_its_secret(store, new)
    await _a_patient_is_found(store)
    assert await load(store) == ()


async def _the_types_are_loaded(store: Store, types: dict[str, MessageType]) -> None:
    loaded = await all_types(store)
    for code, message_type in types.items():
        policy = message_type.policy.model_copy(update={"version": 1})
        assert loaded[code] == message_type.model_copy(update={"policy": policy})
    assert loaded.keys() == types.keys()


def test_the_types_of_the_design_are_there(types: dict[str, MessageType]) -> None:
    assert {
        code: message_type.priority for code, message_type in types.items()
    } == TYPES
    assert all(
        message_type.name and message_type.name_en and message_type.enabled
        for message_type in types.values()
    )


def test_the_papers_two_policies_give_its_stages(
    types: dict[str, MessageType],
) -> None:
    wechat, sms, wecom = Channel.WECHAT, Channel.SMS, Channel.WECOM
    for code in ("registration-success", "exam-booking"):
        assert plan(types[code].policy).stages == ((wechat,), (sms,), (wecom,))
    assert plan(types["critical-value"].policy).stages == ((wechat, sms, wecom),)


@pytest.mark.parametrize("code", TYPES)
def test_each_channel_of_a_policy_has_its_template(code: str) -> None:
    (data,) = [each for each in seeds.message_type_data() if each["code"] == code]
    channels = [entry["channel"] for entry in data["policy"]["channels"]]
    spare = ["voice"] if code == "critical-value" else []
    assert list(data["templates"]) == [*channels, *spare]


def test_every_template_says_what_a_message_must_give(
    types: dict[str, MessageType],
) -> None:
    for message_type in types.values():
        required = required_params(message_type)
        assert 3 <= len(required) <= 6
        for template in message_type.templates.values():
            assert set(template_placeholders(template)) == required, message_type.code


def test_sms_templates_are_as_aliyun_and_tencent_take_them(
    types: dict[str, MessageType],
) -> None:
    codes = []
    for message_type in types.values():
        if (sms := message_type.templates.get(Channel.SMS)) is None:
            continue
        codes.append(sms.provider_template)
        assert re.fullmatch(r"SMS_[0-9]{9} [0-9]{7}", sms.provider_template or "")
        assert all(re.fullmatch("[a-z]+", name) for name in sms.fields)
        # One placeholder a variable: its value alone has to fit 35 characters.
        whole = ["{{" + name + "}}" for name in placeholders(sms.body)]
        assert sorted(sms.fields.values()) == sorted(whole)
    assert len(set(codes)) == len(codes) == 12


def test_calls_say_how_they_are_confirmed(types: dict[str, MessageType]) -> None:
    calls = [
        t
        for message_type in types.values()
        if (t := message_type.templates.get(Channel.VOICE))
    ]
    assert len(calls) == 2
    for call in calls:
        assert re.fullmatch(r"TTS_[0-9]{9} [0-9]{7}", call.provider_template or "")
        assert call.body.endswith("请按1。")
        assert len(call.body) < 250


def test_wechat_templates_are_as_wechat_takes_them(
    types: dict[str, MessageType],
) -> None:
    for message_type in types.values():
        if (wechat := message_type.templates.get(Channel.WECHAT)) is None:
            continue
        assert len(wechat.provider_template or "") == 43
        assert all(TYPED.fullmatch(name) for name in wechat.fields)
        for value in wechat.fields.values():
            alone = re.fullmatch(r"\{\{[a-z_]+\}\}", value)
            assert alone or len(value) <= 20


def test_wecom_cards_leave_room_for_values(
    types: dict[str, MessageType],
) -> None:
    cards = [
        message_type.templates.get(Channel.WECOM) for message_type in types.values()
    ]
    for card in filter(None, cards):
        assert 0 < len(card.title.encode()) <= 128
        assert len(card.body.encode()) <= 300


def test_nothing_tells_a_result_or_a_pregnancy_outside_the_hospital(
    types: dict[str, MessageType],
) -> None:
    assert {"result", "value", "diagnosis"}.isdisjoint(
        name
        for message_type in types.values()
        for name in required_params(message_type)
    )
    antenatal = types["antenatal-check"].templates
    for channel in (Channel.SMS, Channel.WECHAT):
        said = antenatal[channel].title + antenatal[channel].body
        assert not re.search("孕|产", said)


async def _each_system_has_its_secret(store: Store, new: tuple[NewClient, ...]) -> None:
    known = await all_types(store)
    assert len(new) == 12
    for each in new:
        allowed = each.client.message_types
        assert allowed
        assert allowed <= known.keys()
        async with store.sessions() as session:
            assert await queries.authenticate(session, each.appkey, each.appsecret)
    sent = frozenset().union(*(each.client.message_types or () for each in new))
    # The news of a queue is the centre's own.
    assert sent == known.keys() - {"queue-alarm"}


async def test_the_dictionaries_hold_every_word(store: Store) -> None:
    async with store.sessions.begin() as session:
        await seeds.seed_dictionaries(session)
        channels = await dictionary_queries.list_channels(session)
        identity_types = await dictionary_queries.list_identity_types(session)
    assert [entry.code for entry in channels] == list(Channel)
    assert [entry.code for entry in identity_types] == list(IdentityType)
    for entries in (channels, identity_types):
        assert all(entry.name and entry.name_en for entry in entries)


async def _a_patient_is_found(store: Store) -> None:
    empi_id, draft = next(iter(made_up_patients()))
    async with store.sessions() as session:
        found = await person_queries.find_person(session, "patient", empi_id)
        card = {IdentityType.ID_CARD: draft.identities[IdentityType.ID_CARD]}
        resolved = await holders.resolve(session, card)
        people = (await session.exec(select(func.count()).select_from(PersonRow))).one()
    assert found is not None
    assert found.name == draft.name
    assert resolved == found.identities
    assert people == PATIENTS + len(list(made_up_staff()))


def test_made_up_people_are_valid_distinct_and_always_the_same() -> None:
    people = [*made_up_patients(), *made_up_staff()]
    assert people == [*made_up_patients(), *made_up_staff()]
    seen: Counter[tuple[IdentityType, str]] = Counter()
    for _, person in people:
        for kind, value in person.identities.items():
            assert normalise(kind, value) == value
            if kind is not IdentityType.DEPARTMENT:
                seen[kind, value] += 1
    assert set(seen.values()) == {1}


def test_made_up_patients_give_fall_backs_work() -> None:
    people = [draft for _, draft in made_up_patients()]
    assert len(people) == PATIENTS == 200
    for kind in (IdentityType.WECHAT_OPENID, IdentityType.EMAIL, IdentityType.MOBILE):
        lacking = [p for p in people if kind not in p.identities]
        assert 0 < len(lacking) < PATIENTS
    openids = [p.identities.get(IdentityType.WECHAT_OPENID) for p in people]
    assert {len(openid) for openid in openids if openid} == {28}
    # 99 is no province: the cards belong to nobody.
    assert all(p.identities[IdentityType.ID_CARD].startswith("99") for p in people)


async def test_what_an_administrator_changed_stays(store: Store) -> None:
    await load(store)
    code, sms = "lab-report", Channel.SMS
    async with store.sessions.begin() as session:
        renamed = MessageTypeChanges.model_validate({"name": "改名", "enabled": False})
        await message_types.update_message_type(within(session), code, renamed, ACTOR)
        said = TemplateDraft(body="新文本{{patient_name}}")
        await templates.add_template(session, code, sms, said, ACTOR)
        dear = ChannelChanges.model_validate({"cost_per_message": 9.0})
        await dictionaries.update_channel(within(session), sms, dear, ACTOR)
        off = ClientChanges.model_validate({"enabled": False})
        await service.update_client(within(session), "lis", off, ACTOR)
        draft = PersonDraft(name="改名")
        await persons.put_person(session, "patient", "EMPI000001", draft, ACTOR)
    assert await load(store) == ()
    message_type = (await all_types(store))[code]
    async with store.sessions() as session:
        channel = await dictionary_queries.find_channel(session, sms)
        client = await queries.find_client(session, "lis")
        patient = await person_queries.find_person(session, "patient", "EMPI000001")
    assert (
        message_type.name,
        message_type.enabled,
        message_type.templates[sms].version,
    ) == ("改名", False, 2)
    assert channel is not None
    assert channel.cost_per_message == 9.0
    assert client is not None
    assert client.enabled is False
    assert patient is not None
    assert patient.name == "改名"
