"""Tencent Cloud's reports: of short messages an array, of calls one object each.

Sources: document/product/382/43547 (short messages), 382/43548 (texts from phones,
one object each), document/api/1128/37725 (state of a call), 37726 (key pressed),
37727 (why it failed), 37531 (failure codes). Unsigned; the answer must be JSON with
`result` 0.
"""

from typing import ClassVar

from channels.kit.carriers import GONE
from channels.kit.codes import clean_code
from channels.kit.reports import (
    Report,
    china_time,
    report_of,
    reports,
    text_of,
    unix_time,
)
from channels.kit.times import Clock
from channels.receipts import (
    CallbackReply,
    Inbound,
    Parsed,
    ProviderReceipt,
    ReceiptKeys,
)
from channels.tencent.codes import GONE_CALLS
from channels.tencent.sms import FAIL, SUCCESS, TencentSmsAccount, status_word
from channels.tencent.voice import TencentVoiceAccount
from channels.uplinks import Uplink, uplink_text
from core.clock import utc_now
from core.errors import Malformed
from core.words import Channel, Outcome, Reason

TAKEN = CallbackReply(b'{"result":0,"errmsg":"OK"}', "application/json")
STATE, KEY, FAILURE = (
    "voiceprompt_callback",
    "voicekey_callback",
    "voice_failure_callback",
)
_OUTCOMES = {SUCCESS: Outcome.DELIVERED, FAIL: Outcome.FAILED}
_ANSWERED, _NOT_ANSWERED, _BROKEN = "0", "1", "2"


class TencentSmsReceipts:
    """Reads what the carriers report of short messages, and people's texts."""

    channel: ClassVar[Channel] = Channel.SMS
    provider: ClassVar[str] = "tencent"

    def __init__(
        self, account: TencentSmsAccount, keys: ReceiptKeys, clock: Clock = utc_now
    ) -> None:
        self._clock = clock

    def read(self, call: Inbound) -> Parsed:
        """Return the receipts of one push, or the text it is."""
        if call.body.lstrip().startswith(b"{"):
            return Parsed(TAKEN, uplinks=(self._uplink(report_of(call.body)),))
        found = (self._receipt(report) for report in reports(call.body))
        return Parsed(TAKEN, tuple(receipt for receipt in found if receipt))

    def _uplink(self, report: Report) -> Uplink:
        number, nation = text_of(report, "mobile"), text_of(report, "nationcode")
        text = uplink_text(report.get("text"))
        if number is None or text is None:
            raise Malformed("The body is neither reports nor a text.")
        return Uplink(
            provider=self.provider,
            number=f"+{nation}{number}" if nation else number,
            text=text,
            at=unix_time(str(report.get("time", "")), self._clock()),
        )

    def _receipt(self, report: Report) -> ProviderReceipt | None:
        number, status = text_of(report, "sid"), text_of(report, "report_status")
        if number is None or status is None:
            return None
        word = status_word(status)
        failed = word == FAIL
        understood = word in (SUCCESS, FAIL)
        code = clean_code(text_of(report, "errmsg") or "") if understood else word
        return ProviderReceipt(
            channel=self.channel,
            provider=self.provider,
            provider_message_id=number,
            outcome=_OUTCOMES.get(word, Outcome.ACCEPTED),
            understood=understood,
            reason=Reason.RECEIPT_FAILED if failed else None,
            code=clean_code(code),
            refused=failed and code in GONE,
            at=china_time(report.get("user_receive_time"), self._clock()),
        )


class TencentVoiceReceipts:
    """Reads how calls ended; the key that confirms counts as read."""

    channel: ClassVar[Channel] = Channel.VOICE
    provider: ClassVar[str] = "tencent"

    def __init__(
        self, account: TencentVoiceAccount, keys: ReceiptKeys, clock: Clock = utc_now
    ) -> None:
        self._confirm_key = account.confirm_key
        self._clock = clock

    def read(self, call: Inbound) -> Parsed:
        """Return the receipt of one push; one of another kind says nothing to us."""
        pushed = report_of(call.body)
        for kind, read in (
            (STATE, self._state),
            (KEY, self._key),
            (FAILURE, self._failure),
        ):
            if kind not in pushed:
                continue
            event = pushed[kind]
            if not isinstance(event, dict):
                raise Malformed("The body is not an event of a call.")
            found = read(event)
            return Parsed(TAKEN, (found,) if found else ())
        raise Malformed("The body is not an event of a call.")

    def _state(self, event: Report) -> ProviderReceipt | None:
        result = text_of(event, "result")
        if result is None:
            return None
        if result == _ANSWERED:
            return self._receipt(event, Outcome.DELIVERED, "answered")
        known = result in (_NOT_ANSWERED, _BROKEN)
        outcome = Outcome.FAILED if known else Outcome.ACCEPTED
        code = clean_code(f"result-{result}")
        return self._receipt(event, outcome, code, understood=known)

    def _key(self, event: Report) -> ProviderReceipt | None:
        pressed = text_of(event, "keypress") or ""
        if not pressed.startswith(self._confirm_key):
            return None
        return self._receipt(event, Outcome.READ, "confirmed")

    def _failure(self, event: Report) -> ProviderReceipt | None:
        code = clean_code(str(event.get("failure_code", "")))
        return self._receipt(event, Outcome.FAILED, code, refused=code in GONE_CALLS)

    def _receipt(
        self,
        event: Report,
        outcome: Outcome,
        code: str,
        *,
        refused: bool = False,
        understood: bool = True,
    ) -> ProviderReceipt | None:
        number = text_of(event, "callid")
        if number is None:
            return None
        return ProviderReceipt(
            channel=self.channel,
            provider=self.provider,
            provider_message_id=number,
            outcome=outcome,
            reason=Reason.RECEIPT_FAILED if outcome is Outcome.FAILED else None,
            code=code,
            refused=refused,
            understood=understood,
            at=unix_time(event.get("end_calltime"), self._clock()),
        )
