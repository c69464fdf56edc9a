"""The registry of providers: every account opens the sender it is for."""

import pytest

from channels.account_file import BESIDE
from channels.kit.http import open_http
from channels.provider import SandboxPorts, Tools
from channels.registry import PROVIDERS, find_provider, open_sender, sandbox_accounts
from core.words import Channel
from tests.support.channels.fakes import no_deposit

SANDBOX = sandbox_accounts(SandboxPorts("http://127.0.0.1:9000", 9025))


async def test_every_account_opens_the_sender_of_its_provider() -> None:
    async with open_http() as http:
        for account in SANDBOX:
            sender = open_sender(account, Tools(http, no_deposit))
            assert sender.channel is account.channel
            assert sender.provider == account.provider


async def test_a_provider_we_do_not_know_opens_nothing() -> None:
    stranger = SANDBOX[0].model_copy(update={"provider": "nobody"})
    async with open_http() as http:
        with pytest.raises(LookupError):
            open_sender(stranger, Tools(http, no_deposit))


def test_a_provider_is_found_by_its_name_or_as_the_usual_one() -> None:
    for provider in PROVIDERS:
        assert find_provider(provider.channel, provider.name) is provider
    usual = find_provider(Channel.SMS)
    assert usual is not None
    assert usual.name == "aliyun"
    assert find_provider(Channel.INBOX) is None


def test_one_account_a_channel_is_enabled_at_the_sandbox() -> None:
    enabled = [account.channel for account in SANDBOX if account.enabled]
    assert sorted(enabled) == sorted({provider.channel for provider in PROVIDERS})
    assert len({(a.channel, a.code) for a in SANDBOX}) == len(PROVIDERS)


def test_every_account_stands_in_its_senders_folder() -> None:
    for provider in PROVIDERS:
        home = provider.sender.__module__.rpartition(".")[0]
        assert provider.account.__module__.rpartition(".")[0] == home


def test_no_field_of_a_provider_hides_one_of_every_account() -> None:
    for provider in PROVIDERS:
        assert not BESIDE & provider.account.model_fields.keys()


def test_no_account_shows_its_secret() -> None:
    assert "sandbox-secret" not in repr(SANDBOX)
