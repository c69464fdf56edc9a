"""Message types, policies and templates: versions, switches, what is refused."""

import pytest

from centre.audit import audit
from centre.audit.audit import AuditFilter
from centre.catalog import (
    dictionaries,
    dictionary_queries,
    message_types,
    policies,
    template_queries,
    templates,
    type_queries,
)
from centre.catalog.models import (
    ChannelChanges,
    IdentityTypeChanges,
    MessageTypeChanges,
    MessageTypeDraft,
    PolicyChange,
    TemplateDraft,
)
from centre.seeds import seeds
from core.errors import Conflict, Invalid, NotFound
from core.policies import Confirm, Policy, WeightedChannel
from core.words import Channel, IdentityType, Priority, Strategy
from db.store import Store
from tests.support.stores.rig import ACTOR
from tests.support.stores.within import within

CODE = "registration-success"
POLICY = Policy(
    strategy=Strategy.THRESHOLD,
    threshold=0.5,
    channels=(
        WeightedChannel(channel=Channel.WECHAT, weight=0.8),
        WeightedChannel(channel=Channel.SMS, weight=0.4),
    ),
    confirm={Channel.SMS: Confirm(receipt=True, within_seconds=90)},
)


async def create(store: Store, code: str = CODE) -> None:
    draft = MessageTypeDraft(code=code, name="挂号成功提醒", priority=Priority.HIGH)
    async with store.sessions.begin() as session:
        await message_types.add_message_type(session, draft, ACTOR)


async def put(store: Store, body: str, channel: Channel = Channel.SMS) -> int:
    draft = TemplateDraft(body=body, fields={"name": "{{patient_name}}"})
    async with store.sessions.begin() as session:
        return (
            await templates.add_template(session, CODE, channel, draft, ACTOR)
        ).version


async def test_a_new_type_has_no_policy_yet(store: Store) -> None:
    await create(store)
    async with store.sessions() as session:
        found = await type_queries.find_message_type(session, CODE)
    assert found is not None
    assert (found.name, found.priority, found.enabled) == (
        "挂号成功提醒",
        Priority.HIGH,
        True,
    )
    assert (found.policy.version, found.policy.channels) == (0, ())
    assert found.templates == {}


async def test_a_code_is_taken_once(store: Store) -> None:
    await create(store)
    with pytest.raises(Conflict):
        await create(store)


async def test_a_type_can_be_changed_and_disabled(store: Store) -> None:
    await create(store)
    changes = MessageTypeChanges.model_validate({"enabled": False, "name_en": "Booked"})
    async with store.sessions.begin() as session:
        changed = await message_types.update_message_type(
            within(session), CODE, changes, ACTOR
        )
    assert (changed.enabled, changed.name_en) == (False, "Booked")
    assert (changed.name, changed.priority) == ("挂号成功提醒", Priority.HIGH)


async def test_each_policy_is_a_version(store: Store) -> None:
    await create(store)
    for threshold in (0.5, 0.6):
        policy = POLICY.model_copy(update={"threshold": threshold})
        async with store.sessions.begin() as session:
            await policies.add_policy(session, CODE, PolicyChange.of(policy), ACTOR)
    async with store.sessions() as session:
        found = await type_queries.find_message_type(session, CODE)
        versions = await type_queries.policy_versions(session, CODE)
    assert found is not None
    assert found.policy == POLICY.model_copy(update={"threshold": 0.6, "version": 2})
    assert [(v.policy.version, v.policy.threshold) for v in versions] == [
        (2, 0.6),
        (1, 0.5),
    ]
    assert {v.set_by for v in versions} == {"admin"}


async def test_a_policy_names_a_channel_once(store: Store) -> None:
    await create(store)
    twice = POLICY.model_copy(update={"channels": POLICY.channels[:1] * 2})
    with pytest.raises(Invalid) as refused:
        async with store.sessions.begin() as session:
            await policies.add_policy(session, CODE, PolicyChange.of(twice), ACTOR)
    pointers = [field_error.pointer for field_error in refused.value.errors]
    assert pointers == ["/channels", "/confirm/sms"]


async def test_a_template_version_never_changes(store: Store) -> None:
    await create(store)
    assert await put(store, "您好{{patient_name}}") == 1
    assert await put(store, "{{patient_name}},您好") == 2
    async with store.sessions() as session:
        first = await template_queries.template(session, CODE, Channel.SMS, 1)
        found = await type_queries.find_message_type(session, CODE)
        versions = await template_queries.template_versions(session, CODE, Channel.SMS)
    assert first is not None
    assert found is not None
    assert first.body == "您好{{patient_name}}"
    assert found.templates[Channel.SMS].version == 2
    assert found.templates[Channel.SMS].fields == {"name": "{{patient_name}}"}
    assert [v.template.version for v in versions] == [2, 1]


async def test_the_switch_holds_for_all_versions_and_new_ones(store: Store) -> None:
    await create(store)
    await put(store, "a")
    async with store.sessions.begin() as session:
        off = await templates.set_template_enabled(
            within(session), CODE, Channel.SMS, False, ACTOR
        )
    await put(store, "b")
    async with store.sessions() as session:
        old = await template_queries.template(session, CODE, Channel.SMS, 1)
        new = await template_queries.template(session, CODE, Channel.SMS, 2)
    assert old is not None
    assert new is not None
    assert [off.enabled, old.enabled, new.enabled] == [False] * 3


@pytest.mark.parametrize("body", ["{{ name }}", "{{1}}", "a }} b", "{{{{a}}}}"])
async def test_what_would_be_sent_with_braces_is_refused(
    store: Store, body: str
) -> None:
    await create(store)
    with pytest.raises(Invalid) as refused:
        await put(store, body)
    assert [field_error.pointer for field_error in refused.value.errors] == ["/body"]


@pytest.mark.parametrize("body", ["a\x07b", "\x1b[31m", "\x85"])
async def test_control_characters_are_refused(store: Store, body: str) -> None:
    await create(store)
    with pytest.raises(Invalid) as refused:
        await put(store, body)
    assert [field_error.pointer for field_error in refused.value.errors] == ["/body"]
    await put(store, "lines\r\nand\ttabs")


async def test_what_does_not_exist_is_not_found(store: Store) -> None:
    async with store.sessions() as session:
        assert await type_queries.find_message_type(session, "none") is None
        assert await template_queries.template(session, "none", Channel.SMS, 1) is None
        with pytest.raises(NotFound):
            await templates.template_versions(within(session), "none", Channel.SMS)
        with pytest.raises(NotFound):
            await policies.policy_versions(within(session), "none")
        with pytest.raises(NotFound):
            await policies.add_policy(session, "none", PolicyChange.of(POLICY), ACTOR)
    with pytest.raises(NotFound):
        await put(store, "a")
    await create(store)
    async with store.sessions() as session:
        assert await template_queries.template(session, CODE, Channel.SMS, 1) is None
        with pytest.raises(NotFound):
            await templates.set_template_enabled(
                within(session), CODE, Channel.SMS, True, ACTOR
            )


async def test_types_are_listed_in_pages(store: Store) -> None:
    codes = ["a1", "b2", "c3", "d4", "e5"]
    for code in codes:
        await create(store, code)
    seen: list[str] = []
    cursor = None
    while True:
        async with store.sessions() as session:
            page = await type_queries.list_message_types(session, cursor, 2)
        seen += [message_type.code for message_type in page.items]
        cursor = page.next
        if cursor is None:
            break
    assert seen == codes


async def test_delivery_rules_join_type_channel_and_template(store: Store) -> None:
    await create(store)
    await put(store, "a", Channel.SMS)
    await put(store, "a", Channel.WECHAT)
    async with store.sessions.begin() as session:
        await seeds.seed_dictionaries(session)
        await dictionaries.update_channel(
            within(session),
            Channel.WECHAT,
            ChannelChanges.model_validate({"enabled": False}),
            ACTOR,
        )
        sms = await template_queries.delivery_rules(session, CODE, Channel.SMS, 1)
        wechat = await template_queries.delivery_rules(session, CODE, Channel.WECHAT, 1)
        later = await template_queries.delivery_rules(session, CODE, Channel.SMS, 99)
        assert (
            await template_queries.delivery_rules(session, "none", Channel.SMS, 1)
            is None
        )
    assert sms is not None
    assert wechat is not None
    assert later is not None
    assert (sms.type_enabled, sms.channel_enabled) == (True, True)
    assert sms.template is not None
    assert wechat.channel_enabled is False
    assert later.template is None


async def test_dictionaries_can_be_changed(store: Store) -> None:
    async with store.sessions.begin() as session:
        await seeds.seed_dictionaries(session)
        cheaper = ChannelChanges.model_validate({"cost_per_message": 0.03})
        sms = await dictionaries.update_channel(
            within(session), Channel.SMS, cheaper, ACTOR
        )
        off = IdentityTypeChanges.model_validate({"enabled": False})
        kind = await dictionaries.update_identity_type(
            within(session), IdentityType.ALIPAY_USER_ID, off, ACTOR
        )
    assert (sms.cost_per_message, sms.name) == (0.03, "短信")
    assert kind.enabled is False
    async with store.sessions() as session:
        assert await dictionary_queries.find_channel(session, Channel.SMS) == sms


async def test_every_change_leaves_an_audit_record(store: Store) -> None:
    await create(store)
    await put(store, "a")
    async with store.sessions.begin() as session:
        await policies.add_policy(session, CODE, PolicyChange.of(POLICY), ACTOR)
        await templates.set_template_enabled(
            within(session), CODE, Channel.SMS, False, ACTOR
        )
    async with store.sessions() as session:
        page = await audit.list_audit(session, AuditFilter())
        assert (await audit.verify_chain(session)).broken_at is None
    assert [(e.action, e.target) for e in page.items] == [
        ("disable", f"message-types/{CODE}/templates/sms"),
        ("add-version", f"message-types/{CODE}/policy"),
        ("add-version", f"message-types/{CODE}/templates/sms"),
        ("create", f"message-types/{CODE}"),
    ]
    assert {e.actor for e in page.items} == {ACTOR}
