"""Aliyun voice (dyvmsapi 2017-05-25): calls that read a text aloud."""

import json
import re
import secrets
from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime, timedelta
from functools import partial

from starlette.responses import Response

from core.words import Channel
from sandbox.aliyun.answers import (
    MOBILE,
    RECEIPT_RETRIES,
    gateway_error,
    ok,
    product_error,
    receipt_taken,
    refused,
    required,
    variables,
)
from sandbox.kit.answers import china_time
from sandbox.kit.book import Entry
from sandbox.kit.context import Desk
from sandbox.kit.memory import Memory
from sandbox.kit.outcomes import Outcome
from sandbox.kit.receipts import Push

MAX_PARAM = 250
_LANDLINE = re.compile(r"0[1-9][0-9]{8,10}")
_TEMPLATE = re.compile(r"TTS_\w+", re.ASCII)
# document_detail/55085: heard to the end; nobody answered.
_HEARD, _NO_ANSWER = "200000", "200003"
# What the person presses where a receipt of success is asked for.
_KEY = "1"
_DAY = 86_400_000
_TEXT_PRODUCT = "11010000138001"

REFUSALS: Mapping[Outcome, Callable[[], Response]] = {
    Outcome.REJECT: partial(product_error, "isv.TEMPLATE_PARAMS_ILLEGAL"),
    Outcome.INVALID_RECIPIENT: partial(product_error, "isv.MOBILE_NUMBER_ILLEGAL"),
    Outcome.UNSUBSCRIBED: partial(product_error, "isv.COMPLAINT_REJECT"),
    Outcome.RATE_LIMIT: partial(gateway_error, "Throttling.User"),
    Outcome.SERVER_ERROR: partial(product_error, "isp.SYSTEM_ERROR"),
    Outcome.EXPIRED_TOKEN: partial(gateway_error, "InvalidTimeStamp.Expired"),
}


class AliyunVoice:
    """The voice product."""

    version = "2017-05-25"

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._calls: Memory[Entry] = Memory(desk.options.room, desk.now)

    def actions(
        self,
    ) -> Mapping[str, Callable[[Mapping[str, str]], Awaitable[Response]]]:
        """Return the handler of each action."""
        return {"SingleCallByTts": self.call, "QueryCallDetailByCallId": self.query}

    async def call(self, params: Mapping[str, str]) -> Response:
        """SingleCallByTts: one call to one number."""
        number = _checked(params)
        outcome = await self._desk.decide(Channel.VOICE, "aliyun", number)
        return self._desk.answer(
            outcome, REFUSALS, lambda: self._take(params, number, outcome)
        )

    async def query(self, params: Mapping[str, str]) -> Response:
        """QueryCallDetailByCallId: how a call ended, within a day of a time."""
        call_id, product, since = required(params, "CallId", "ProdId", "QueryDate")
        if product != _TEXT_PRODUCT or not re.fullmatch(r"[0-9]{13}", since):
            raise refused("isv.INVALID_PARAMETERS")
        entry = self._calls.recall(call_id)
        if entry is None or not 0 <= _milliseconds(entry.at) - int(since) < _DAY:
            return ok(Data="{}")
        return ok(Data=json.dumps(self._detail(entry), ensure_ascii=False))

    def _detail(self, entry: Entry) -> dict[str, object]:
        """Return a call's detail; without an end while it is under way."""
        detail: dict[str, object] = {
            "callId": entry.provider_message_id,
            "callee": entry.recipient,
            "gmtCreate": china_time(entry.at),
        }
        after = timedelta(seconds=self._desk.options.receipt_after)
        if entry.outcome is Outcome.NO_RECEIPT or self._desk.now() < entry.at + after:
            return detail
        heard = entry.outcome is not Outcome.RECEIPT_FAILED
        end = {"state": _HEARD if heard else _NO_ANSWER, "duration": 10 * heard}
        return detail | end

    def _take(
        self, params: Mapping[str, str], number: str, outcome: Outcome
    ) -> Response:
        call_id = (
            f"{secrets.randbelow(9 * 10**11) + 10**11}^{secrets.randbelow(10**12)}"
        )
        request: dict[str, object] = {
            "action": "SingleCallByTts",
            "params": dict(params),
            "variables": variables(params.get("TtsParam")),
        }
        entry = Entry(
            channel=Channel.VOICE,
            provider="aliyun",
            recipient=number,
            at=self._desk.now(),
            provider_message_id=call_id,
            outcome=outcome,
            request=request,
        )
        self._desk.book.enter(entry)
        self._calls.keep(call_id, entry, timedelta(days=30))
        if outcome is not Outcome.NO_RECEIPT:
            report = partial(_report, entry, params.get("OutId", ""))
            self._desk.receipts.later(Channel.VOICE, report)
        return ok(CallId=call_id)


def _milliseconds(at: datetime) -> int:
    return int(at.timestamp() * 1000)


def _checked(params: Mapping[str, str]) -> str:
    """Return the number of a call whose every field is as Aliyun wants it."""
    number, template = required(params, "CalledNumber", "TtsCode")
    if not MOBILE.fullmatch(number) and not _LANDLINE.fullmatch(number):
        raise refused("isv.MOBILE_NUMBER_ILLEGAL")
    if not _TEMPLATE.fullmatch(template):
        raise refused("isv.TTS_TEMPLATE_ILLEGAL")
    variables(params.get("TtsParam"))
    if len(params.get("TtsParam", "")) >= MAX_PARAM:
        raise refused("isv.TEMPLATE_PARAMS_ILLEGAL")
    if params.get("PlayTimes", "1") not in {"1", "2", "3"}:
        raise refused("isv.INVALID_PARAMETERS")
    if len(params.get("OutId", "").encode()) > 15:
        raise refused("isv.INVALID_PARAMETERS")
    return number


def _report(entry: Entry, out_id: str) -> Push:
    """Return the VoiceReport of a call: an array, unsigned."""
    heard = entry.outcome is not Outcome.RECEIPT_FAILED
    at = china_time(entry.at)
    report = {
        "call_id": entry.provider_message_id,
        "out_id": out_id,
        "status_code": _HEARD if heard else _NO_ANSWER,
        "status_msg": "用户听完" if heard else "用户无应答",
        "callee": entry.recipient,
        "originate_time": at,
        "start_time": at if heard else "",
        "end_time": at,
        "duration": "10" if heard else "0",
        "voice_type": "tts",
    }
    if entry.outcome is Outcome.RECEIPT_DELIVERED:
        report["dtmf"] = _KEY
    content = json.dumps([report], ensure_ascii=False).encode()
    return Push(content, "application/json", receipt_taken, RECEIPT_RETRIES)
