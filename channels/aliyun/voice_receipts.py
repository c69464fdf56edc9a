"""Aliyun's report of a call: an array, unsigned (VoiceReport).

Source: help.aliyun.com vms/voicereport-6. The answer is the one short messages'
reports want, and so is the rhythm in which the array comes again.
"""

import re
from typing import ClassVar

from channels.aliyun.codes import ANSWERED, CALLS, GONE, TWO_PARTIES
from channels.aliyun.sms_receipts import TAKEN
from channels.aliyun.voice import AliyunVoiceAccount
from channels.kit.codes import clean_code
from channels.kit.reports import Report, china_time, reports, text_of
from channels.kit.times import Clock
from channels.receipts import Inbound, Parsed, ProviderReceipt, ReceiptKeys
from core.clock import utc_now
from core.words import Channel, Outcome, Reason

# Client, server and global failures (RFC 3261, 21), which calls end with too.
_SIP_FAILURE = re.compile(r"[456][0-9]{2}")


class AliyunVoiceReceipts:
    """Reads VoiceReport; the key that confirms counts as read."""

    channel: ClassVar[Channel] = Channel.VOICE
    provider: ClassVar[str] = "aliyun"

    def __init__(
        self, account: AliyunVoiceAccount, keys: ReceiptKeys, clock: Clock = utc_now
    ) -> None:
        self._confirm_key = account.confirm_key
        self._clock = clock

    def read(self, call: Inbound) -> Parsed:
        """Return the receipts of one push."""
        found = (self._receipt(report) for report in reports(call.body))
        return Parsed(TAKEN, tuple(receipt for receipt in found if receipt))

    def _receipt(self, report: Report) -> ProviderReceipt | None:
        number, reference = text_of(report, "call_id"), text_of(report, "out_id")
        # One sample says "finished" of 200003, which means that nobody answered:
        # the code alone decides.
        code = clean_code(text_of(report, "status_code") or "")
        if (number is None and reference is None) or not _is_ours(code):
            return None
        outcome = self._outcome(code, text_of(report, "dtmf") or "")
        failed = outcome is Outcome.FAILED
        return ProviderReceipt(
            channel=self.channel,
            provider=self.provider,
            provider_message_id=number,
            reference=reference,
            outcome=outcome or Outcome.ACCEPTED,
            understood=outcome is not None,
            reason=Reason.RECEIPT_FAILED if failed else None,
            code=code,
            refused=code in GONE,
            at=china_time(report.get("end_time"), self._clock()),
        )

    def _outcome(self, code: str, pressed: str) -> Outcome | None:
        """Return how a call ended; None for a code that nobody has explained."""
        if code in ANSWERED:
            confirmed = pressed.startswith(self._confirm_key)
            return Outcome.READ if confirmed else Outcome.DELIVERED
        known = CALLS.knows(code) or _SIP_FAILURE.fullmatch(code)
        return Outcome.FAILED if known else None


def _is_ours(code: str) -> bool:
    """Tell whether a code is one of a call of ours, not of two people's."""
    return CALLS.knows(code) or (code.isdecimal() and not code.startswith(TWO_PARTIES))
