"""Tencent Cloud SMS (sms 2021-01-11): sending, pulling reports, receipts."""

import json
import re
import secrets
from collections import deque
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

from starlette.responses import Response

from core.words import Channel
from sandbox.kit.answers import china_time
from sandbox.kit.book import Entry
from sandbox.kit.context import Desk
from sandbox.kit.outcomes import TAKEN, Outcome
from sandbox.kit.receipts import Push
from sandbox.tencent.answers import (
    APP_ID,
    CHINA_MOBILE,
    PHONE,
    RECEIPT_RETRIES,
    TEMPLATE,
    answer,
    error,
    integer,
    params_of,
    receipt_taken,
    refused,
    text,
    texts,
)

MAX_NUMBERS = 200
MAX_VARIABLE = 35
MAX_SESSION = 512
_URL = re.compile(r"https?://|www\.", re.IGNORECASE)
_SEND = frozenset(
    {
        "PhoneNumberSet",
        "SmsSdkAppId",
        "SignName",
        "TemplateId",
        "TemplateParamSet",
        "SessionContext",
        "ExtendCode",
        "SenderId",
    }
)
_PULL = frozenset(
    {"BeginTime", "EndTime", "Offset", "Limit", "PhoneNumber", "SmsSdkAppId"}
)

# Refusals of the whole call; those of one number stand in its own status.
REFUSALS: Mapping[Outcome, Callable[[], Response]] = {
    Outcome.RATE_LIMIT: partial(error, "RequestLimitExceeded"),
    Outcome.SERVER_ERROR: partial(error, "InternalError.OtherError"),
    Outcome.EXPIRED_TOKEN: partial(error, "AuthFailure.SignatureExpire"),
}
_OF_A_NUMBER = {
    Outcome.REJECT: "FailedOperation.ContainSensitiveWord",
    Outcome.INVALID_RECIPIENT: "InvalidParameterValue.IncorrectPhoneNumber",
    Outcome.UNSUBSCRIBED: "FailedOperation.PhoneNumberInBlacklist",
}
_OF_THE_CALL = frozenset({*REFUSALS, Outcome.DROP, Outcome.GARBAGE, Outcome.TIMEOUT})


@dataclass(frozen=True, slots=True)
class _Report:
    """What the carrier will report of one message."""

    number: str
    serial: str
    session: str
    at: datetime
    outcome: Outcome

    @property
    def words(self) -> tuple[str, str, str]:
        """Return its status, the carrier's code and what that means."""
        if self.outcome is Outcome.RECEIPT_FAILED:
            return "FAIL", "MK:0001", "空号"
        return "SUCCESS", "DELIVRD", "用户短信送达成功"

    def pulled(self) -> dict[str, object]:
        """Return it as PullSmsSendStatusByPhoneNumber has it."""
        status, code, _ = self.words
        return {
            "UserReceiveTime": int(self.at.timestamp()),
            "CountryCode": "86",
            "SubscriberNumber": self.number.removeprefix("+86"),
            "PhoneNumber": self.number,
            "SerialNo": self.serial,
            "ReportStatus": status,
            "Description": code,
            "SessionContext": self.session,
        }

    def push(self) -> Push:
        """Return it as Tencent pushes it: an array, unsigned, without our id."""
        status, code, meaning = self.words
        report = {
            "user_receive_time": china_time(self.at),
            "nationcode": "86",
            "mobile": self.number.removeprefix("+86"),
            "report_status": status,
            "errmsg": code,
            "description": meaning,
            "sid": self.serial,
        }
        content = json.dumps([report], ensure_ascii=False).encode()
        return Push(content, "application/json", receipt_taken, RECEIPT_RETRIES)


class TencentSms:
    """The SMS product; this account's reports carry the SessionContext."""

    name = "sms"
    version = "2021-01-11"

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._reports: deque[_Report] = deque(maxlen=desk.options.room)

    def actions(self) -> Mapping[str, Callable[[bytes], Awaitable[Response]]]:
        """Return the handler of each action."""
        return {"SendSms": self.send, "PullSmsSendStatusByPhoneNumber": self.pull}

    async def send(self, body: bytes) -> Response:
        """SendSms: one text to one number or several, each with its own status."""
        params = params_of(body, _SEND)
        numbers = _checked(params)
        outcomes = await self._desk.decide_all(Channel.SMS, "tencent", numbers)
        told = next((o for o in outcomes.values() if o in _OF_THE_CALL), Outcome.ACCEPT)
        return self._desk.answer(told, REFUSALS, lambda: self._take(params, outcomes))

    async def pull(self, body: bytes) -> Response:
        """PullSmsSendStatusByPhoneNumber: what carriers reported of a number."""
        params = params_of(body, _PULL)
        number = text(params, "PhoneNumber")
        begin, end, offset, limit = (
            integer(params, name)
            for name in ("BeginTime", "EndTime", "Offset", "Limit")
        )
        if not APP_ID.fullmatch(text(params, "SmsSdkAppId")):
            raise refused("InvalidParameterValue.SdkAppIdNotExist")
        if offset != 0:
            raise refused("InvalidParameterValue.OffsetVerifyFail")
        if not 1 <= limit <= 100:
            raise refused("InvalidParameterValue.LimitVerifyFail")
        now = self._desk.now()
        found = [
            report.pulled()
            for report in self._reports
            if report.number == number
            and report.at <= now
            and begin <= report.at.timestamp() < end + 1
        ]
        return answer(PullSmsSendStatusSet=found[:limit])

    def _take(
        self, params: Mapping[str, object], outcomes: Mapping[str, Outcome]
    ) -> Response:
        statuses = [
            self._status(number, params, outcome)
            for number, outcome in outcomes.items()
        ]
        return answer(SendStatusSet=statuses)

    def _status(
        self, number: str, params: Mapping[str, object], outcome: Outcome
    ) -> dict[str, object]:
        code = _OF_A_NUMBER.get(outcome)
        if not CHINA_MOBILE.fullmatch(number):
            code = "InvalidParameterValue.IncorrectPhoneNumber"
        session = str(params.get("SessionContext", ""))
        serial = "" if code else self._enter(number, params, outcome, session)
        return {
            "SerialNo": serial,
            "PhoneNumber": number,
            "Fee": 0 if code else 1,
            "SessionContext": session,
            "Code": code or "Ok",
            "Message": "refused" if code else "send success",
            "IsoCode": "CN",
        }

    def _enter(
        self, number: str, params: Mapping[str, object], outcome: Outcome, session: str
    ) -> str:
        """List a message that was taken, and return its number."""
        now = self._desk.now()
        serial = f"5000:{secrets.randbelow(9 * 10**19) + 10**19}"
        self._desk.book.enter(
            Entry(
                channel=Channel.SMS,
                provider="tencent",
                recipient=number,
                at=now,
                provider_message_id=serial,
                outcome=outcome,
                request={"action": "SendSms", "params": dict(params)},
            )
        )
        at = now + timedelta(seconds=self._desk.options.receipt_after)
        if outcome in TAKEN - {Outcome.NO_RECEIPT}:
            report = _Report(number, serial, session, at, outcome)
            self._reports.append(report)
            self._desk.receipts.later(Channel.SMS, report.push, "tencent")
        return serial


def _checked(params: Mapping[str, object]) -> list[str]:
    """Return the numbers of a call whose every field is as Tencent wants it."""
    numbers = texts(params, "PhoneNumberSet")
    if not numbers:
        raise refused("MissingParameter.EmptyPhoneNumberSet")
    if len(numbers) > MAX_NUMBERS:
        raise refused("LimitExceeded.PhoneNumberCountLimit")
    if not all(PHONE.fullmatch(number) for number in numbers):
        raise refused("InvalidParameterValue.IncorrectPhoneNumber")
    if not APP_ID.fullmatch(text(params, "SmsSdkAppId")):
        raise refused("InvalidParameterValue.SdkAppIdNotExist")
    if not str(params.get("SignName", "")).strip():
        raise refused("FailedOperation.SignatureIncorrectOrUnapproved")
    if not TEMPLATE.fullmatch(text(params, "TemplateId")):
        raise refused("FailedOperation.TemplateIncorrectOrUnapproved")
    for value in texts(params, "TemplateParamSet"):
        if not 1 <= len(value) <= MAX_VARIABLE:
            raise refused("InvalidParameterValue.TemplateParameterLengthLimit")
        if _URL.search(value):
            raise refused("InvalidParameterValue.ProhibitedUseUrlInTemplateParameter")
    if len(str(params.get("SessionContext", "")).encode()) >= MAX_SESSION:
        raise refused("InvalidParameter")
    return list(dict.fromkeys(numbers))
