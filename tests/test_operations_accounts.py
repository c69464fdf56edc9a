"""Provider accounts: which one holds, what is shown, how a change is taken up."""

from collections.abc import AsyncIterator, Mapping
from pathlib import Path

import httpx
import pytest

from channels.accounts import Accounts, AliyunAccount, sandbox_accounts
from channels.base import Sending
from core.errors import Invalid, NotFound, Unavailable
from core.settings import Settings
from core.words import Channel
from operations import accounts
from operations.accounts import account_fields, account_view, set_account
from operations.channels import LiveChannels
from store import Store, open_store
from store.accounts import drop_account, put_account
from store.migrate import migrate
from tests.store_rig import ACTOR, KEYRING

SECRET = "marker-of-a-secret"
SMS = {"access_key_id": "LTAI1", "access_key_secret": SECRET, "sign_name": "一院"}


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    url = f"sqlite+aiosqlite:///{tmp_path}/centre.db"
    await migrate(url)
    opened = open_store(url, KEYRING)
    yield opened
    await opened.close()


async def put(
    store: Store, values: Mapping[str, object], channel: Channel = Channel.SMS
) -> accounts.AccountView:
    async with store.sessions.begin() as session:
        return await set_account(session, channel, values, ACTOR)


async def holding(store: Store, settings: Settings) -> Accounts:
    async with store.sessions() as session:
        return await accounts.current_accounts(session, accounts.fallback(settings)[1])


async def refused(store: Store, **values: object) -> list[str]:
    with pytest.raises(Invalid) as raised:
        await put(store, values)
    assert SECRET not in str(raised.value.errors)
    return [wrong.pointer for wrong in raised.value.errors]


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
    assert (await holding(store, plain)).sms == sandbox_accounts(
        "http://127.0.0.1:9000", 9025
    ).sms
    await put(store, SMS)
    found = await holding(store, from_file)
    assert found.sms is not None
    assert found.wechat is not None
    assert (found.sms.access_key_id, found.wechat.appid) == ("LTAI1", "wxfile")
    assert found.sms.access_key_secret.get_secret_value() == SECRET
    assert found.email is None
    async with store.sessions.begin() as session:
        sources = [
            (await account_view(session, from_file, channel)).source
            for channel in (Channel.SMS, Channel.WECHAT, Channel.EMAIL)
        ]
        await drop_account(session, Channel.SMS, ACTOR)
        after = await account_view(session, plain, Channel.SMS)
    assert sources == ["store", "file", "none"]
    assert (after.source, after.set_by) == ("sandbox", None)


async def test_a_view_holds_no_secret(store: Store) -> None:
    view = await put(store, SMS)
    assert SECRET not in view.model_dump_json()
    assert view.secrets_set == ("access_key_secret",)
    assert view.values["sign_name"] == "一院"
    assert view.set_by == ACTOR.who
    async with store.sessions() as session:
        fallen_back = await account_view(session, Settings(), Channel.WECHAT)
    assert "sandbox-secret" not in fallen_back.model_dump_json()


async def test_a_secret_left_out_stays_unless_the_address_changes(store: Store) -> None:
    await put(store, SMS)
    rest = {"access_key_id": "LTAI2", "sign_name": "二院"}
    await put(store, rest)
    found = (await holding(store, Settings())).sms
    assert found is not None
    assert found.access_key_id == "LTAI2"
    assert found.access_key_secret.get_secret_value() == SECRET
    elsewhere = {**rest, "base_url": "https://attacker.example"}
    assert await refused(store, **elsewhere) == ["/access_key_secret"]
    await put(store, {**elsewhere, "access_key_secret": "another"})


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ("sms: {access_key_id: F}", "sms.access_key_secret: Field required"),
        ("sms: [marker", "Error"),
        ("marker", "Accounts"),
    ],
)
def test_a_file_that_is_wrong_is_told_without_its_content(
    tmp_path: Path, content: str, told: str
) -> None:
    file = tmp_path / "accounts.yaml"
    file.write_text(content, encoding="utf-8")
    with pytest.raises(Unavailable) as raised:
        accounts.fallback(Settings(accounts_file=file))
    assert told in str(raised.value)
    assert "marker" not in str(raised.value)
    with pytest.raises(Unavailable, match="FileNotFoundError"):
        accounts.fallback(Settings(accounts_file=tmp_path / "missing.yaml"))


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
    async with store.sessions.begin() as session:
        await put_account(session, Channel.SMS, {"old": 1}, {}, ACTOR)
    found = await holding(store, Settings())
    assert found.sms is None
    assert found.wechat is not None


def test_fields_for_a_form() -> None:
    fields = {f.name: f for f in account_fields(Channel.EMAIL)}
    assert fields["password"].secret
    assert not fields["password"].required
    assert fields["port"].number
    assert fields["port"].default == 587
    assert fields["security"].choices == ("none", "starttls", "tls")
    assert fields["sender"].required
    for name in Accounts.model_fields:
        assert account_fields(Channel(name))


async def _no_deposit(sending: Sending) -> None:
    raise AssertionError("nothing is deposited here")


async def test_only_the_channel_that_changed_gets_a_new_sender() -> None:
    first = sandbox_accounts("http://127.0.0.1:9000", 9025)
    async with httpx.AsyncClient() as http:
        live = LiveChannels(http, _no_deposit, first)
        before = dict(live)
        assert set(before) == {*map(Channel, Accounts.model_fields), Channel.INBOX}
        other = AliyunAccount.model_validate(SMS)
        live.use(first.model_copy(update={"sms": other, "wecom": None}))
    assert Channel.WECOM not in live
    assert live[Channel.SMS] is not before[Channel.SMS]
    assert live[Channel.WECHAT] is before[Channel.WECHAT]
    assert len(live) == len(before) - 1


async def test_an_account_that_can_not_be_opened_stops_no_other(
    tmp_path: Path,
) -> None:
    good = sandbox_accounts("http://127.0.0.1:9000", 9025)
    assert good.email is not None
    missing = {"security": "tls", "cafile": tmp_path / "missing.pem"}
    bad = good.model_copy(update={"email": good.email.model_copy(update=missing)})
    async with httpx.AsyncClient() as http:
        live = LiveChannels(http, _no_deposit, bad)
        assert Channel.EMAIL not in live
        assert Channel.SMS in live
        live.use(good)
        assert Channel.EMAIL in live
