"""Channels: one provider's wire format per file, and the registry of them all."""

from functools import cache
from typing import Any

from channels.accounts import (
    AliyunAccount,
    EmailAccount,
    WechatAccount,
    WecomAccount,
    WorkstationAccount,
)
from channels.alipay import AlipaySender
from channels.alipay_gateway import AlipayAccount
from channels.aliyun_voice import AliyunVoiceAccount, AliyunVoiceSender
from channels.base import Sender
from channels.cmpp import CmppAccount, CmppSender
from channels.email import EmailSender
from channels.provider import (
    DEFAULT_CODE,
    Account,
    Accounts,
    Provider,
    SandboxPorts,
    Tools,
)
from channels.smpp import SmppAccount, SmppSender
from channels.sms import AliyunSmsSender
from channels.socket import SocketSender
from channels.tencent_sms import TencentSmsAccount, TencentSmsSender
from channels.tencent_voice import TencentVoiceAccount, TencentVoiceSender
from channels.wechat import WechatSender
from channels.wechat_medical import WechatMedicalAccount, WechatMedicalSender
from channels.wechat_mini import WechatMiniAccount, WechatMiniSender
from channels.wecom import WecomSender
from channels.workstation import WorkstationSender
from core.words import Channel


def _workstation(account: WorkstationAccount, tools: Tools) -> Sender:
    """Return the gateway's sender, behind our own workstations' where we have any."""
    gateway = WorkstationSender(account, tools.http, tools.clock)
    return SocketSender(tools.popups, lambda: gateway) if tools.popups else gateway


# A channel's first provider is the one of an account that names none. The inbox
# is our own and has no account.
PROVIDERS: tuple[Provider[Any], ...] = (
    Provider(
        Channel.SMS,
        "aliyun",
        AliyunAccount,
        lambda account, tools: AliyunSmsSender(account, tools.http, tools.clock),
        AliyunAccount.sandbox,
    ),
    Provider(
        Channel.SMS,
        "tencent",
        TencentSmsAccount,
        lambda account, tools: TencentSmsSender(account, tools.http, tools.clock),
        TencentSmsAccount.sandbox,
    ),
    Provider(
        Channel.VOICE,
        "aliyun",
        AliyunVoiceAccount,
        lambda account, tools: AliyunVoiceSender(account, tools.http, tools.clock),
        AliyunVoiceAccount.sandbox,
    ),
    Provider(
        Channel.VOICE,
        "tencent",
        TencentVoiceAccount,
        lambda account, tools: TencentVoiceSender(account, tools.http, tools.clock),
        TencentVoiceAccount.sandbox,
    ),
    Provider(
        Channel.WECHAT,
        "wechat",
        WechatAccount,
        lambda account, tools: WechatSender(
            account, tools.http, tools.tokens, tools.clock
        ),
        WechatAccount.sandbox,
    ),
    Provider(
        Channel.WECHAT_MINI,
        "wechat_mini",
        WechatMiniAccount,
        lambda account, tools: WechatMiniSender(
            account, tools.http, tools.tokens, tools.consents, tools.clock
        ),
        WechatMiniAccount.sandbox,
    ),
    Provider(
        Channel.WECHAT_MEDICAL,
        "wechat_medical",
        WechatMedicalAccount,
        lambda account, tools: WechatMedicalSender(
            account, tools.http, tools.tokens, tools.clock
        ),
        WechatMedicalAccount.sandbox,
    ),
    Provider(
        Channel.WECOM,
        "wecom",
        WecomAccount,
        lambda account, tools: WecomSender(
            account, tools.http, tools.tokens, tools.clock
        ),
        WecomAccount.sandbox,
    ),
    Provider(
        Channel.ALIPAY,
        "alipay",
        AlipayAccount,
        lambda account, tools: AlipaySender(account, tools.http, tools.clock),
        AlipayAccount.sandbox,
    ),
    Provider(
        Channel.EMAIL,
        "smtp",
        EmailAccount,
        lambda account, tools: EmailSender(account, tools.clock),
        EmailAccount.sandbox,
    ),
    Provider(
        Channel.WORKSTATION,
        "workstation",
        WorkstationAccount,
        _workstation,
        WorkstationAccount.sandbox,
    ),
    Provider(
        Channel.SMS,
        "cmpp",
        CmppAccount,
        lambda account, tools: CmppSender(account, tools.receipts, tools.clock),
        CmppAccount.sandbox,
    ),
    Provider(
        Channel.SMS,
        "smpp",
        SmppAccount,
        lambda account, tools: SmppSender(account, tools.receipts, tools.clock),
        SmppAccount.sandbox,
    ),
)


def providers_of(channel: Channel) -> tuple[Provider[Any], ...]:
    """Return who can carry a channel, the usual one first."""
    return tuple(p for p in PROVIDERS if p.channel is channel)


def find_provider(channel: Channel, name: str | None = None) -> Provider[Any] | None:
    """Return a channel's provider of this name, the usual one for None."""
    fits = (p for p in providers_of(channel) if name in (None, p.name))
    return next(fits, None)


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
