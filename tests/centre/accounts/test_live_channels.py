"""The senders of the accounts that hold: what a change replaces, and what it keeps."""

from pathlib import Path

import httpx

from centre.accounts.live_channels import LiveChannels
from channels.aliyun.sms import AliyunAccount
from channels.base import Sender
from channels.email.sender import EmailAccount
from channels.provider import Accounts, SandboxPorts, Tools
from channels.registry import PROVIDERS, sandbox_accounts
from core.words import Channel
from tests.support.channels.fakes import no_deposit

SANDBOX = sandbox_accounts(SandboxPorts("http://127.0.0.1:9000", 9025))
SMS = {"access_key_id": "LTAI1", "access_key_secret": "s", "sign_name": "一院"}


def changed(of: Channel, **update: object) -> Accounts:
    """Return the sandbox's accounts with one of them changed."""
    return tuple(
        a.model_copy(update=update) if a.channel is of and a.enabled else a
        for a in SANDBOX
    )


def senders(live: LiveChannels) -> dict[Channel, Sender]:
    """Return the sender that each channel would use."""
    router = live.router
    return {c: router.choices(c)[0].sender for c in router.channels()}


async def test_only_the_channel_that_changed_gets_a_new_sender() -> None:
    async with httpx.AsyncClient() as http:
        live = LiveChannels(Tools(http, no_deposit), SANDBOX)
        before = senders(live)
        assert set(before) == {*(p.channel for p in PROVIDERS), Channel.INBOX}
        other = AliyunAccount.model_validate(SMS)
        changes = changed(Channel.SMS, values=other)
        live.use(tuple(a for a in changes if a.channel is not Channel.WECOM))
    after = senders(live)
    assert Channel.WECOM not in after
    assert after[Channel.SMS] is not before[Channel.SMS]
    assert after[Channel.WECHAT] is before[Channel.WECHAT]
    assert len(after) == len(before) - 1


async def test_an_account_that_can_not_be_opened_stops_no_other(
    tmp_path: Path,
) -> None:
    email = next(a.values for a in SANDBOX if a.channel is Channel.EMAIL)
    assert isinstance(email, EmailAccount)
    missing = {"security": "tls", "cafile": tmp_path / "missing.pem"}
    bad = changed(Channel.EMAIL, values=email.model_copy(update=missing))
    async with httpx.AsyncClient() as http:
        live = LiveChannels(Tools(http, no_deposit), bad)
        assert not live.router.serves(Channel.EMAIL)
        assert live.router.serves(Channel.SMS)
        live.use(SANDBOX)
        assert live.router.serves(Channel.EMAIL)
