"""Short messages through Aliyun (dysmsapi 2017-05-25).

SendSms knows no duplicate key: where its answer was lost, QuerySendDetails
says what became of the message (help.aliyun.com, SendSms: "does not support
idempotence"). Codes: help.aliyun.com 101346 and 101347.
"""

import json
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any, ClassVar

import httpx

from channels.accounts import AliyunAccount
from channels.aliyun import AliyunApi
from channels.base import Content, Sending, Taken
from channels.codes import CodeTable, classes, refusal
from channels.http import Line, Slots, deadline
from channels.times import (
    CHINA,
    Clock,
    Pause,
    after,
    until_midnight,
    until_next_month,
    utc_now,
)
from core.errors import (
    ContentRefused,
    DeliveryError,
    Misconfigured,
    OutcomeUnknown,
    ProviderDown,
    RateLimited,
    RecipientRefused,
)
from core.words import Channel

VERSION = "2017-05-25"
_LIMIT = "isv.BUSINESS_LIMIT_CONTROL"

# Codes that begin with "isp." are Aliyun's own trouble, listed or not. Any other
# unlisted one is an answer, so nothing was sent; it stops this message only,
# and the next channel is tried.
CODES = CodeTable(
    provider="aliyun",
    classes=classes(
        {
            ProviderDown: "isp.SYSTEM_ERROR isp.GATEWAY_ERROR InternalError",
            RateLimited: (
                "Throttling Throttling.User isv.BUSINESS_LIMIT_CONTROL "
                "isv.DAY_LIMIT_CONTROL isv.MONTH_LIMIT_CONTROL"
            ),
            RecipientRefused: "isv.MOBILE_NUMBER_ILLEGAL isv.CUSTOMER_REFUSED",
            # BLACK_KEY: sources disagree whether a word or a number is meant.
            ContentRefused: (
                "isv.BLACK_KEY_CONTROL_LIMIT "
                "isv.TEMPLATE_MISSING_PARAMETERS isv.TEMPLATE_PARAMS_ILLEGAL "
                "isv.INVALID_JSON_PARAM isv.PARAM_LENGTH_LIMIT "
                "isv.PARAM_NOT_SUPPORT_URL isv.SMS_CONTENT_ILLEGAL "
                "isv.UNSUPPORTED_CONTENT isv.SMS_CONTENT_MISMATCH_TEMPLATE_TYPE "
                "isv.INVALID_PARAMETERS isv.MOBILE_COUNT_OVER_LIMIT"
            ),
            Misconfigured: (
                "isv.SMS_TEMPLATE_ILLEGAL isv.SMS_SIGNATURE_ILLEGAL "
                "isv.SMS_SIGN_ILLEGAL isv.SIGN_STATE_ILLEGAL isv.SIGN_NAME_ILLEGAL "
                "isv.SMS_SIGNATURE_SCENE_ILLEGAL isv.EXTEND_CODE_ERROR "
                "isv.DOMESTIC_NUMBER_NOT_SUPPORTED "
                "isv.AMOUNT_NOT_ENOUGH isv.OUT_OF_SERVICE isv.PRODUCT_UN_SUBSCRIPT "
                "isv.PRODUCT_UNSUBSCRIBE isv.ACCOUNT_NOT_EXISTS isv.ACCOUNT_ABNORMAL "
                "isp.RAM_PERMISSION_DENY isv.DENY_IP_RANGE SignatureDoesNotMatch "
                "InvalidAccessKeyId.NotFound InvalidAction.NotFound InvalidVersion "
                "InvalidTimeStamp.Expired"
            ),
            # Our one request came to them twice: the first may have been taken.
            OutcomeUnknown: "SignatureNonceUsed",
        }
    ),
    prefixes={
        "isp.": ProviderDown,
        "Throttling.": RateLimited,
        "ServiceUnavailable": ProviderDown,
        "InvalidAccessKeyId": Misconfigured,
        "Forbidden": Misconfigured,
    },
    unknown=ContentRefused,
    pauses={
        "Throttling": after(seconds=5),
        "Throttling.User": after(seconds=5),
        "isv.DAY_LIMIT_CONTROL": until_midnight,
        "isv.MONTH_LIMIT_CONTROL": until_next_month,
    },
)

# What the carriers say about one that was taken. A phone that is off, or that
# no route led to, was not reached either: the next channel's turn.
RECEIPTS = CodeTable(
    provider="aliyun",
    classes=classes(
        {
            RecipientRefused: (
                "MOBILE_NOT_ON_SERVICE INVALID_NUMBER MOBILE_IN_BLACK UNDELIV REJECTD "
                "IS_CLOSE NO_ROUTE EXPIRED"
            ),
            RateLimited: "MOBILE_SEND_LIMIT",
            ContentRefused: "CONTENT_KEYWORD",
        }
    ),
    unknown=RecipientRefused,
    pauses={"MOBILE_SEND_LIMIT": until_midnight},
)

# BUSINESS_LIMIT_CONTROL says in its text which limit of the number was met:
# 触发分钟级流控Permits:1, 小时级, 天级.
TIERS: Mapping[str, Pause] = {
    "分钟级": after(minutes=1),
    "小时级": after(hours=1),
    "天级": until_midnight,
}
_WAITING, _FAILED, _DELIVERED = "1", "2", "3"
_PAGE = 50
_MOST_PAGES = 4
_SLOTS = 50


class AliyunSmsSender:
    """Sends short messages with Aliyun, and asks what became of them."""

    channel: ClassVar[Channel] = Channel.SMS
    provider: ClassVar[str] = "aliyun"
    dedupe_window: ClassVar[timedelta | None] = None

    def __init__(
        self,
        account: AliyunAccount,
        http: httpx.AsyncClient,
        clock: Clock = utc_now,
    ) -> None:
        self._account = account
        self._clock = clock
        self._api = AliyunApi(Line(self.provider, http, clock), account, VERSION)
        self._slots = Slots(self.provider, _SLOTS)

    async def send(self, sending: Sending) -> Taken:
        """Send one short message."""
        params = self._params(sending)
        async with self._slots.one():
            reply = await self._api.call("SendSms", params, deadline())
        if reply.code == _LIMIT:
            raise self._over_limit(reply.text("Message"))
        self._api.refuse(reply, CODES)
        number = reply.text("BizId")[:128] or None
        return Taken(provider=self.provider, provider_message_id=number)

    def _params(self, sending: Sending) -> dict[str, str]:
        content = sending.content
        template = content.provider_template or self._account.default_template
        if not template:
            raise refusal(self.provider, Misconfigured, code="no-template")
        return {
            "PhoneNumbers": phone(sending.address.value),
            "SignName": self._account.sign_name,
            "TemplateCode": template,
            "TemplateParam": template_param(content),
            "OutId": str(sending.id),
        }

    def _over_limit(self, message: str) -> DeliveryError:
        pauses = (pause for tier, pause in TIERS.items() if tier in message)
        pause = next(pauses, after(hours=1))
        now = self._clock()
        return refusal(self.provider, RateLimited, code=_LIMIT, pause=pause, now=now)

    async def ask(self, sending: Sending) -> Taken | None:
        """Return what became of a message by its OutId, None if it is not known.

        Asked by China's day, today's and yesterday's: the send may have been
        shortly before midnight.
        """
        until = deadline()
        today = self._clock().astimezone(CHINA)
        async with self._slots.one():
            for day in (today, today - timedelta(days=1)):
                found = await self._sent_on(day, sending, until)
                if found:
                    return self._judge(found)
        return None

    async def _sent_on(
        self, day: datetime, sending: Sending, until: float
    ) -> list[Mapping[str, Any]]:
        """Return every detail of this sending on that day."""
        found: list[Mapping[str, Any]] = []
        for page in range(1, _MOST_PAGES + 1):
            params = {
                "PhoneNumber": phone(sending.address.value),
                "SendDate": day.strftime("%Y%m%d"),
                "PageSize": str(_PAGE),
                "CurrentPage": str(page),
            }
            details = await self._details(params, until)
            found += [d for d in details if d.get("OutId") == str(sending.id)]
            if len(details) < _PAGE:
                break
        return found

    async def _details(
        self, params: Mapping[str, str], until: float
    ) -> list[Mapping[str, Any]]:
        """Return one page; ProviderDown for whatever keeps us from knowing."""
        try:
            reply = await self._api.call("QuerySendDetails", params, until)
            self._api.refuse(reply, CODES)
        except DeliveryError as error:
            raise _cannot_ask(error.code) from None
        details = _list_in(reply.data)
        if details is None:
            raise _cannot_ask("garbage")
        return details

    def _judge(self, details: Iterable[Mapping[str, Any]]) -> Taken:
        """Return the best that is known; raise if all that is known is failure."""
        by_status = {str(detail.get("SendStatus")): detail for detail in details}
        if _DELIVERED in by_status:
            return Taken(provider=self.provider, delivered=True)
        if _FAILED in by_status and _WAITING not in by_status:
            code = by_status[_FAILED].get("ErrCode")
            raise RECEIPTS.error(str(code or "failed"), self._clock())
        return Taken(provider=self.provider)


def _cannot_ask(code: str) -> DeliveryError:
    return ProviderDown("aliyun can't say what became of it", code=code)


def _list_in(data: Mapping[str, Any]) -> list[Mapping[str, Any]] | None:
    outer = data.get("SmsSendDetailDTOs")
    inner = outer.get("SmsSendDetailDTO", []) if isinstance(outer, dict) else None
    if not isinstance(inner, list):
        return None
    return [detail for detail in inner if isinstance(detail, dict)]


def phone(number: str) -> str:
    """Return a number as Aliyun takes it: 11 digits, or country code and number."""
    return number.removeprefix("+86").removeprefix("+")


def template_param(content: Content) -> str:
    """Return the template's variables as the JSON text Aliyun wants."""
    return json.dumps(content.fields or content.params, ensure_ascii=False)
