"""Who reports in which form: one line for each provider that calls us."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from channels.aliyun.sms import AliyunAccount
from channels.aliyun.sms_receipts import AliyunSmsReceipts
from channels.aliyun.voice import AliyunVoiceAccount
from channels.aliyun.voice_receipts import AliyunVoiceReceipts
from channels.email.receipts import EmailReceipts
from channels.email.sender import EmailAccount
from channels.hospital.workstation import WorkstationAccount
from channels.hospital.workstation_receipts import WorkstationReceipts
from channels.kit.times import Clock
from channels.receipts import ReceiptFormat, ReceiptKeys
from channels.tencent.receipts import TencentSmsReceipts, TencentVoiceReceipts
from channels.tencent.sms import TencentSmsAccount
from channels.tencent.voice import TencentVoiceAccount
from channels.weixin.mini_program import WechatMiniAccount
from channels.weixin.service_account import WechatAccount
from channels.weixin.wechat_receipts import WechatMiniReceipts, WechatReceipts
from channels.weixin.wecom import WecomAccount
from channels.weixin.wecom_receipts import WecomReceipts
from core.base import Model
from core.clock import utc_now
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
