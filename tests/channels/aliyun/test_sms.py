"""Aliyun short messages against a scripted Aliyun."""

import json
from datetime import timedelta

import httpx
import pytest

from channels.aliyun.api import authorization
from channels.aliyun.codes import SMS
from channels.aliyun.sender import template_param
from channels.aliyun.sms import AliyunSmsSender, phone
from channels.base import Acceptance, Content
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
from tests.support.channels.fakes import (
    ALIYUN,
    CONTENT,
    GARBAGE,
    HTML,
    SENDING_ID,
    Clock,
    Provider,
    Row,
    answering,
    each,
    refusal_of,
    reply,
    sending,
)

OK = {"Code": "OK", "Message": "OK", "RequestId": "R", "BizId": "900619746936498440^0"}
SENDING = sending(Channel.SMS)
DAY = 86_400
TO_MIDNIGHT = 15.5 * 3600
# From 23 November, half past eight, to the first of December.
TO_DECEMBER = 7 * DAY + TO_MIDNIGHT


async def send(*answers: httpx.Response | Exception) -> tuple[Acceptance, Provider]:
    provider = Provider(answers)
    async with answering(provider) as http:
        return await AliyunSmsSender(ALIYUN, http, Clock()).send(SENDING), provider


async def refused(*answers: httpx.Response | Exception) -> DeliveryError:
    return await refusal_of(send(*answers))


def code_of(
    code: str, message: str = "13800138000", status: int = 200
) -> httpx.Response:
    return reply({"Code": code, "Message": message, "RequestId": "R"}, status)


async def test_the_request() -> None:
    taken, provider = await send(reply(OK))
    (request,) = provider.requests
    assert (request.method, request.url.path, request.content) == ("POST", "/", b"")
    assert dict(request.url.params) == {
        "PhoneNumbers": "13800138000",
        "SignName": "市第一医院",
        "TemplateCode": "SMS_123456789",
        "TemplateParam": '{"name": "张三", "department": "心内科"}',
        "OutId": str(SENDING_ID),
    }
    headers = request.headers
    assert headers["host"] == "provider.example"
    assert headers["x-acs-action"] == "SendSms"
    assert headers["x-acs-version"] == "2017-05-25"
    assert headers["x-acs-date"] == "2026-11-23T00:30:00Z"
    assert headers["content-length"] == "0"
    assert taken == Acceptance(
        provider="aliyun", provider_message_id="900619746936498440^0"
    )


async def test_what_is_on_the_wire_is_what_was_signed() -> None:
    _, provider = await send(reply(OK))
    (request,) = provider.requests
    signed = {
        name: value
        for name, value in request.headers.items()
        if name == "host" or name.startswith("x-acs-")
    }
    key = ("sandbox", "sandbox-secret")
    params = dict(request.url.params)
    expected = authorization("POST", params, signed, key)
    assert request.headers["authorization"] == expected
    assert b"+" not in request.url.query
    assert b"%E5%BC%A0%E4%B8%89" in request.url.query


TABLE: list[Row] = [
    *each("isp.SYSTEM_ERROR isp.GATEWAY_ERROR InternalError", ProviderDown),
    *each("isp.SOMETHING_NEW ServiceUnavailable ServiceUnavailable.X", ProviderDown),
    *each("Throttling Throttling.User", RateLimited, 5),
    *each("Throttling.Api", RateLimited),
    *each("isv.BUSINESS_LIMIT_CONTROL", RateLimited, 3600),
    *each("isv.DAY_LIMIT_CONTROL", RateLimited, TO_MIDNIGHT),
    *each("isv.MONTH_LIMIT_CONTROL", RateLimited, TO_DECEMBER),
    *each("isv.MOBILE_NUMBER_ILLEGAL isv.CUSTOMER_REFUSED", RecipientRefused),
    *each(
        "isv.BLACK_KEY_CONTROL_LIMIT isv.TEMPLATE_MISSING_PARAMETERS", ContentRefused
    ),
    *each("isv.TEMPLATE_PARAMS_ILLEGAL isv.INVALID_JSON_PARAM", ContentRefused),
    *each("isv.PARAM_LENGTH_LIMIT isv.PARAM_NOT_SUPPORT_URL", ContentRefused),
    *each("isv.SMS_CONTENT_ILLEGAL isv.UNSUPPORTED_CONTENT", ContentRefused),
    *each("isv.SMS_CONTENT_MISMATCH_TEMPLATE_TYPE", ContentRefused),
    *each("isv.INVALID_PARAMETERS isv.MOBILE_COUNT_OVER_LIMIT", ContentRefused),
    *each("isv.SOMETHING_NEW", ContentRefused),
    *each("isv.SMS_TEMPLATE_ILLEGAL isv.SMS_SIGNATURE_ILLEGAL", Misconfigured),
    *each("isv.SMS_SIGN_ILLEGAL isv.SIGN_STATE_ILLEGAL", Misconfigured),
    *each("isv.SIGN_NAME_ILLEGAL isv.SMS_SIGNATURE_SCENE_ILLEGAL", Misconfigured),
    *each("isv.EXTEND_CODE_ERROR isv.DOMESTIC_NUMBER_NOT_SUPPORTED", Misconfigured),
    *each("isv.AMOUNT_NOT_ENOUGH isv.OUT_OF_SERVICE", Misconfigured),
    *each("isv.PRODUCT_UN_SUBSCRIPT isv.PRODUCT_UNSUBSCRIBE", Misconfigured),
    *each("isv.ACCOUNT_NOT_EXISTS isv.ACCOUNT_ABNORMAL", Misconfigured),
    *each("isp.RAM_PERMISSION_DENY isv.DENY_IP_RANGE", Misconfigured),
    *each("SignatureDoesNotMatch InvalidAccessKeyId.NotFound", Misconfigured),
    *each("InvalidAction.NotFound InvalidVersion", Misconfigured),
    *each("InvalidAccessKeyId.Inactive Forbidden.AccessKey", Misconfigured),
    *each("SignatureNonceUsed", OutcomeUnknown),
]


@pytest.mark.parametrize(("code", "error", "wait"), TABLE)
@pytest.mark.parametrize("status", [200, 400])
async def test_codes(
    code: str, error: type[DeliveryError], wait: float | None, status: int
) -> None:
    raised = await refused(code_of(code, status=status))
    if (code, status) == ("isv.SOMETHING_NEW", 400):
        # An unlisted error of the gateway is about the call, not the content.
        error = Misconfigured
    assert type(raised) is error
    assert raised.code == code
    pause = raised.retry_after
    assert (pause and pause.total_seconds()) == wait


def test_every_listed_code_is_tried() -> None:
    assert set(SMS.classes) <= {c for c, *_ in TABLE} | {"InvalidTimeStamp.Expired"}


@pytest.mark.parametrize(
    ("message", "pause"),
    [
        ("触发分钟级流控Permits:1", timedelta(minutes=1)),
        ("触发小时级流控Permits:5", timedelta(hours=1)),
        ("触发天级流控Permits:10", timedelta(seconds=TO_MIDNIGHT)),
        ("触发号码流控 13800138000", timedelta(hours=1)),
    ],
)
async def test_the_tier_of_a_number_s_limit(message: str, pause: timedelta) -> None:
    raised = await refused(code_of("isv.BUSINESS_LIMIT_CONTROL", message))
    assert (type(raised), raised.retry_after) == (RateLimited, pause)


@pytest.mark.parametrize("answer", GARBAGE)
async def test_garbage_leaves_the_outcome_unknown(answer: httpx.Response) -> None:
    assert type(await refused(answer)) is OutcomeUnknown


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (httpx.Response(500, text=HTML), ProviderDown),
        (code_of("SomethingNew", status=500), ProviderDown),
        (code_of("SomethingNew", status=503), ProviderDown),
        (httpx.Response(502, text=HTML), OutcomeUnknown),
        (httpx.Response(504, text=HTML), OutcomeUnknown),
        (httpx.Response(429, headers={"Retry-After": "3"}), RateLimited),
        (code_of("SomethingNew", status=429), RateLimited),
        (httpx.Response(403, text=HTML), Misconfigured),
        (httpx.Response(302), Misconfigured),
        (code_of("MissingSignName", status=400), Misconfigured),
        (code_of("OK", status=500), ProviderDown),
        (httpx.ReadTimeout(""), OutcomeUnknown),
        (httpx.ConnectTimeout(""), ProviderDown),
    ],
)
async def test_faults(
    answer: httpx.Response | Exception, error: type[DeliveryError]
) -> None:
    assert type(await refused(answer)) is error


async def test_a_late_request_is_signed_anew_once() -> None:
    stale = code_of("InvalidTimeStamp.Expired", status=400)
    taken, provider = await send(stale, reply(OK))
    assert taken.provider_message_id
    nonces = [r.headers["x-acs-signature-nonce"] for r in provider.requests]
    assert len(set(nonces)) == 2
    raised = await refused(stale, stale)
    assert (type(raised), raised.code) == (Misconfigured, "InvalidTimeStamp.Expired")


async def test_no_template_is_misconfigured_before_any_call() -> None:
    content = CONTENT.model_copy(update={"provider_template": None})
    account = ALIYUN.model_copy(update={"default_template": None})
    async with answering(Provider([])) as http:
        with pytest.raises(Misconfigured):
            await AliyunSmsSender(account, http).send(sending(Channel.SMS, content))
    provider = Provider([reply(OK)])
    async with answering(provider) as http:
        await AliyunSmsSender(ALIYUN, http).send(sending(Channel.SMS, content))
    template = provider.requests[0].url.params["TemplateCode"]
    assert template == ALIYUN.default_template


@pytest.mark.parametrize(
    ("stored", "wanted"),
    [
        ("+8613800138000", "13800138000"),
        ("13800138000", "13800138000"),
        ("+85291234567", "85291234567"),
    ],
)
def test_numbers_as_aliyun_takes_them(stored: str, wanted: str) -> None:
    assert phone(stored) == wanted


def test_the_templates_own_fields_come_first() -> None:
    content = Content(title="", body="", fields={"a": "甲"}, params={"b": "乙"})
    assert json.loads(template_param(content)) == {"a": "甲"}
    bare = Content(title="", body="", params={"b": "乙"})
    assert json.loads(template_param(bare)) == {"b": "乙"}
