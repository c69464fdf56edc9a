"""Tencent Cloud short messages against a scripted Tencent Cloud."""

import json
from typing import Any

import httpx
import pytest

from channels.base import Acceptance, Content
from channels.tencent.api import authorization
from channels.tencent.codes import SMS
from channels.tencent.sender import template_params
from channels.tencent.sms import TencentSmsSender
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
    CONTENT,
    GARBAGE,
    HTML,
    NOW,
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
from tests.support.channels.tencent import ACCOUNT, SERIAL, error, response

SENDING = sending(
    Channel.SMS, CONTENT.model_copy(update={"provider_template": "SMS_1 100001"})
)
TO_MIDNIGHT = 15.5 * 3600


def status(code: str, serial: str = "") -> httpx.Response:
    found = {"SerialNo": serial, "PhoneNumber": "+8613800138000", "Code": code}
    return response(SendStatusSet=[{**found, "Message": "13800138000"}])


OK = status("Ok", SERIAL)


async def send(*answers: httpx.Response | Exception) -> tuple[Acceptance, Provider]:
    provider = Provider(answers)
    async with answering(provider) as http:
        sender = TencentSmsSender(ACCOUNT, http, Clock())
        return await sender.send(SENDING), provider


async def refused(*answers: httpx.Response | Exception) -> DeliveryError:
    return await refusal_of(send(*answers))


async def test_the_request() -> None:
    taken, provider = await send(OK)
    (request,) = provider.requests
    assert (request.method, str(request.url)) == ("POST", "http://provider.example/")
    assert json.loads(request.content) == {
        "PhoneNumberSet": ["+8613800138000"],
        "SmsSdkAppId": "1400000000",
        "SignName": "市第一医院",
        "TemplateId": "100001",
        "TemplateParamSet": ["张三", "心内科"],
        "SessionContext": str(SENDING_ID),
    }
    headers = request.headers
    assert headers["content-type"] == "application/json"
    assert headers["x-tc-action"] == "SendSms"
    assert headers["x-tc-version"] == "2021-01-11"
    assert headers["x-tc-region"] == "ap-guangzhou"
    assert headers["x-tc-timestamp"] == str(int(NOW.timestamp()))
    key = ("sandbox", "sandbox-secret")
    signed = authorization("sms", "provider.example", request.content, NOW, key)
    assert headers["authorization"] == signed
    assert taken == Acceptance(provider="tencent", provider_message_id=SERIAL)


TABLE: list[Row] = [
    *each("InternalError.OtherError InternalError.UnknownError", ProviderDown),
    *each("InternalError.ParseBackendResponseFail", ProviderDown),
    *each("ServiceUnavailable ResourceUnavailable ResourceInsufficient", ProviderDown),
    *each("InternalError.Timeout InternalError.SendAndRecvFail", OutcomeUnknown),
    *each("InternalError InternalError.SomethingNew", OutcomeUnknown),
    *each("RequestLimitExceeded", RateLimited, 2),
    *each("RequestLimitExceeded.IPLimitExceeded", RateLimited),
    *each("LimitExceeded LimitExceeded.SomethingNew", RateLimited),
    *each("LimitExceeded.AppDailyLimit", RateLimited, TO_MIDNIGHT),
    *each("LimitExceeded.AppMainlandChinaDailyLimit", RateLimited, TO_MIDNIGHT),
    *each("LimitExceeded.AppGlobalDailyLimit", RateLimited, TO_MIDNIGHT),
    *each("LimitExceeded.AppCountryOrRegionDailyLimit", RateLimited, TO_MIDNIGHT),
    *each("LimitExceeded.DailyLimit", RateLimited, TO_MIDNIGHT),
    *each("LimitExceeded.PhoneNumberDailyLimit", RateLimited, TO_MIDNIGHT),
    *each("LimitExceeded.PhoneNumberSameContentDailyLimit", RateLimited, TO_MIDNIGHT),
    *each("LimitExceeded.PhoneNumberThirtySecondLimit", RateLimited, 30),
    *each("LimitExceeded.PhoneNumberOneHourLimit", RateLimited, 3600),
    *each("LimitExceeded.DeliveryFrequencyLimit", RateLimited, 60),
    *each("LimitExceeded.GlobalSmsSendingRateLimit", RateLimited, 5),
    # It is half past eight in the morning: until eight the next day.
    *each("FailedOperation.MarketingSendTimeConstraint", RateLimited, 23.5 * 3600),
    *each("InvalidParameterValue.IncorrectPhoneNumber", RecipientRefused),
    *each("FailedOperation.PhoneNumberInBlacklist", RecipientRefused),
    *each("FailedOperation.PhoneNumberParseFail", RecipientRefused),
    *each("UnsupportedOperation.UnsupportedRegion", RecipientRefused),
    *each(
        "UnsupportedOperation.ChineseMainlandTemplateToGlobalPhone "
        "UnsupportedOperation.GlobalTemplateToChineseMainlandPhone "
        "UnsupportedOperation.ContainDomesticPhoneNumber "
        "LimitExceeded.AppCountryOrRegionInBlacklist",
        RecipientRefused,
    ),
    *each("FailedOperation.ContainSensitiveWord", ContentRefused),
    *each("FailedOperation.TemplateParamSetNotMatchApprovedTemplate", ContentRefused),
    *each("InvalidParameterValue.ContentLengthLimit", ContentRefused),
    *each("InvalidParameterValue.TemplateParameterFormatError", ContentRefused),
    *each("InvalidParameterValue.TemplateParameterLengthLimit", ContentRefused),
    *each("InvalidParameterValue.ProhibitedUseUrlInTemplateParameter", ContentRefused),
    *each("LimitExceeded.PhoneNumberCountLimit", ContentRefused),
    *each(
        "UnsupportedOperation.ContainDomesticAndInternationalPhoneNumber",
        ContentRefused,
    ),
    *each("FailedOperation.SomethingNew InvalidParameter.Some", ContentRefused),
    *each("FailedOperation.SignatureIncorrectOrUnapproved", Misconfigured),
    *each("FailedOperation.MissingSignature", Misconfigured),
    *each("FailedOperation.TemplateIncorrectOrUnapproved", Misconfigured),
    *each("FailedOperation.TemplateUnapprovedOrNotExist", Misconfigured),
    *each("FailedOperation.TemplateIdNotExist", Misconfigured),
    *each("FailedOperation.InsufficientBalanceInSmsPackage", Misconfigured),
    *each("FailedOperation.NotEnterpriseCertification", Misconfigured),
    *each("FailedOperation.ProhibitSubAccountUse", Misconfigured),
    *each("InvalidParameterValue.SdkAppIdNotExist", Misconfigured),
    *each("InvalidParameterValue.UnsupportedTemplateVariable", Misconfigured),
    *each("InternalError.SigFieldMissing", Misconfigured),
    *each("InternalError.SigVerificationFail", Misconfigured),
    *each("InternalError.RestApiInterfaceNotExist", Misconfigured),
    *each("AuthFailure AuthFailure.SecretIdNotFound", Misconfigured),
    *each("AuthFailure.SignatureFailure UnauthorizedOperation", Misconfigured),
    *each("UnauthorizedOperation.ServiceSuspendDueToArrears", Misconfigured),
    *each("UnauthorizedOperation.RequestIpNotInWhitelist", Misconfigured),
    *each("InvalidAction InvalidVersion NoSuchVersion NoSuchProduct", Misconfigured),
    *each("UnsupportedProtocol UnsupportedRegion", Misconfigured),
]


@pytest.mark.parametrize(("code", "kind", "wait"), TABLE)
@pytest.mark.parametrize("where", [error, status])
async def test_codes(
    code: str, kind: type[DeliveryError], wait: float | None, where: Any
) -> None:
    raised = await refused(where(code))
    assert type(raised) is kind
    assert raised.code == code
    pause = raised.retry_after
    assert (pause and pause.total_seconds()) == wait


def test_every_listed_code_is_tried() -> None:
    stale = {"InternalError.RequestTimeException"}
    assert set(SMS.classes) <= {code for code, *_ in TABLE} | stale


@pytest.mark.parametrize(
    "answer",
    [
        *GARBAGE,
        response(),
        response(SendStatusSet=[]),
        response(SendStatusSet="Ok"),
        response(SendStatusSet=["Ok"]),
        response(SendStatusSet=[{"Code": 0}]),
        reply({"Response": {"Error": "Ok"}}),
        reply({"Response": {"Error": {"Code": 7}}}),
        reply({"Response": None}),
    ],
)
async def test_garbage_leaves_the_outcome_unknown(answer: httpx.Response) -> None:
    assert type(await refused(answer)) is OutcomeUnknown


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (httpx.Response(500, text=HTML), ProviderDown),
        (error("SomethingNew", 500), ProviderDown),
        (error("AuthFailure.SignatureFailure", 500), Misconfigured),
        (httpx.Response(502, text=HTML), OutcomeUnknown),
        (httpx.Response(429, headers={"Retry-After": "3"}), RateLimited),
        (httpx.Response(403, text=HTML), Misconfigured),
        (httpx.Response(302), Misconfigured),
        (httpx.Response(500, json={"Response": {"RequestId": "R"}}), ProviderDown),
        (httpx.ReadTimeout(""), OutcomeUnknown),
        (httpx.ConnectTimeout(""), ProviderDown),
    ],
)
async def test_faults(
    answer: httpx.Response | Exception, kind: type[DeliveryError]
) -> None:
    assert type(await refused(answer)) is kind


@pytest.mark.parametrize(
    "code", ["AuthFailure.SignatureExpire", "InternalError.RequestTimeException"]
)
async def test_a_late_request_is_signed_anew_once(code: str) -> None:
    taken, provider = await send(error(code), OK)
    assert taken.provider_message_id == SERIAL
    assert len(provider.requests) == 2
    raised = await refused(error(code), error(code))
    assert (type(raised), raised.code) == (Misconfigured, code)


@pytest.mark.parametrize(
    ("listed", "default", "wanted"),
    [
        (None, "100001", "100001"),
        ("SMS_210010104", "100001", None),
        ("SMS_210010104 2004", "100001", "2004"),
        ("2004", None, "2004"),
        ("SMS_210010104", None, None),
    ],
)
async def test_the_template_is_the_one_of_tencents_form(
    listed: str | None, default: str | None, wanted: str | None
) -> None:
    content = CONTENT.model_copy(update={"provider_template": listed})
    account = ACCOUNT.model_copy(update={"default_template": default})
    provider = Provider([OK])
    async with answering(provider) as http:
        sender = TencentSmsSender(account, http)
        if wanted is None:
            with pytest.raises(Misconfigured):
                await sender.send(sending(Channel.SMS, content))
            assert not provider.requests
        else:
            await sender.send(sending(Channel.SMS, content))
            found = json.loads(provider.requests[0].content)["TemplateId"]
            assert found == wanted


def test_the_templates_own_fields_come_first_in_their_order() -> None:
    content = Content(title="", body="", fields={"b": "乙", "a": "甲"})
    assert template_params(content) == ["乙", "甲"]
    bare = Content(title="", body="", params={"b": "乙"})
    assert template_params(bare) == ["乙"]
