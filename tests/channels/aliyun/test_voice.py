"""Calls through Aliyun against a scripted Aliyun."""

import json
from typing import Any
from uuid import UUID

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from channels.aliyun.codes import CALLS, SMS, VOICE
from channels.aliyun.voice import (
    AliyunVoiceAccount,
    AliyunVoiceSender,
    called_number,
    out_id,
)
from channels.base import Acceptance
from core.errors import (
    ContentRefused,
    DeliveryError,
    Misconfigured,
    NotTaken,
    OutcomeUnknown,
    ProviderDown,
    RateLimited,
    RecipientRefused,
)
from core.models import Address
from core.words import Channel, IdentityType
from tests.support.channels.fakes import (
    CONTENT,
    GARBAGE,
    PORTS,
    SENDING_ID,
    Clock,
    Provider,
    Row,
    answering,
    assert_private,
    each,
    refusal_of,
    reply,
    sending,
)

ACCOUNT = AliyunVoiceAccount.sandbox(PORTS)
CALL_ID = "122628733198^10942206"
OK = {"Code": "OK", "Message": "OK", "RequestId": "R", "CallId": CALL_ID}
SENDING = sending(
    Channel.VOICE,
    CONTENT.model_copy(update={"provider_template": "TTS_2001 2001"}),
)
ASKED = SENDING.model_copy(update={"provider_message_id": CALL_ID})
# From half past eight in China to nine, and to midnight.
TO_NINE = 1800
TO_MIDNIGHT = 15.5 * 3600


def code_of(code: str, message: str = "13800138000") -> httpx.Response:
    return reply({"Code": code, "Message": message, "RequestId": "R"})


async def send(
    *answers: httpx.Response | Exception, account: AliyunVoiceAccount = ACCOUNT
) -> tuple[Acceptance, Provider]:
    provider = Provider(answers)
    async with answering(provider) as http:
        sender = AliyunVoiceSender(account, http, Clock())
        return await sender.send(SENDING), provider


async def refused(*answers: httpx.Response | Exception) -> DeliveryError:
    return await refusal_of(send(*answers))


async def test_the_request() -> None:
    taken, provider = await send(reply(OK))
    (request,) = provider.requests
    params = dict(request.url.params)
    assert params.pop("OutId") == out_id(SENDING_ID)
    assert params == {
        "CalledNumber": "13800138000",
        "TtsCode": "TTS_2001",
        "TtsParam": '{"name": "张三", "department": "心内科"}',
        "PlayTimes": "2",
    }
    assert request.headers["x-acs-action"] == "SingleCallByTts"
    assert taken == Acceptance(provider="aliyun", provider_message_id=CALL_ID)


async def test_a_number_of_our_own_is_shown_where_we_have_one() -> None:
    account = ACCOUNT.model_copy(update={"show_number": "02583760000"})
    _, provider = await send(reply(OK), account=account)
    assert provider.requests[0].url.params["CalledShowNumber"] == "02583760000"


@given(st.uuids(), st.uuids())
def test_a_reference_is_short_and_each_ones_own(one: UUID, other: UUID) -> None:
    made = out_id(one)
    assert len(made.encode()) == 15
    assert made.isalnum()
    assert made == out_id(one)
    assert (made == out_id(other)) is (one == other)


@pytest.mark.parametrize(
    ("kind", "stored", "dialled"),
    [
        (IdentityType.MOBILE, "+8613800138000", "13800138000"),
        (IdentityType.LANDLINE, "+862583760000", "02583760000"),
        (IdentityType.LANDLINE, "+861065120000", "01065120000"),
        (IdentityType.MOBILE, "+85291234567", "85291234567"),
    ],
)
def test_numbers_as_they_are_dialled(
    kind: IdentityType, stored: str, dialled: str
) -> None:
    assert called_number(Address(type=kind, value=stored)) == dialled


TABLE: list[Row] = [
    *each("isv.VOICE_CALL_FAIL isp.SYSTEM_ERROR isp.SOMETHING_NEW", ProviderDown),
    *each("Throttling.User", RateLimited, 5),
    *each("isv.BUSINESS_LIMIT_CONTROL", RateLimited, 3600),
    *each("isv.VOICE_ROBOT_NOT_PERIOD isv.VOICE_CALL_PERIOD_ERROR", RateLimited, 1800),
    *each("isv.MOBILE_NUMBER_ILLEGAL isv.COMPLAINT_REJECT", RecipientRefused),
    *each("isv.TTS_TEMPLATE_ILLEGAL isv.TEMPLATE_ILLEGAL", Misconfigured),
    *each("isv.DISPLAY_NUMBER_ILLEGAL isv.BILLID_NOT_EXIST", Misconfigured),
    *each("isv.AMOUNT_NOT_ENOUGH isp.RAM_PERMISSION_DENY", Misconfigured),
    *each("isv.TEMPLATE_PARAMS_ILLEGAL isv.BLACK_KEY_CONTROL_LIMIT", ContentRefused),
    *each("isv.SOMETHING_NEW", ContentRefused),
    *each("SignatureNonceUsed", OutcomeUnknown),
]


@pytest.mark.parametrize(("code", "kind", "wait"), TABLE)
async def test_codes(code: str, kind: type[DeliveryError], wait: float | None) -> None:
    raised = await refused(code_of(code))
    assert (type(raised), raised.code) == (kind, code)
    pause = raised.retry_after
    assert (pause and pause.total_seconds()) == wait


def test_every_code_of_calls_alone_is_tried() -> None:
    tried = {code for code, *_ in TABLE}
    assert VOICE.classes.keys() - SMS.classes.keys() <= tried


@pytest.mark.parametrize(
    ("message", "seconds"),
    [
        ("触发分钟级流控Permits:1", 60),
        ("触发小时级流控Permits:5", 3600),
        ("触发天级流控Permits:20", TO_MIDNIGHT),
    ],
)
async def test_the_tier_of_a_number_s_limit(message: str, seconds: float) -> None:
    raised = await refused(code_of("isv.BUSINESS_LIMIT_CONTROL", message))
    assert raised.retry_after
    assert raised.retry_after.total_seconds() == seconds


async def test_no_template_is_misconfigured_before_any_call() -> None:
    content = CONTENT.model_copy(update={"provider_template": None})
    account = ACCOUNT.model_copy(update={"default_template": None})
    async with answering(Provider([])) as http:
        with pytest.raises(Misconfigured):
            await AliyunVoiceSender(account, http).send(sending(Channel.VOICE, content))


def detail(data: object) -> httpx.Response:
    text = data if isinstance(data, str) else json.dumps(data)
    return reply({**OK, "Data": text})


async def ask(
    answer: httpx.Response | Exception, asked: Any = ASKED
) -> tuple[Acceptance | None, Provider]:
    provider = Provider([answer])
    async with answering(provider) as http:
        return await AliyunVoiceSender(ACCOUNT, http, Clock()).ask(asked), provider


@pytest.mark.parametrize("state", ["200000", "200001", "200008"])
async def test_a_call_that_was_answered(state: str) -> None:
    taken, provider = await ask(detail({"state": state}))
    assert taken == Acceptance(
        provider="aliyun", provider_message_id=CALL_ID, delivered=True
    )
    (request,) = provider.requests
    assert request.headers["x-acs-action"] == "QueryCallDetailByCallId"
    assert request.url.params["CallId"] == CALL_ID
    assert request.url.params["ProdId"] == "11010000138001"


@pytest.mark.parametrize("data", [{}, {"state": ""}, {"state": "200103"}])
async def test_a_call_under_way_is_taken(data: object) -> None:
    taken, _ = await ask(detail(data))
    assert taken == Acceptance(provider="aliyun", provider_message_id=CALL_ID)


CALL_TABLE: list[Row] = [
    *each("200002 200003 200004 200005 200007 200010 200011 482", RecipientRefused),
    *each("200006 200117 200118 200119 476", Misconfigured),
    *each("200121 400", RateLimited, 30),
    *each("500 999999", NotTaken),
]


@pytest.mark.parametrize(("state", "kind", "wait"), CALL_TABLE)
async def test_how_calls_end(
    state: str, kind: type[DeliveryError], wait: float | None
) -> None:
    with pytest.raises(DeliveryError) as raised:
        await ask(detail({"state": state}))
    assert (type(raised.value), raised.value.code) == (kind, state)
    pause = raised.value.retry_after
    assert (pause and pause.total_seconds()) == wait


def test_every_end_is_tried() -> None:
    assert set(CALLS.classes) <= {state for state, *_ in CALL_TABLE}


@pytest.mark.parametrize(
    "answer",
    [
        *GARBAGE,
        reply(OK),
        detail("[1]"),
        detail("[" * 60_000),
        code_of("isp.RAM_PERMISSION_DENY"),
        httpx.Response(500),
        httpx.ReadTimeout("13800138000"),
    ],
)
async def test_what_cannot_be_asked_is_no_answer(
    answer: httpx.Response | Exception,
) -> None:
    with pytest.raises(ProviderDown) as raised:
        await ask(answer)
    assert not isinstance(raised.value, NotTaken)
    assert raised.value.retryable
    assert_private(raised.value)


@pytest.mark.parametrize("number", [None, out_id(SENDING_ID)])
async def test_a_call_whose_number_is_not_known_is_never_asked_after(
    number: str | None,
) -> None:
    asked = SENDING.model_copy(update={"provider_message_id": number})
    with pytest.raises(ProviderDown) as raised:
        await ask(httpx.Response(500), asked)
    assert (raised.value.code, raised.value.retryable) == ("no-call-id", False)
