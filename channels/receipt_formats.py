"""Who reports in which form: one line for each provider that calls us."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from channels.accounts import (
    AliyunAccount,
    EmailAccount,
    WechatAccount,
    WecomAccount,
    WorkstationAccount,
)
from channels.aliyun_receipts import AliyunSmsReceipts
from channels.aliyun_voice import AliyunVoiceAccount
from channels.aliyun_voice_receipts import AliyunVoiceReceipts
from channels.email_receipts import EmailReceipts
from channels.receipts import ReceiptFormat, ReceiptKeys
from channels.tencent_receipts import TencentSmsReceipts, TencentVoiceReceipts
from channels.tencent_sms import TencentSmsAccount
from channels.tencent_voice import TencentVoiceAccount
from channels.times import Clock, utc_now
from channels.wechat_mini import WechatMiniAccount
from channels.wechat_receipts import WechatMiniReceipts, WechatReceipts
from channels.wecom_receipts import WecomReceipts
from channels.workstation_receipts import WorkstationReceipts
from core.base import Model
from core.words import Channel

A = TypeVar("A", bound=Model)


@dataclass(frozen=True)
class Reporting(Generic[A]):
    """A provider that reports, the account it belongs to, and its format."""

    channel: Channel
    provider: str
    account: type[A]
    open: Callable[[A, ReceiptKeys, Clock], ReceiptFormat]

    def format(
        self, account: Model, keys: ReceiptKeys, clock: Clock = utc_now
    ) -> ReceiptFormat:
        """Return the format for one account; TypeError for another provider's."""
        if not isinstance(account, self.account):
            raise TypeError("this is another provider's account")
        return self.open(account, keys, clock)


FORMATS: tuple[Reporting[Any], ...] = (
    Reporting(Channel.SMS, "aliyun", AliyunAccount, AliyunSmsReceipts),
    Reporting(Channel.WECHAT, "wechat", WechatAccount, WechatReceipts),
    Reporting(
        Channel.WECHAT_MINI, "wechat_mini", WechatMiniAccount, WechatMiniReceipts
    ),
    Reporting(Channel.WECOM, "wecom", WecomAccount, WecomReceipts),
    Reporting(Channel.SMS, "tencent", TencentSmsAccount, TencentSmsReceipts),
    Reporting(Channel.VOICE, "aliyun", AliyunVoiceAccount, AliyunVoiceReceipts),
    Reporting(Channel.VOICE, "tencent", TencentVoiceAccount, TencentVoiceReceipts),
    Reporting(Channel.EMAIL, "smtp", EmailAccount, EmailReceipts),
    Reporting(
        Channel.WORKSTATION, "workstation", WorkstationAccount, WorkstationReceipts
    ),
)


def reporting(channel: Channel, provider: str) -> Reporting[Any] | None:
    """Return how a provider reports, None where it does not call us."""
    fits = (f for f in FORMATS if (f.channel, f.provider) == (channel, provider))
    return next(fits, None)
