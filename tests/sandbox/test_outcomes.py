"""Every outcome of the rules on every HTTP provider, over a real socket."""

import time
from collections.abc import Callable, Iterator, Mapping

import httpx
import pytest

from sandbox.kit.context import Options
from sandbox.kit.outcomes import Outcome
from tests.support.sandbox.rig import (
    Rig,
    new_number,
    rig,
    sms,
    voice,
    wechat,
    wecom,
    workstation,
)

HOLD = 0.3
SENDS: Mapping[str, Callable[[Rig, str], httpx.Response]] = {
    "sms": sms,
    "voice": voice,
    "wechat": wechat,
    "wecom": wecom,
    "workstation": workstation,
}
OK: Mapping[str, object] = {
    "sms": (200, "OK"),
    "voice": (200, "OK"),
    "wechat": (200, 0),
    "wecom": (200, 0),
    "workstation": (200, None),
}
REFUSED: Mapping[str, Mapping[str, object]] = {
    "reject": {
        "sms": (200, "isv.SMS_CONTENT_ILLEGAL"),
        "voice": (200, "isv.TEMPLATE_PARAMS_ILLEGAL"),
        "wechat": (200, 47003),
        "wecom": (200, 40058),
        "workstation": (422, None),
    },
    "invalid_recipient": {
        "sms": (200, "isv.MOBILE_NUMBER_ILLEGAL"),
        "voice": (200, "isv.MOBILE_NUMBER_ILLEGAL"),
        "wechat": (200, 40003),
        "wecom": (200, 81013),
        "workstation": (410, None),
    },
    "unsubscribed": {
        "sms": (200, "isv.CUSTOMER_REFUSED"),
        "voice": (200, "isv.COMPLAINT_REJECT"),
        "wechat": (200, 43004),
        "wecom": (200, 60111),
        "workstation": (410, None),
    },
    "rate_limit": {
        "sms": (400, "Throttling.User"),
        "voice": (400, "Throttling.User"),
        "wechat": (200, 45011),
        "wecom": (200, 45009),
        "workstation": (429, None),
    },
    "server_error": {
        "sms": (200, "isp.SYSTEM_ERROR"),
        "voice": (200, "isp.SYSTEM_ERROR"),
        "wechat": (200, -1),
        "wecom": (200, -1),
        "workstation": (503, None),
    },
    "expired_token": {
        "sms": (400, "InvalidTimeStamp.Expired"),
        "voice": (400, "InvalidTimeStamp.Expired"),
        "wechat": (200, 42001),
        "wecom": (200, 42001),
        "workstation": (401, None),
    },
}
TAKEN = ("accept", "receipt_failed", "receipt_delivered", "no_receipt")
NOTHING_SAID = ("timeout", "drop")


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Rig]:
    with rig(Options(hold_seconds=HOLD)) as running:
        yield running


@pytest.fixture(scope="module")
def patient() -> Iterator[Rig]:
    with rig(Options(hold_seconds=60)) as running:
        yield running


def said(answer: httpx.Response) -> tuple[int, object]:
    """Return the status and the provider's own code."""
    body = answer.json()
    return answer.status_code, body.get("Code", body.get("errcode"))


def test_no_outcome_is_left_out() -> None:
    assert {*TAKEN, *NOTHING_SAID, *REFUSED, "garbage"} == {*Outcome}


@pytest.mark.parametrize("channel", SENDS)
@pytest.mark.parametrize("outcome", REFUSED)
def test_a_refusal_speaks_in_the_providers_codes_and_lists_nothing(
    sandbox: Rig, outcome: str, channel: str
) -> None:
    to = new_number()
    sandbox.rules({"channel": channel, "recipient": to, "outcome": outcome, "times": 1})
    assert said(SENDS[channel](sandbox, to)) == REFUSED[outcome][channel]
    assert sandbox.messages(recipient=to) == []
    assert said(SENDS[channel](sandbox, to)) == OK[channel]
    assert len(sandbox.messages(channel=channel, recipient=to)) == 1


@pytest.mark.parametrize("channel", SENDS)
@pytest.mark.parametrize("outcome", TAKEN)
def test_what_is_taken_is_listed(sandbox: Rig, outcome: str, channel: str) -> None:
    to = new_number()
    sandbox.rules({"outcome": outcome})
    assert said(SENDS[channel](sandbox, to)) == OK[channel]
    [item] = sandbox.messages(channel=channel, recipient=to)
    assert (item["channel"], item["recipient"]) == (channel, to)
    assert (item["outcome"], item["repeats"]) == (outcome, 0)


@pytest.mark.parametrize("channel", SENDS)
def test_timeout_takes_it_and_closes_after_the_hold(sandbox: Rig, channel: str) -> None:
    to = new_number()
    sandbox.rules({"channel": channel, "outcome": "timeout"})
    begin = time.monotonic()
    with pytest.raises(httpx.RemoteProtocolError, match="without sending a response"):
        SENDS[channel](sandbox, to)
    assert time.monotonic() - begin >= HOLD
    assert len(sandbox.messages(recipient=to)) == 1


@pytest.mark.parametrize("channel", SENDS)
def test_drop_closes_at_once_and_takes_nothing(patient: Rig, channel: str) -> None:
    to = new_number()
    patient.rules({"channel": channel, "outcome": "drop"})
    # Whoever were held would give up before.
    with pytest.raises(httpx.RemoteProtocolError, match="without sending a response"):
        SENDS[channel](patient, to)
    assert patient.messages(recipient=to) == []


@pytest.mark.parametrize("channel", SENDS)
def test_garbage_is_a_page_with_status_200(sandbox: Rig, channel: str) -> None:
    to = new_number()
    sandbox.rules({"channel": channel, "outcome": "garbage"})
    answer = SENDS[channel](sandbox, to)
    assert (answer.status_code, answer.text[:9]) == (200, "<!DOCTYPE")
    assert sandbox.messages(recipient=to) == []


def test_a_rule_may_delay_the_answer(sandbox: Rig) -> None:
    sandbox.rules({"outcome": "accept", "delay_ms": 200})
    begin = time.monotonic()
    sms(sandbox, new_number())
    assert time.monotonic() - begin >= 0.2


def test_a_client_that_leaves_ends_the_hold(sandbox: Rig) -> None:
    to = new_number()
    sandbox.rules({"channel": "sms", "recipient": to, "outcome": "timeout"})
    with httpx.Client(base_url=sandbox.url, trust_env=False, timeout=0.05) as hasty:
        impatient = Rig(sandbox.app, hasty, sandbox.url, 0)
        with pytest.raises(httpx.ReadTimeout):
            sms(impatient, to)
    assert len(sandbox.messages(recipient=to)) == 1


async def test_in_one_process_hanging_up_is_an_error() -> None:
    with rig(Options(hold_seconds=0)) as sandbox:
        sandbox.rules({"outcome": "drop"})
        transport = httpx.ASGITransport(sandbox.app)
        async with httpx.AsyncClient(
            transport=transport, base_url="http://sandbox"
        ) as http:
            query = {"corpid": "sandbox", "corpsecret": "sandbox-secret"}
            answer = await http.get("/cgi-bin/gettoken", params=query)
            token = answer.json()["access_token"]
            with pytest.raises(ConnectionResetError):
                await http.post(
                    "/cgi-bin/message/send",
                    params={"access_token": token},
                    json={
                        "touser": "u",
                        "msgtype": "text",
                        "agentid": 1000002,
                        "text": {"content": "hello"},
                    },
                )


def test_the_list_is_filtered_and_emptied(sandbox: Rig) -> None:
    sandbox.reset()
    one, two = new_number(), new_number()
    for number in (one, two):
        sms(sandbox, number)
    voice(sandbox, one)
    assert [m["recipient"] for m in sandbox.messages()] == [one, two, one]
    assert [m["recipient"] for m in sandbox.messages(channel="sms")] == [one, two]
    assert [m["channel"] for m in sandbox.messages(recipient=one)] == ["sms", "voice"]
    assert len(sandbox.messages(recipient=f"+86{one}")) == 2
    assert [m["channel"] for m in sandbox.messages(limit="1")] == ["voice"]
    query = {"channel": "sms", "limit": "0"}
    assert sandbox.http.get("/_sandbox/messages", params=query).json() == {
        "items": [],
        "total": 2,
    }
    assert sandbox.http.delete("/_sandbox/messages").status_code == 204
    assert sandbox.messages() == []
