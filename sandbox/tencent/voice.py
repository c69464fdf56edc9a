"""Tencent Cloud VMS (vms 2020-09-02): calls that read a text aloud."""

import json
import secrets
from collections.abc import Awaitable, Callable, Mapping
from functools import partial

from starlette.responses import Response

from core.words import Channel
from sandbox.kit.book import Entry
from sandbox.kit.context import Desk
from sandbox.kit.outcomes import Outcome
from sandbox.kit.receipts import Push
from sandbox.tencent.answers import (
    APP_ID,
    PHONE,
    RECEIPT_RETRIES,
    TEMPLATE,
    answer,
    error,
    params_of,
    receipt_taken,
    refused,
    text,
    texts,
)

MAX_TEXT = 350
_CALL = frozenset(
    {
        "TemplateId",
        "CalledNumber",
        "VoiceSdkAppid",
        "TemplateParamSet",
        "PlayTimes",
        "SessionContext",
    }
)
# document/api/1128/37531: nobody answered.
_NO_ANSWER = 5

REFUSALS: Mapping[Outcome, Callable[[], Response]] = {
    Outcome.REJECT: partial(error, "FailedOperation.ContainSensitiveWord"),
    Outcome.INVALID_RECIPIENT: partial(
        error, "InvalidParameterValue.CalledNumberVerifyFail"
    ),
    Outcome.UNSUBSCRIBED: partial(
        error, "InvalidParameterValue.CalledNumberVerifyFail"
    ),
    Outcome.RATE_LIMIT: partial(error, "RequestLimitExceeded"),
    Outcome.SERVER_ERROR: partial(error, "InternalError.UpstreamError"),
    Outcome.EXPIRED_TOKEN: partial(error, "AuthFailure.SignatureExpire"),
}


class TencentVoice:
    """The voice product; it reports what became of a call by pushes only."""

    name = "vms"
    version = "2020-09-02"

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def actions(self) -> Mapping[str, Callable[[bytes], Awaitable[Response]]]:
        """Return the handler of each action."""
        return {"SendTtsVoice": self.call}

    async def call(self, body: bytes) -> Response:
        """SendTtsVoice: one call to one number."""
        params = params_of(body, _CALL)
        number = _checked(params)
        outcome = await self._desk.decide(Channel.VOICE, "tencent", number)
        return self._desk.answer(
            outcome, REFUSALS, lambda: self._take(params, number, outcome)
        )

    def _take(
        self, params: Mapping[str, object], number: str, outcome: Outcome
    ) -> Response:
        call_id = secrets.token_hex(16)
        entry = Entry(
            channel=Channel.VOICE,
            provider="tencent",
            recipient=number,
            at=self._desk.now(),
            provider_message_id=call_id,
            outcome=outcome,
            request={"action": "SendTtsVoice", "params": dict(params)},
        )
        self._desk.book.enter(entry)
        for report in _reports(entry):
            self._desk.receipts.later(Channel.VOICE, partial(_push, report), "tencent")
        session = str(params.get("SessionContext", ""))
        return answer(SendStatus={"CallId": call_id, "SessionContext": session})


def _checked(params: Mapping[str, object]) -> str:
    """Return the number of a call whose every field is as Tencent wants it."""
    number = text(params, "CalledNumber")
    if not PHONE.fullmatch(number):
        raise refused("InvalidParameterValue.CalledNumberVerifyFail")
    if not APP_ID.fullmatch(text(params, "VoiceSdkAppid")):
        raise refused("InvalidParameterValue.SdkAppidNotExist")
    if not TEMPLATE.fullmatch(text(params, "TemplateId")):
        raise refused("FailedOperation.TemplateIncorrectOrUnapproved")
    if sum(len(value) for value in texts(params, "TemplateParamSet")) > MAX_TEXT:
        raise refused("InvalidParameterValue.ContentLengthLimit")
    times = params.get("PlayTimes", 2)
    if isinstance(times, bool) or not isinstance(times, int) or not 1 <= times <= 3:
        raise refused("FailedOperation.InvalidParameters")
    return number


def _reports(entry: Entry) -> list[dict[str, dict[str, object]]]:
    """Return what is pushed of a call: its state, then a key or what went wrong.

    Where a receipt of success is asked for, the person also presses 1.
    """
    if entry.outcome is Outcome.NO_RECEIPT:
        return []
    at = str(int(entry.at.timestamp()))
    about: dict[str, object] = {
        "call_from": "02583760000",
        "callid": entry.provider_message_id,
        "mobile": entry.recipient.removeprefix("+86"),
        "nationcode": "86",
    }
    failed = entry.outcome is Outcome.RECEIPT_FAILED
    state = {
        **about,
        "result": "1" if failed else "0",
        "accept_time": "0" if failed else at,
        "start_calltime": at,
        "end_calltime": at,
        "fee": "0" if failed else "1",
    }
    reports = [{"voiceprompt_callback": state}]
    if failed:
        reason = {"failure_code": _NO_ANSWER, "failure_reason": "无人接听"}
        reports.append({"voice_failure_callback": {**about, **reason}})
    if entry.outcome is Outcome.RECEIPT_DELIVERED:
        reports.append({"voicekey_callback": {**about, "keypress": "1"}})
    return reports


def _push(report: dict[str, dict[str, object]]) -> Push:
    content = json.dumps(report, ensure_ascii=False).encode()
    return Push(content, "application/json", receipt_taken, RECEIPT_RETRIES)
