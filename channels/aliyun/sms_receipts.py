"""Aliyun's reports of short messages, and people's texts: arrays, unsigned.

Sources: help.aliyun.com 101867 (SmsReport), and SmsUp beside it. The answer must be
JSON with a number as `code`, or the same array comes again after one, five and ten
minutes.
"""

from collections.abc import Mapping
from typing import Any, ClassVar

from channels.aliyun.codes import CARRIERS, GONE_NUMBERS
from channels.aliyun.sms import AliyunAccount
from channels.kit.carriers import outcome_of, state_word
from channels.kit.codes import clean_code
from channels.kit.reports import china_time, our_id, reports, text_of
from channels.kit.times import Clock
from channels.receipts import (
    CallbackReply,
    Inbound,
    Parsed,
    ProviderReceipt,
    ReceiptKeys,
)
from channels.uplinks import Uplink, uplink_text
from core.clock import utc_now
from core.words import Channel, Outcome, Reason

TAKEN = CallbackReply(
    b'{"code":0,"msg":"\xe6\x88\x90\xe5\x8a\x9f"}', "application/json"
)

_OUTCOMES: Mapping[bool | None, Outcome] = {
    True: Outcome.DELIVERED,
    False: Outcome.FAILED,
    None: Outcome.ACCEPTED,
}
_ANSWERS: Mapping[str, bool] = {"true": True, "1": True, "false": False, "0": False}


def _arrived(success: object, code: str) -> bool | None:
    """Tell whether a message arrived; None where nothing says so that we know."""
    answer = _ANSWERS.get(str(success).strip().lower())
    if answer is not None or success not in (None, ""):
        return answer
    outcome = outcome_of(state_word(code))
    if outcome is Outcome.DELIVERED:
        return True
    known = CARRIERS.knows(code) or outcome is Outcome.FAILED
    return False if known else None


class AliyunSmsReceipts:
    """Reads SmsReport and SmsUp."""

    channel: ClassVar[Channel] = Channel.SMS
    provider: ClassVar[str] = "aliyun"

    def __init__(
        self, account: AliyunAccount, keys: ReceiptKeys, clock: Clock = utc_now
    ) -> None:
        self._clock = clock

    def read(self, call: Inbound) -> Parsed:
        """Return the receipts, or the texts, of one push."""
        pushed = reports(call.body)
        found = (self._receipt(report) for report in pushed)
        texts = (self._uplink(report) for report in pushed)
        return Parsed(
            TAKEN,
            tuple(receipt for receipt in found if receipt),
            uplinks=tuple(text for text in texts if text),
        )

    def _uplink(self, report: Mapping[str, Any]) -> Uplink | None:
        number, text = (
            text_of(report, "phone_number"),
            uplink_text(report.get("content")),
        )
        if number is None or text is None:
            return None
        return Uplink(
            provider=self.provider,
            number=number,
            text=text,
            at=china_time(report.get("send_time"), self._clock()),
        )

    def _receipt(self, report: Mapping[str, Any]) -> ProviderReceipt | None:
        number, ours = text_of(report, "biz_id"), our_id(report.get("out_id"))
        if number is None and ours is None:
            return None
        code = clean_code(str(report.get("err_code") or ""))
        arrived = _arrived(report.get("success"), code)
        failed = arrived is False
        return ProviderReceipt(
            channel=self.channel,
            provider=self.provider,
            provider_message_id=number,
            sending_id=ours,
            outcome=_OUTCOMES[arrived],
            understood=arrived is not None,
            reason=Reason.RECEIPT_FAILED if failed else None,
            code=code,
            refused=failed and code in GONE_NUMBERS,
            at=china_time(report.get("report_time"), self._clock()),
        )
