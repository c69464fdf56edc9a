"""Asking Aliyun what became of a short message."""

from collections.abc import Mapping
from typing import Any

import httpx
import pytest

from channels.aliyun.codes import CARRIERS
from channels.aliyun.sms import AliyunSmsSender
from channels.base import Acceptance
from core.errors import (
    ContentRefused,
    DeliveryError,
    ProviderDown,
    RateLimited,
    RecipientRefused,
)
from core.words import Channel
from tests.support.channels.fakes import (
    ALIYUN,
    GARBAGE,
    SENDING_ID,
    Clock,
    Provider,
    Row,
    answering,
    assert_private,
    each,
    reply,
    sending,
)

OK = {"Code": "OK", "Message": "OK", "RequestId": "R", "BizId": "900619746936498440^0"}
SENDING = sending(Channel.SMS)
TO_MIDNIGHT = 15.5 * 3600


def code_of(
    code: str, message: str = "13800138000", status: int = 200
) -> httpx.Response:
    return reply({"Code": code, "Message": message, "RequestId": "R"}, status)


def details(*found: Mapping[str, Any]) -> httpx.Response:
    dtos = {"SmsSendDetailDTO": list(found)}
    return reply({**OK, "TotalCount": str(len(found)), "SmsSendDetailDTOs": dtos})


def detail(status: object, **more: object) -> dict[str, object]:
    return {"OutId": str(SENDING_ID), "SendStatus": status, **more}


OTHER = {"OutId": "another", "SendStatus": 3}


async def ask(
    *answers: httpx.Response | Exception, clock: Clock | None = None
) -> tuple[Acceptance | None, Provider]:
    provider = Provider(answers)
    async with answering(provider) as http:
        sender = AliyunSmsSender(ALIYUN, http, clock or Clock())
        return await sender.ask(SENDING), provider


async def test_the_question() -> None:
    clock = Clock()
    clock.forward(hours=-9)  # 23:30 of the day before, in China
    taken, provider = await ask(details(detail(1)), clock=clock)
    (request,) = provider.requests
    assert request.headers["x-acs-action"] == "QuerySendDetails"
    assert dict(request.url.params) == {
        "PhoneNumber": "13800138000",
        "SendDate": "20261122",
        "PageSize": "50",
        "CurrentPage": "1",
    }
    assert taken == Acceptance(provider="aliyun")


@pytest.mark.parametrize(
    ("found", "delivered"),
    [
        ([detail(1)], False),
        ([detail("1")], False),
        ([detail(3)], True),
        ([OTHER, detail("3"), OTHER], True),
        ([detail(2, ErrCode="UNDELIV"), detail(1)], False),
        ([detail(3), detail(2, ErrCode="UNDELIV")], True),
        ([detail(9)], False),
    ],
)
async def test_what_is_known_to_be_taken(
    found: list[Mapping[str, Any]], delivered: bool
) -> None:
    taken, _ = await ask(details(*found))
    assert taken == Acceptance(provider="aliyun", delivered=delivered)


async def test_yesterday_is_asked_after_today() -> None:
    taken, provider = await ask(details(OTHER), details(detail(3)))
    assert taken is not None
    days = [request.url.params["SendDate"] for request in provider.requests]
    assert days == ["20261123", "20261122"]


async def test_an_unknown_delivery_is_none() -> None:
    taken, provider = await ask(details(OTHER), details())
    assert taken is None
    assert len(provider.requests) == 2


async def test_pages_are_turned() -> None:
    full = details(*[OTHER] * 50)
    taken, provider = await ask(full, details(detail(3)))
    assert taken is not None
    pages = [request.url.params["CurrentPage"] for request in provider.requests]
    assert pages == ["1", "2"]


RECEIPT_TABLE: list[Row] = [
    *each("MOBILE_NOT_ON_SERVICE INVALID_NUMBER MOBILE_IN_BLACK", RecipientRefused),
    *each("UNDELIV REJECTD IS_CLOSE NO_ROUTE EXPIRED", RecipientRefused),
    *each("SOMETHING_NEW", RecipientRefused),
    *each("MOBILE_SEND_LIMIT", RateLimited, TO_MIDNIGHT),
    *each("CONTENT_KEYWORD", ContentRefused),
]


@pytest.mark.parametrize(("code", "error", "wait"), RECEIPT_TABLE)
async def test_receipts_of_failure(
    code: str, error: type[DeliveryError], wait: float | None
) -> None:
    with pytest.raises(DeliveryError) as raised:
        await ask(details(detail(2, ErrCode=code)))
    assert type(raised.value) is error
    assert raised.value.code == code
    pause = raised.value.retry_after
    assert (pause and pause.total_seconds()) == wait


def test_every_receipt_code_is_tried() -> None:
    assert set(CARRIERS.classes) <= {code for code, *_ in RECEIPT_TABLE}


@pytest.mark.parametrize(
    "answer",
    [
        *GARBAGE,
        reply(OK),
        reply({**OK, "SmsSendDetailDTOs": {"SmsSendDetailDTO": "none"}}),
        code_of("isp.RAM_PERMISSION_DENY"),
        code_of("isv.MOBILE_NUMBER_ILLEGAL"),
        code_of("Throttling.User", status=400),
        httpx.Response(500),
        httpx.ReadTimeout("13800138000"),
        httpx.ConnectError("13800138000"),
    ],
)
async def test_what_cannot_be_asked_is_no_answer(
    answer: httpx.Response | Exception,
) -> None:
    with pytest.raises(ProviderDown) as raised:
        await ask(answer)
    assert_private(raised.value)
