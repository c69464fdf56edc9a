"""Channels: one provider's wire format per file, and the registry of them all."""

from functools import cache
from typing import Any

from channels.alipay import sender as alipay
from channels.aliyun import sms
from channels.aliyun import voice as aliyun_voice
from channels.base import Sender
from channels.carrier import cmpp, smpp
from channels.email import sender as email
from channels.hospital import workstation
from channels.provider import (
    DEFAULT_CODE,
    Account,
    Accounts,
    Provider,
    SandboxPorts,
    Tools,
)
from channels.tencent import sms as tencent_sms
from channels.tencent import voice as tencent_voice
from channels.weixin import medical as wechat_medical
from channels.weixin import mini_program as wechat_mini
from channels.weixin import service_account as wechat
from channels.weixin import wecom
from core.words import Channel, State

# A channel's first provider is the one of an account that names none. The inbox
# is our own and has no account.
PROVIDERS: tuple[Provider[Any], ...] = (
    sms.PROVIDER,
    tencent_sms.PROVIDER,
    cmpp.PROVIDER,
    smpp.PROVIDER,
    aliyun_voice.PROVIDER,
    tencent_voice.PROVIDER,
    wechat.PROVIDER,
    wechat_mini.PROVIDER,
    wechat_medical.PROVIDER,
    wecom.PROVIDER,
    alipay.PROVIDER,
    email.PROVIDER,
    workstation.PROVIDER,
)


def providers_of(channel: Channel) -> tuple[Provider[Any], ...]:
    """Return who can carry a channel, the usual one first."""
    return tuple(p for p in PROVIDERS if p.channel is channel)


def find_provider(channel: Channel, name: str | None = None) -> Provider[Any] | None:
    """Return a channel's provider of this name, the usual one for None."""
    fits = (p for p in providers_of(channel) if name in (None, p.name))
    return next(fits, None)


def state_said(channel: Channel, code: str) -> State | None:
    """Return what a refusal's code says of the person; None where nothing."""
    said = (provider.says.get(code) for provider in providers_of(channel))
    return next(filter(None, said), None)


def reports_arrival(channel: Channel) -> bool:
    """Tell whether a channel's providers report later that a message arrived."""
    return any(provider.reports for provider in providers_of(channel))


def open_sender(account: Account, tools: Tools) -> Sender:
    """Return the sender of an account.

    Raises LookupError for a provider we do not know, OSError or ValueError where
    something that the account names (a certificate's file) can't be used.
    """
    provider = find_provider(account.channel, account.provider)
    if provider is None:
        raise LookupError("there is no such provider")
    return provider.open(account.values, tools.of(account))


@cache
def sandbox_accounts(ports: SandboxPorts) -> Accounts:
    """Return an account of each provider at the sandbox; one a channel is enabled.

    They never change, and reading Alipay's keys takes a tenth of a second.
    """
    first = {id(providers_of(channel)[0]) for channel in _served()}
    return tuple(
        Account(
            code=DEFAULT_CODE if id(provider) in first else provider.name,
            channel=provider.channel,
            provider=provider.name,
            enabled=id(provider) in first,
            values=provider.sandbox(ports),
        )
        for provider in PROVIDERS
    )


def _served() -> set[Channel]:
    return {provider.channel for provider in PROVIDERS}
