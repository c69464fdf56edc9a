"""Aliyun's report of a short message: an array, unsigned (SmsReport).

Source: help.aliyun.com 101867. The answer must be JSON with a number as `code`,
or the same array comes again after one, five and ten minutes.
"""

import json
from collections.abc import Mapping
from contextlib import suppress
from datetime import datetime
from typing import Any, ClassVar
from uuid import UUID

from channels.accounts import AliyunAccount
from channels.codes import clean_code
from channels.receipts import Inbound, Parsed, ProviderReceipt, ReceiptKeys, Reply
from channels.sms import RECEIPTS
from channels.times import CHINA, Clock, utc_now
from core.errors import Malformed, RecipientRefused
from core.words import Channel, Outcome, Reason

TAKEN = Reply(b'{"code":0,"msg":"\xe6\x88\x90\xe5\x8a\x9f"}', "application/json")


class AliyunSmsReceipts:
    """Reads SmsReport."""

    channel: ClassVar[Channel] = Channel.SMS
    provider: ClassVar[str] = "aliyun"

    def __init__(
        self, account: AliyunAccount, keys: ReceiptKeys, clock: Clock = utc_now
    ) -> None:
        self._clock = clock

    def read(self, call: Inbound) -> Parsed:
        """Return the receipts of one push."""
        found = (self._receipt(report) for report in reports(call.body))
        return Parsed(TAKEN, tuple(receipt for receipt in found if receipt))

    def _receipt(self, report: Mapping[str, Any]) -> ProviderReceipt | None:
        number, ours = text_of(report, "biz_id"), our_id(report.get("out_id"))
        success = report.get("success")
        if (number is None and ours is None) or not isinstance(success, bool):
            return None
        code = clean_code(str(report.get("err_code") or ""))
        return ProviderReceipt(
            channel=self.channel,
            provider=self.provider,
            provider_message_id=number,
            sending_id=ours,
            outcome=Outcome.DELIVERED if success else Outcome.FAILED,
            reason=None if success else Reason.RECEIPT_FAILED,
            code=code,
            refused=not success and RECEIPTS.class_of(code) is RecipientRefused,
            at=china_time(report.get("report_time"), self._clock()),
        )


def reports(body: bytes) -> list[Mapping[str, Any]]:
    """Return the objects of an array; Malformed for anything else."""
    try:
        found = json.loads(body)
    except (ValueError, RecursionError):
        raise Malformed("The body is not JSON.") from None
    if not isinstance(found, list) or not all(isinstance(r, dict) for r in found):
        raise Malformed("The body is not an array of reports.")
    return found


def text_of(report: Mapping[str, Any], name: str) -> str | None:
    """Return a field that is an id: printable, of 1 to 128 characters."""
    value = report.get(name)
    fits = isinstance(value, str) and value.isprintable() and 1 <= len(value) <= 128
    return value if fits else None


def our_id(value: object) -> UUID | None:
    """Return the sending's id that a provider gave back, if it is one."""
    with suppress(ValueError):
        return UUID(value) if isinstance(value, str) else None
    return None


def china_time(value: object, now: datetime) -> datetime:
    """Return a time as Aliyun and Tencent write it; now where it is none."""
    with suppress(ValueError):
        if isinstance(value, str):
            return datetime.strptime(value, "%Y-%m-%d %H:%M:%S").replace(tzinfo=CHINA)
    return now
