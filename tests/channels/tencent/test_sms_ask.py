"""Asking Tencent Cloud what became of a short message."""

import json
from datetime import timedelta

import httpx
import pytest

from channels.base import Acceptance
from channels.kit.carriers import CARRIERS
from channels.tencent.sms import TencentSmsSender
from core.errors import DeliveryError, ProviderDown, RateLimited, RecipientRefused
from core.words import Channel
from tests.support.channels.fakes import (
    GARBAGE,
    NOW,
    SENDING_ID,
    Clock,
    Provider,
    Row,
    answering,
    assert_private,
    each,
    sending,
)
from tests.support.channels.tencent import ACCOUNT, SERIAL, error, response

SENDING = sending(Channel.SMS)


def report(state: str, **more: object) -> dict[str, object]:
    found = {"ReportStatus": state, "SerialNo": SERIAL, "Description": "DELIVRD"}
    return {"SessionContext": str(SENDING_ID), **found, **more}


OTHER = {**report("SUCCESS"), "SessionContext": "another"}


async def ask(answer: httpx.Response | Exception) -> tuple[Acceptance | None, Provider]:
    provider = Provider([answer])
    async with answering(provider) as http:
        return await TencentSmsSender(ACCOUNT, http, Clock()).ask(SENDING), provider


async def test_the_question() -> None:
    found = response(PullSmsSendStatusSet=[OTHER, report("SUCCESS")])
    taken, provider = await ask(found)
    assert taken == Acceptance(
        provider="tencent", provider_message_id=SERIAL, delivered=True
    )
    (request,) = provider.requests
    assert request.headers["x-tc-action"] == "PullSmsSendStatusByPhoneNumber"
    now = int(NOW.timestamp())
    assert json.loads(request.content) == {
        "BeginTime": now - 86_400,
        "EndTime": now,
        "Offset": 0,
        "Limit": 100,
        "PhoneNumber": "+8613800138000",
        "SmsSdkAppId": "1400000000",
    }


CARRIER_TABLE: list[Row] = [
    *each("UNDELIV REJECTD EXPIRED DELETED UNKNOWN", RecipientRefused),
    *each("MK:0001 MK:0005 MK:0013 MBBLACK DBBLACK DB:0144", RecipientRefused),
    *each("MK:0023 MI:0024 MK:0010 SOMETHING_NEW", RecipientRefused),
    *each("IB:0008 MI:0061", RateLimited, 60),
]


@pytest.mark.parametrize(("code", "kind", "wait"), CARRIER_TABLE)
async def test_what_carriers_report(
    code: str, kind: type[DeliveryError], wait: float | None
) -> None:
    found = response(PullSmsSendStatusSet=[report("FAIL", Description=code)])
    with pytest.raises(DeliveryError) as raised:
        await ask(found)
    assert (type(raised.value), raised.value.code) == (kind, code)
    pause = raised.value.retry_after
    assert pause == (timedelta(seconds=wait) if wait else None)


def test_every_carriers_code_is_tried() -> None:
    assert set(CARRIERS.classes) <= {code for code, *_ in CARRIER_TABLE}


@pytest.mark.parametrize(
    "answer",
    [
        *GARBAGE,
        # No report of ours: it may have been sent and not be reported yet.
        response(PullSmsSendStatusSet=[]),
        response(PullSmsSendStatusSet=[OTHER]),
        response(PullSmsSendStatusSet="none"),
        response(PullSmsSendStatusSet=[report("WAITING")]),
        response(),
        error("UnauthorizedOperation"),
        error("RequestLimitExceeded"),
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
