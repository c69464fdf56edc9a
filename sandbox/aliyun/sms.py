"""Aliyun SMS (dysmsapi 2017-05-25): sending, asking after, receipts."""

import json
import re
import secrets
from collections import defaultdict, deque
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
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
from sandbox.kit.addresses import spelling
from sandbox.kit.answers import CHINA, china_time
from sandbox.kit.book import Entry
from sandbox.kit.context import Desk
from sandbox.kit.outcomes import TAKEN, Outcome
from sandbox.kit.receipts import Push

MAX_NUMBERS = 1000
MAX_VARIABLE = 35
_TEMPLATE = re.compile(r"SMS_\w+", re.ASCII)
_URL = re.compile(r"https?://|www\.", re.IGNORECASE)
_WAITING, _FAILED, _DELIVERED = 1, 2, 3

REFUSALS: Mapping[Outcome, Callable[[], Response]] = {
    Outcome.REJECT: partial(product_error, "isv.SMS_CONTENT_ILLEGAL"),
    Outcome.INVALID_RECIPIENT: partial(product_error, "isv.MOBILE_NUMBER_ILLEGAL"),
    Outcome.UNSUBSCRIBED: partial(product_error, "isv.CUSTOMER_REFUSED"),
    Outcome.RATE_LIMIT: partial(gateway_error, "Throttling.User"),
    Outcome.SERVER_ERROR: partial(product_error, "isp.SYSTEM_ERROR"),
    Outcome.EXPIRED_TOKEN: partial(gateway_error, "InvalidTimeStamp.Expired"),
}


@dataclass(frozen=True, slots=True)
class _Sms:
    """One short message to one number, and what its receipt will say."""

    number: str
    biz_id: str
    out_id: str
    template: str
    content: str
    sent_at: datetime
    reported_at: datetime
    outcome: Outcome

    def status(self, now: datetime) -> int:
        if self.outcome is Outcome.NO_RECEIPT or now < self.reported_at:
            return _WAITING
        return _FAILED if self.outcome is Outcome.RECEIPT_FAILED else _DELIVERED

    def detail(self, now: datetime) -> dict[str, object]:
        """Return the message as QuerySendDetails has it."""
        status = self.status(now)
        detail: dict[str, object] = {
            "PhoneNum": self.number,
            "SendDate": china_time(self.sent_at),
            "SendStatus": status,
            "TemplateCode": self.template,
            "Content": self.content,
            "OutId": self.out_id,
        }
        if status != _WAITING:
            detail["ReceiveDate"] = china_time(self.reported_at)
            detail["ErrCode"] = self.receipt_code()[0]
        return detail

    def receipt_code(self) -> tuple[str, str]:
        if self.outcome is Outcome.RECEIPT_FAILED:
            return "MOBILE_NOT_ON_SERVICE", "手机停机"
        return "DELIVERED", "用户接收成功"

    def report(self) -> Push:
        """Return the receipt as Aliyun pushes it: an array, unsigned."""
        code, text = self.receipt_code()
        report = {
            "phone_number": self.number,
            "send_time": china_time(self.sent_at),
            "report_time": china_time(self.reported_at),
            "success": self.outcome is not Outcome.RECEIPT_FAILED,
            "err_code": code,
            "err_msg": text,
            "sms_size": "1",
            "biz_id": self.biz_id,
            "out_id": self.out_id,
        }
        content = json.dumps([report], ensure_ascii=False).encode()
        return Push(content, "application/json", receipt_taken, RECEIPT_RETRIES)


class _Ledger:
    """What became of each message, by number; the oldest go when it is full."""

    def __init__(self, room: int) -> None:
        self._room = room
        self._order: deque[_Sms] = deque()
        self._by_number: defaultdict[str, deque[_Sms]] = defaultdict(deque)

    def add(self, sms: _Sms) -> None:
        if len(self._order) >= self._room:
            number = spelling(Channel.SMS, self._order.popleft().number)
            self._by_number[number].popleft()
            if not self._by_number[number]:
                del self._by_number[number]
        self._order.append(sms)
        self._by_number[spelling(Channel.SMS, sms.number)].append(sms)

    def of(self, number: str, day: str, biz_id: str | None) -> list[_Sms]:
        """Return the day's messages to a number, the newest first."""
        return [
            sms
            for sms in reversed(self._by_number.get(spelling(Channel.SMS, number), ()))
            if sms.sent_at.astimezone(CHINA).strftime("%Y%m%d") == day
            and biz_id in (None, "", sms.biz_id)
        ]


class AliyunSms:
    """The SMS product."""

    version = "2017-05-25"

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._ledger = _Ledger(desk.options.room)

    def actions(
        self,
    ) -> Mapping[str, Callable[[Mapping[str, str]], Awaitable[Response]]]:
        """Return the handler of each action."""
        return {"SendSms": self.send, "QuerySendDetails": self.query}

    async def send(self, params: Mapping[str, str]) -> Response:
        """SendSms: one text to one number or several."""
        numbers = _checked(params)
        outcomes = await self._desk.decide_all(Channel.SMS, "aliyun", numbers)
        told = _told(list(outcomes.values()))
        return self._desk.answer(told, REFUSALS, lambda: self._take(params, outcomes))

    async def query(self, params: Mapping[str, str]) -> Response:
        """QuerySendDetails: what became of a number's messages of one day."""
        number, day, size, page = required(
            params, "PhoneNumber", "SendDate", "PageSize", "CurrentPage"
        )
        if not re.fullmatch(r"[0-9]{8}", day):
            raise refused("isv.INVALID_PARAMETERS")
        if not re.fullmatch(r"[1-9][0-9]{0,5}", page) or not (
            re.fullmatch(r"[1-9][0-9]?", size) and int(size) <= 50
        ):
            raise refused("isv.INVALID_PARAMETERS")
        found = self._ledger.of(number, day, params.get("BizId"))
        start = (int(page) - 1) * int(size)
        now = self._desk.now()
        details = [sms.detail(now) for sms in found[start : start + int(size)]]
        return ok(
            TotalCount=str(len(found)),
            SmsSendDetailDTOs={"SmsSendDetailDTO": details},
        )

    def _take(
        self, params: Mapping[str, str], outcomes: Mapping[str, Outcome]
    ) -> Response:
        biz_id = f"{secrets.randbelow(9 * 10**17) + 10**17}^0"
        request: dict[str, object] = {
            "action": "SendSms",
            "params": dict(params),
            "variables": variables(params.get("TemplateParam")),
        }
        for number, outcome in outcomes.items():
            self._desk.book.enter(
                Entry(
                    channel=Channel.SMS,
                    provider="aliyun",
                    recipient=number,
                    at=self._desk.now(),
                    provider_message_id=biz_id,
                    outcome=outcome,
                    request=request,
                )
            )
            self._report_later(number, biz_id, params, outcome)
        return ok(BizId=biz_id)

    def _report_later(
        self, number: str, biz_id: str, params: Mapping[str, str], outcome: Outcome
    ) -> None:
        now = self._desk.now()
        sms = _Sms(
            number=number,
            biz_id=biz_id,
            out_id=params.get("OutId", ""),
            template=params["TemplateCode"],
            content=f"【{params['SignName']}】{params.get('TemplateParam', '')}",
            sent_at=now,
            reported_at=now + timedelta(seconds=self._desk.options.receipt_after),
            outcome=outcome,
        )
        self._ledger.add(sms)
        if outcome is not Outcome.NO_RECEIPT:
            self._desk.receipts.later(Channel.SMS, sms.report)


def _told(outcomes: Sequence[Outcome]) -> Outcome:
    """Return the outcome the caller sees: Aliyun answers once for a whole call."""
    refused_or_held = [o for o in outcomes if o not in TAKEN or o is Outcome.TIMEOUT]
    return min(refused_or_held or outcomes, key=lambda o: o in TAKEN)


def _checked(params: Mapping[str, str]) -> list[str]:
    """Return the numbers of a call whose every field is as Aliyun wants it."""
    numbers, sign, template = required(
        params, "PhoneNumbers", "SignName", "TemplateCode"
    )
    found = numbers.split(",")
    if len(found) > MAX_NUMBERS:
        raise refused("isv.MOBILE_COUNT_OVER_LIMIT")
    if not all(MOBILE.fullmatch(number) for number in found):
        raise refused("isv.MOBILE_NUMBER_ILLEGAL")
    if not sign.strip():
        raise refused("isv.SMS_SIGNATURE_ILLEGAL")
    if not _TEMPLATE.fullmatch(template):
        raise refused("isv.SMS_TEMPLATE_ILLEGAL")
    if len(params.get("OutId", "")) >= 256:
        raise refused("isv.INVALID_PARAMETERS")
    for value in variables(params.get("TemplateParam")).values():
        if not 1 <= len(value) <= MAX_VARIABLE:
            raise refused("isv.PARAM_LENGTH_LIMIT")
        if _URL.search(value):
            raise refused("isv.PARAM_NOT_SUPPORT_URL")
    return list(dict.fromkeys(found))
