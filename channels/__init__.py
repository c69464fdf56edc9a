"""Channels: one provider's wire format per file."""

from collections.abc import Mapping

import httpx

from channels.accounts import Accounts
from channels.base import Sender
from channels.email import EmailSender
from channels.inbox import Deposit, InboxSender
from channels.sms import AliyunSmsSender
from channels.tokens import MemoryTokenStore, TokenStore
from channels.wechat import WechatSender
from channels.wecom import WecomSender
from channels.workstation import WorkstationSender
from core.words import Channel


def open_channels(
    accounts: Accounts,
    http: httpx.AsyncClient,
    deposit: Deposit,
    tokens: TokenStore | None = None,
) -> Mapping[Channel, Sender]:
    """Return the sender of each channel we have an account for, and the inbox.

    `tokens` is where access tokens are kept, in this process where none is given.
    """
    tokens = tokens or MemoryTokenStore()
    senders: list[Sender] = [InboxSender(deposit)]
    if accounts.sms:
        senders.append(AliyunSmsSender(accounts.sms, http))
    if accounts.wechat:
        senders.append(WechatSender(accounts.wechat, http, tokens))
    if accounts.wecom:
        senders.append(WecomSender(accounts.wecom, http, tokens))
    if accounts.email:
        senders.append(EmailSender(accounts.email))
    if accounts.workstation:
        senders.append(WorkstationSender(accounts.workstation, http))
    return {sender.channel: sender for sender in senders}
