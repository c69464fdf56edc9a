"""Calls through Tencent Cloud against a scripted Tencent Cloud."""

import json

import httpx
import pytest

from channels.base import Acceptance, Asking
from channels.tencent.codes import VOICE
from channels.tencent.voice import TencentVoiceAccount, TencentVoiceSender
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
    PORTS,
    SENDING_ID,
    Clock,
    Provider,
    Row,
    answering,
    each,
    refusal_of,
    sending,
)
from tests.support.channels.tencent import error, response

ACCOUNT = TencentVoiceAccount.sandbox(PORTS)
SENDING = sending(
    Channel.VOICE,
    CONTENT.model_copy(update={"provider_template": "TTS_2001 2001"}),
)
OK = response(SendStatus={"CallId": "call-1", "SessionContext": "x"})


async def send(*answers: httpx.Response | Exception) -> tuple[Acceptance, Provider]:
    provider = Provider(answers)
    async with answering(provider) as http:
        sender = TencentVoiceSender(ACCOUNT, http, Clock())
        return await sender.send(SENDING), provider


async def refused(*answers: httpx.Response | Exception) -> DeliveryError:
    return await refusal_of(send(*answers))


async def test_the_request() -> None:
    taken, provider = await send(OK)
    (request,) = provider.requests
    assert json.loads(request.content) == {
        "TemplateId": "2001",
        "CalledNumber": "+8613800138000",
        "VoiceSdkAppid": "1400000000",
        "TemplateParamSet": ["张三", "心内科"],
        "PlayTimes": 2,
        "SessionContext": str(SENDING_ID),
    }
    assert request.headers["x-tc-action"] == "SendTtsVoice"
    assert request.headers["x-tc-version"] == "2020-09-02"
    assert "/vms/tc3_request" in request.headers["authorization"]
    assert taken == Acceptance(provider="tencent", provider_message_id="call-1")


TABLE: list[Row] = [
    *each("FailedOperation.AccessUpstreamTimeout", OutcomeUnknown),
    *each("InternalError.AccessUpstreamTimeout", OutcomeUnknown),
    *each("InternalError.SsoSendRecvFail InternalError.New", OutcomeUnknown),
    *each("InternalError.UpstreamError", ProviderDown),
    *each("ServiceUnavailable ResourceUnavailable ResourceInsufficient", ProviderDown),
    *each("RequestLimitExceeded", RateLimited, 2),
    *each("LimitExceeded.DeliveryFrequencyLimit", RateLimited, 60),
    *each("InvalidParameterValue.CalledNumberVerifyFail", RecipientRefused),
    *each("FailedOperation.ContainSensitiveWord", ContentRefused),
    *each("FailedOperation.FailResolvePacket", ContentRefused),
    *each("FailedOperation.InvalidJsonParameters", ContentRefused),
    *each("FailedOperation.InvalidParameters", ContentRefused),
    *each("FailedOperation.JsonParseFail", ContentRefused),
    *each("FailedOperation.ParametersOtherError", ContentRefused),
    *each("InvalidParameterValue.ContentLengthLimit", ContentRefused),
    *each("UnsupportedOperation FailedOperation.New", ContentRefused),
    *each("FailedOperation.TemplateIncorrectOrUnapproved", Misconfigured),
    *each("FailedOperation.InsufficientBalanceInVoicePackage", Misconfigured),
    *each("FailedOperation.PhonenumberUnappliedOrExpired", Misconfigured),
    *each("InvalidParameterValue.SdkAppidNotExist", Misconfigured),
    *each("UnauthorizedOperation.SdkAppidIsDisabled", Misconfigured),
    *each("UnauthorizedOperation.VoiceSdkAppidVerifyFail", Misconfigured),
    *each("UnauthorizedOperation AuthFailure AuthFailure.New", Misconfigured),
    *each("InternalError.SigVerificationFail", Misconfigured),
    *each("InternalError.RestApiInterfaceNotExist", Misconfigured),
    *each("InvalidAction InvalidVersion NoSuchVersion NoSuchProduct", Misconfigured),
    *each("UnsupportedProtocol UnsupportedRegion", Misconfigured),
]


@pytest.mark.parametrize(("code", "kind", "wait"), TABLE)
async def test_codes(code: str, kind: type[DeliveryError], wait: float | None) -> None:
    raised = await refused(error(code))
    assert (type(raised), raised.code) == (kind, code)
    pause = raised.retry_after
    assert (pause and pause.total_seconds()) == wait


def test_every_listed_code_is_tried() -> None:
    stale = {"InternalError.RequestTimeException"}
    assert set(VOICE.classes) <= {code for code, *_ in TABLE} | stale


@pytest.mark.parametrize(
    "answer",
    [
        *GARBAGE,
        response(),
        response(SendStatus=[]),
        response(SendStatus={}),
        response(SendStatus={"CallId": 7}),
    ],
)
async def test_garbage_leaves_the_outcome_unknown(answer: httpx.Response) -> None:
    assert type(await refused(answer)) is OutcomeUnknown


def test_nobody_can_be_asked_how_a_call_ended() -> None:
    assert not isinstance(TencentVoiceSender(ACCOUNT, httpx.AsyncClient()), Asking)


async def test_no_template_is_misconfigured_before_any_call() -> None:
    content = CONTENT.model_copy(update={"provider_template": None})
    account = ACCOUNT.model_copy(update={"default_template": None})
    async with answering(Provider([])) as http:
        with pytest.raises(Misconfigured):
            await TencentVoiceSender(account, http).send(
                sending(Channel.VOICE, content)
            )
