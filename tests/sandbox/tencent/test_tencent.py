"""Tencent Cloud's double: signatures, fields, what a pull says, the vendor's SDK."""

import json
import time
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

# The vendor's packages carry no types.
from tencentcloud.common import credential  # type: ignore[import-untyped]
from tencentcloud.common.exception.tencent_cloud_sdk_exception import (  # type: ignore[import-untyped]
    TencentCloudSDKException,
)
from tencentcloud.common.profile.client_profile import (  # type: ignore[import-untyped]
    ClientProfile,
)
from tencentcloud.common.profile.http_profile import (  # type: ignore[import-untyped]
    HttpProfile,
)
from tencentcloud.sms.v20210111 import (  # type: ignore[import-untyped]
    models as sms_models,
)
from tencentcloud.sms.v20210111 import sms_client, sms_client_async
from tencentcloud.vms.v20200902 import (  # type: ignore[import-untyped]
    models as vms_models,
)
from tencentcloud.vms.v20200902 import vms_client

from sandbox.kit.context import Options
from tests.support.sandbox.rig import SECRET, Clock, Rig, new_number, rig
from tests.support.sandbox.tencent import code_of, tencent, tencent_sms, tencent_voice

# Within the minutes that a signature may be old.
RECEIPT_AFTER = 20
CLOCK = Clock()
HOLD = 0.3


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Rig]:
    with rig(
        Options(clock=CLOCK, receipt_after=RECEIPT_AFTER, hold_seconds=HOLD)
    ) as running:
        yield running


@pytest.fixture(autouse=True)
def _fresh(sandbox: Rig) -> None:
    sandbox.reset()


def test_a_signed_message_is_taken_and_listed(sandbox: Rig) -> None:
    number = new_number()
    answer = tencent_sms(sandbox, number, SessionContext="d-1")
    [status] = answer.json()["Response"]["SendStatusSet"]
    assert (status["Code"], status["SessionContext"]) == ("Ok", "d-1")
    [item] = sandbox.messages(channel="sms", recipient=number)
    assert item["provider"] == "tencent"
    assert item["provider_message_id"] == status["SerialNo"]
    request: Any = item["request"]
    assert request["params"]["TemplateParamSet"] == ["张三"]


def test_who_is_not_the_account_is_refused(sandbox: Rig) -> None:
    def signed(**how: Any) -> str:
        return code_of(tencent(sandbox, "sms", "SendSms", b"{}", **how))

    assert signed(key="other") == "AuthFailure.SecretIdNotFound"
    assert signed(secret="wrong") == "AuthFailure.SignatureFailure"
    assert signed(scope="vms") == "AuthFailure.SignatureFailure"
    assert signed(age=timedelta(minutes=6)) == "AuthFailure.SignatureExpire"
    assert signed(age=timedelta(minutes=-6)) == "AuthFailure.SignatureExpire"
    assert signed(x_tc_timestamp="now") == "AuthFailure.SignatureExpire"
    assert signed(x_tc_version="2016-01-01") == "NoSuchVersion"
    assert signed(x_tc_region="") == "MissingParameter"
    assert signed(x_tc_action="SendLetter") == "InvalidAction"
    assert signed(content_type="text/plain") == "UnsupportedProtocol"
    assert signed(authorization="none") == "AuthFailure.InvalidAuthorization"
    assert signed() == "MissingParameter.EmptyPhoneNumberSet"
    assert sandbox.messages() == []


def test_another_body_breaks_the_signature(sandbox: Rig) -> None:
    sent = tencent_sms(sandbox, new_number()).request
    changed = sent.content.replace(b"138", b"139")
    answer = sandbox.http.post("/", content=changed, headers=sent.headers)
    assert code_of(answer) == "AuthFailure.SignatureFailure"


@pytest.mark.parametrize(
    ("fields", "wanted"),
    [
        ({"PhoneNumberSet": []}, "MissingParameter.EmptyPhoneNumberSet"),
        ({"PhoneNumberSet": "+8613800138000"}, "InvalidParameter"),
        (
            {"PhoneNumberSet": ["13800138000"]},
            "InvalidParameterValue.IncorrectPhoneNumber",
        ),
        (
            {"PhoneNumberSet": ["+862583760000"]},
            "InvalidParameterValue.IncorrectPhoneNumber",
        ),
        (
            {"PhoneNumberSet": ["+8613800138000"] * 201},
            "LimitExceeded.PhoneNumberCountLimit",
        ),
        ({"SmsSdkAppId": "7"}, "InvalidParameterValue.SdkAppIdNotExist"),
        ({"SmsSdkAppId": None}, "MissingParameter"),
        ({"SignName": " "}, "FailedOperation.SignatureIncorrectOrUnapproved"),
        ({"TemplateId": "SMS_1"}, "FailedOperation.TemplateIncorrectOrUnapproved"),
        ({"TemplateId": 100001}, "InvalidParameter"),
        ({"TemplateParamSet": [1]}, "InvalidParameter"),
        (
            {"TemplateParamSet": ["字" * 36]},
            "InvalidParameterValue.TemplateParameterLengthLimit",
        ),
        (
            {"TemplateParamSet": [""]},
            "InvalidParameterValue.TemplateParameterLengthLimit",
        ),
        (
            {"TemplateParamSet": ["https://a.cn"]},
            "InvalidParameterValue.ProhibitedUseUrlInTemplateParameter",
        ),
        ({"SessionContext": "1" * 512}, "InvalidParameter"),
        ({"Speed": "1"}, "UnknownParameter"),
        ({"SessionContext": "1" * 511}, "Ok"),
    ],
)
def test_fields(sandbox: Rig, fields: dict[str, object], wanted: str) -> None:
    assert code_of(tencent_sms(sandbox, new_number(), **fields)) == wanted


@pytest.mark.parametrize("body", [b"", b"[]", b"{", b"[" * 9000, b'"x"', b"\xff"])
def test_a_body_that_is_no_object(sandbox: Rig, body: bytes) -> None:
    answer = tencent(sandbox, "sms", "SendSms", body)
    assert code_of(answer) == "FailedOperation.JsonParseFail"


@pytest.mark.parametrize(
    ("fields", "wanted"),
    [
        (
            {"CalledNumber": "13800138000"},
            "InvalidParameterValue.CalledNumberVerifyFail",
        ),
        ({"VoiceSdkAppid": "7"}, "InvalidParameterValue.SdkAppidNotExist"),
        ({"TemplateId": "TTS_1"}, "FailedOperation.TemplateIncorrectOrUnapproved"),
        (
            {"TemplateParamSet": ["字" * 351]},
            "InvalidParameterValue.ContentLengthLimit",
        ),
        ({"PlayTimes": 4}, "FailedOperation.InvalidParameters"),
        ({"PlayTimes": "2"}, "FailedOperation.InvalidParameters"),
        ({"Speed": 1}, "UnknownParameter"),
        ({"PlayTimes": 3, "CalledNumber": "+862583760000"}, "Ok"),
    ],
)
def test_a_calls_fields(sandbox: Rig, fields: dict[str, object], wanted: str) -> None:
    assert code_of(tencent_voice(sandbox, new_number(), **fields)) == wanted


def test_each_number_has_a_status_of_its_own(sandbox: Rig) -> None:
    good, blocked = new_number(), new_number()
    sandbox.rules({"recipient": f"+86{blocked}", "outcome": "unsubscribed"})
    answer = tencent_sms(sandbox, good, blocked).json()["Response"]
    assert [(s["Code"], bool(s["SerialNo"])) for s in answer["SendStatusSet"]] == [
        ("Ok", True),
        ("FailedOperation.PhoneNumberInBlacklist", False),
    ]
    assert [m["recipient"] for m in sandbox.messages()] == [f"+86{good}"]


def vendor(sandbox: Rig, kind: Any, secret: str = SECRET) -> Any:
    """Return one of the vendor's own clients, pointed at the sandbox."""
    http = HttpProfile(
        protocol="http", endpoint=sandbox.url.removeprefix("http://"), reqTimeout=5
    )
    profile = ClientProfile(httpProfile=http, signMethod="TC3-HMAC-SHA256")
    return kind(credential.Credential("sandbox", secret), "ap-guangzhou", profile)


def request(number: str) -> Any:
    given = sms_models.SendSmsRequest()
    given.PhoneNumberSet = [f"+86{number}"]
    given.SmsSdkAppId, given.TemplateId = "1400000000", "100001"
    given.SignName, given.TemplateParamSet = "协和 医院*+~", ["张三", "8:00"]
    given.SessionContext = "msg-1"
    return given


def pull(sandbox: Rig, number: str) -> Any:
    asked = sms_models.PullSmsSendStatusByPhoneNumberRequest()
    now = int(time.time())
    asked.BeginTime, asked.EndTime = now - 60, now + 600
    asked.Offset, asked.Limit = 0, 100
    asked.PhoneNumber, asked.SmsSdkAppId = f"+86{number}", "1400000000"
    client = vendor(sandbox, sms_client.SmsClient)
    return client.PullSmsSendStatusByPhoneNumber(asked).PullSmsSendStatusSet


@pytest.mark.parametrize(
    ("outcome", "reported"),
    [
        ("accept", [("SUCCESS", "DELIVRD")]),
        ("receipt_failed", [("FAIL", "MK:0001")]),
        ("no_receipt", []),
    ],
)
def test_the_vendors_sdk_sends_and_pulls(
    sandbox: Rig, outcome: str, reported: list[tuple[str, str]]
) -> None:
    number = new_number()
    sandbox.rules({"outcome": outcome})
    sent = vendor(sandbox, sms_client.SmsClient).SendSms(request(number))
    [status] = sent.SendStatusSet
    assert (status.Code, status.SessionContext) == ("Ok", "msg-1")
    assert pull(sandbox, number) == []
    CLOCK.pass_by(RECEIPT_AFTER)
    found = pull(sandbox, number)
    assert [(r.ReportStatus, r.Description) for r in found] == reported
    assert all(r.SerialNo == status.SerialNo for r in found)


async def test_the_vendors_sdk_sends_asynchronously(sandbox: Rig) -> None:
    async with vendor(sandbox, sms_client_async.SmsClient) as client:
        answer = await client.SendSms(request(new_number()))
    assert answer.SendStatusSet[0].Code == "Ok"


@pytest.mark.parametrize(
    ("secret", "outcome", "wanted"),
    [
        ("wrong", "accept", "AuthFailure.SignatureFailure"),
        (SECRET, "rate_limit", "RequestLimitExceeded"),
        (SECRET, "server_error", "InternalError.OtherError"),
        (SECRET, "expired_token", "AuthFailure.SignatureExpire"),
    ],
)
async def test_the_vendors_sdks_raise_the_errors(
    sandbox: Rig, secret: str, outcome: str, wanted: str
) -> None:
    sandbox.rules({"outcome": outcome})
    with pytest.raises(TencentCloudSDKException) as raised:
        vendor(sandbox, sms_client.SmsClient, secret).SendSms(request(new_number()))
    assert raised.value.code == wanted
    async with vendor(sandbox, sms_client_async.SmsClient, secret) as client:
        with pytest.raises(TencentCloudSDKException) as raised:
            await client.SendSms(request(new_number()))
    assert raised.value.code == wanted


def test_the_vendors_sdk_calls(sandbox: Rig) -> None:
    number = new_number()
    given = vms_models.SendTtsVoiceRequest()
    given.from_json_string(
        json.dumps(
            {
                "TemplateId": "100001",
                "CalledNumber": f"+86{number}",
                "VoiceSdkAppid": "1400000000",
                "TemplateParamSet": ["七病区"],
                "SessionContext": "msg-1",
            }
        )
    )
    answer = vendor(sandbox, vms_client.VmsClient).SendTtsVoice(given)
    [item] = sandbox.messages(channel="voice", recipient=number)
    assert item["provider_message_id"] == answer.SendStatus.CallId
    assert answer.SendStatus.SessionContext == "msg-1"
