"""Provider accounts: which one holds, what is shown, how a change is taken up."""

from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from centre.accounts.current_queries import current_accounts
from centre.accounts.fields import account_fields
from centre.accounts.models import (
    AccountChanges,
    AccountDraft,
    AccountEntry,
    AccountView,
)
from centre.accounts.service import (
    account_sources,
    account_states,
    account_view,
    change_account,
    put_account,
    remove_account,
    set_account,
)
from centre.accounts.writes import put_account as keep
from centre.providers import fallback as fallback_accounts
from channels.aliyun.sms import AliyunAccount
from channels.provider import Accounts, SandboxPorts, of_channel
from channels.registry import PROVIDERS, sandbox_accounts
from channels.weixin.service_account import WechatAccount
from core.errors import Invalid, NotFound, Unavailable
from core.settings import Settings
from core.words import Channel
from db.store import Store, open_store
from tests.support.stores.context import context_of
from tests.support.stores.files import migrated_file
from tests.support.stores.rig import ACTOR, KEYRING

SECRET = "marker-of-a-secret"
SANDBOX = sandbox_accounts(SandboxPorts("http://127.0.0.1:9000", 9025))
SMS = {"access_key_id": "LTAI1", "access_key_secret": SECRET, "sign_name": "一院"}


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    opened = open_store(await migrated_file(tmp_path / "centre.db"), KEYRING)
    yield opened
    await opened.close()


async def put(
    store: Store, values: Mapping[str, Any], channel: Channel = Channel.SMS
) -> AccountView:
    return await set_account(context_of(store), channel, values, ACTOR)


async def holding(store: Store, settings: Settings) -> Accounts:
    async with store.sessions() as session:
        return await current_accounts(session, fallback_accounts.fallback(settings)[1])


def values_of(accounts: Accounts, channel: Channel) -> list[object]:
    return [account.values for account in of_channel(accounts, channel)]


def sms_of(accounts: Accounts) -> AliyunAccount:
    (values,) = values_of(accounts, Channel.SMS)
    assert isinstance(values, AliyunAccount)
    return values


async def refused(store: Store, **values: object) -> list[str]:
    with pytest.raises(Invalid) as raised:
        await put(store, values)
    assert SECRET not in str(raised.value.errors)
    return [field_error.pointer for field_error in raised.value.errors]


async def test_the_store_goes_before_the_file_before_the_sandbox(
    store: Store, tmp_path: Path
) -> None:
    file = tmp_path / "accounts.yaml"
    file.write_text(
        "sms: {access_key_id: F, access_key_secret: s, sign_name: 文件}\n"
        "wechat: {appid: wxfile, secret: s}\n",
        encoding="utf-8",
    )
    plain = Settings(state_dir=tmp_path)
    from_file = Settings(state_dir=tmp_path, accounts_file=file)
    assert await holding(store, plain) == SANDBOX
    await put(store, SMS)
    found = await holding(store, from_file)
    sms = sms_of(found)
    assert sms.access_key_id == "LTAI1"
    assert sms.access_key_secret.get_secret_value() == SECRET
    (wechat,) = values_of(found, Channel.WECHAT)
    assert isinstance(wechat, WechatAccount)
    assert wechat.appid == "wxfile"
    assert not of_channel(found, Channel.EMAIL)
    context = context_of(store, from_file)
    sources = [
        (await account_view(context, channel)).source
        for channel in (Channel.SMS, Channel.WECHAT, Channel.EMAIL)
    ]
    known = await account_sources(context)
    assert [known[channel] for channel in (Channel.SMS, Channel.WECHAT)] == sources[:2]
    assert known[Channel.EMAIL] == "none"
    assert Channel.INBOX not in known
    await remove_account(context, Channel.SMS, "default", ACTOR)
    after = await account_view(context_of(store, plain), Channel.SMS)
    assert sources == ["store", "file", "none"]
    assert (after.source, after.set_by) == ("sandbox", None)


async def test_a_view_holds_no_secret(store: Store) -> None:
    view = await put(store, SMS)
    assert SECRET not in view.model_dump_json()
    assert view.secrets_set == ("access_key_secret",)
    assert view.values["sign_name"] == "一院"
    assert view.set_by == ACTOR.who
    fallen_back = await account_view(context_of(store), Channel.WECHAT)
    assert "sandbox-secret" not in fallen_back.model_dump_json()


async def test_a_secret_left_out_stays_unless_the_address_changes(store: Store) -> None:
    await put(store, SMS)
    rest = {"access_key_id": "LTAI2", "sign_name": "二院"}
    await put(store, rest)
    found = sms_of(await holding(store, Settings()))
    assert found.access_key_id == "LTAI2"
    assert found.access_key_secret.get_secret_value() == SECRET
    elsewhere = {**rest, "base_url": "https://attacker.example"}
    assert await refused(store, **elsewhere) == ["/access_key_secret"]
    await put(store, {**elsewhere, "access_key_secret": "another"})


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ("sms: {access_key_id: F}", "sms.access_key_secret: Field required"),
        ("sms: [marker", "not YAML: see line 1"),
        ("marker", "Accounts"),
    ],
)
def test_a_file_that_is_wrong_is_told_without_its_content(
    tmp_path: Path, content: str, told: str
) -> None:
    file = tmp_path / "accounts.yaml"
    file.write_text(content, encoding="utf-8")
    with pytest.raises(Unavailable) as raised:
        fallback_accounts.fallback(Settings(accounts_file=file))
    assert told in str(raised.value)
    assert "marker" not in str(raised.value)
    with pytest.raises(Unavailable, match="No such file"):
        fallback_accounts.fallback(Settings(accounts_file=tmp_path / "missing.yaml"))


async def test_what_is_wrong_is_named(store: Store) -> None:
    assert await refused(store, access_key_id="a b") == [
        "/access_key_id",
        "/access_key_secret",
        "/sign_name",
    ]
    assert await refused(store, **SMS, base_url="ftp://x") == ["/base_url"]
    assert await refused(store, **SMS, color="red") == ["/color"]
    assert await refused(store, **{**SMS, "access_key_secret": ""}) == [
        "/access_key_secret"
    ]
    with pytest.raises(NotFound):
        await put(store, {"secret": "x"}, Channel.INBOX)


async def test_an_account_that_can_not_be_read_rests_its_channel_alone(
    store: Store,
) -> None:
    unreadable = AccountEntry(
        channel=Channel.SMS,
        code="default",
        provider="aliyun",
        weight=100,
        enabled=True,
        max_concurrent=None,
        per_second=None,
        values={"old": 1},
    )
    async with store.sessions.begin() as session:
        await keep(session, unreadable, ACTOR.who)
    view = await account_view(context_of(store), Channel.SMS)
    assert (view.source, view.values) == ("store", {})
    found = await holding(store, Settings())
    assert not of_channel(found, Channel.SMS)
    assert of_channel(found, Channel.WECHAT)


def test_fields_for_a_form() -> None:
    fields = {f.name: f for f in account_fields(Channel.EMAIL)}
    assert fields["password"].secret
    assert not fields["password"].required
    assert fields["port"].number
    assert fields["port"].default == 587
    assert fields["security"].choices == ("none", "starttls", "tls")
    assert fields["sender"].required
    for provider in PROVIDERS:
        assert account_fields(provider.channel, provider.name)


async def put_second(store: Store, **changes: object) -> AccountView:
    draft = AccountDraft.model_validate({"weight": 40, "values": SMS} | changes)
    return await put_account(context_of(store), Channel.SMS, "second", draft, ACTOR)


async def test_a_channel_may_have_several_accounts(store: Store) -> None:
    await put(store, SMS)
    second = await put_second(store, max_concurrent=5, per_second=2.5)
    assert (second.code, second.weight, second.max_concurrent) == ("second", 40, 5)
    found = of_channel(await holding(store, Settings()), Channel.SMS)
    assert [(a.code, a.weight, a.per_second) for a in found] == [
        ("default", 100, None),
        ("second", 40, 2.5),
    ]
    context = context_of(store)
    views = await account_states(context, Channel.SMS)
    await remove_account(context, Channel.SMS, "second", ACTOR)
    with pytest.raises(NotFound):
        await account_view(context, Channel.SMS, "second")
    assert [view.code for view in views] == ["default", "second"]
    assert len(of_channel(await holding(store, Settings()), Channel.SMS)) == 1


async def test_a_change_leaves_the_rest_as_it_was(store: Store) -> None:
    await put_second(store)
    context = context_of(store)
    changes = AccountChanges(enabled=False, values={"sign_name": "二院"})
    await change_account(context, Channel.SMS, "second", changes, ACTOR)
    with pytest.raises(NotFound):
        await change_account(context, Channel.SMS, "none", changes, ACTOR)
    (found,) = of_channel(await holding(store, Settings()), Channel.SMS)
    sms = sms_of((found,))
    assert (found.weight, found.enabled, sms.sign_name) == (40, False, "二院")
    assert sms.access_key_secret.get_secret_value() == SECRET


async def test_an_account_of_an_unknown_provider_is_refused(store: Store) -> None:
    with pytest.raises(Invalid) as raised:
        await put_second(store, provider="nobody")
    assert [field_error.pointer for field_error in raised.value.errors] == ["/provider"]
    with pytest.raises(Invalid) as raised:
        await put_second(store, values={"access_key_id": "x"})
    assert "/values/sign_name" in [
        field_error.pointer for field_error in raised.value.errors
    ]


async def test_a_file_may_list_accounts(store: Store, tmp_path: Path) -> None:
    file = tmp_path / "accounts.yaml"
    one = "access_key_id: A, access_key_secret: s, sign_name: 一院"
    file.write_text(
        f"sms:\n- {{{one}}}\n- {{{one}, code: spare, weight: 0, provider: aliyun}}\n",
        encoding="utf-8",
    )
    found = await holding(store, Settings(accounts_file=file))
    assert [(a.code, a.weight) for a in found] == [("default", 100), ("spare", 0)]
    file.write_text(f"sms: [{{{one}}}, {{{one}}}]", encoding="utf-8")
    with pytest.raises(Unavailable, match="two accounts"):
        fallback_accounts.fallback(Settings(accounts_file=file))
