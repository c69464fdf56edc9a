"""Aliyun's double: signatures, fields, what QuerySendDetails says."""

import hashlib
import hmac
import json
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone

import httpx
import pytest

from sandbox.kit.context import Options
from tests.support.sandbox.rig import Clock, Rig, aliyun, new_number, rig, sms, voice

# Within the minutes that a signature may be old.
RECEIPT_AFTER = 20
CLOCK = Clock()


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Rig]:
    with rig(Options(clock=CLOCK, receipt_after=RECEIPT_AFTER)) as running:
        yield running


@pytest.fixture(autouse=True)
def _no_rules(sandbox: Rig) -> None:
    sandbox.reset()


def code(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["Code"]


def today() -> str:
    china = timezone(timedelta(hours=8))
    return datetime.now(china).strftime("%Y%m%d")


def query(sandbox: Rig, number: str, **more: str) -> httpx.Response:
    params = {
        "PhoneNumber": number,
        "SendDate": today(),
        "PageSize": "10",
        "CurrentPage": "1",
    }
    return aliyun(sandbox, "QuerySendDetails", {**params, **more})


def test_a_signed_message_is_taken_and_listed_decoded(sandbox: Rig) -> None:
    number = new_number()
    answer = sms(sandbox, number, OutId="d-1").json()
    assert (answer["Code"], answer["Message"]) == ("OK", "OK")
    [item] = sandbox.messages(channel="sms")
    assert item["provider_message_id"] == answer["BizId"]
    assert item["request"] == {
        "action": "SendSms",
        "params": {
            "PhoneNumbers": number,
            "SignName": "市第一医院",
            "TemplateCode": "SMS_100000001",
            "TemplateParam": '{"name": "张三"}',
            "OutId": "d-1",
        },
        "variables": {"name": "张三"},
    }
    at = datetime.fromisoformat(str(item["at"]))
    assert abs(datetime.now(UTC) - at) < timedelta(seconds=5)


def stale(minutes: int) -> str:
    then = datetime.now(UTC) - timedelta(minutes=minutes)
    return then.strftime("%Y-%m-%dT%H:%M:%SZ")


def test_who_is_not_the_account_is_refused(sandbox: Rig) -> None:
    def signed(**how: str) -> tuple[int, str]:
        return code(aliyun(sandbox, "SendSms", {"PhoneNumbers": "1"}, **how))

    assert signed(key="other") == (404, "InvalidAccessKeyId.NotFound")
    assert signed(secret="wrong") == (400, "SignatureDoesNotMatch")
    assert signed(x_acs_date=stale(16)) == (400, "InvalidTimeStamp.Expired")
    assert signed(x_acs_date=stale(-16)) == (400, "InvalidTimeStamp.Expired")
    assert signed(x_acs_date="now") == (400, "InvalidTimeStamp.Format")
    other = hashlib.sha256(b"other").hexdigest()
    assert signed(x_acs_content_sha256=other) == (400, "SignatureDoesNotMatch")
    assert signed(version="2016-01-01") == (400, "InvalidVersion")
    assert code(aliyun(sandbox, "SendLetter", {})) == (404, "InvalidAction.NotFound")
    assert code(sandbox.http.post("/")) == (400, "IncompleteSignature")
    assert code(aliyun(sandbox, "SendSms", {})) == (400, "MissingPhoneNumbers")
    assert sandbox.messages() == []


def test_a_call_is_taken_once(sandbox: Rig) -> None:
    sent = sms(sandbox, new_number()).request
    again = sandbox.http.send(
        httpx.Request(sent.method, sent.url, headers=sent.headers)
    )
    assert code(again) == (400, "SignatureNonceUsed")


def test_a_changed_parameter_breaks_the_signature(sandbox: Rig) -> None:
    sent = sms(sandbox, "13800138000").request
    url = str(sent.url).replace("13800138000", "13900139000")
    changed = sandbox.http.send(httpx.Request("POST", url, headers=sent.headers))
    assert code(changed) == (400, "SignatureDoesNotMatch")


def test_a_header_that_must_be_signed_must_be(sandbox: Rig) -> None:
    authorization = (
        "ACS3-HMAC-SHA256 Credential=sandbox,SignedHeaders=host,Signature=" + "0" * 64
    )
    answer = sandbox.http.post("/", headers={"authorization": authorization})
    assert code(answer) == (400, "IncompleteSignature")


def test_parameters_may_come_as_a_form_in_the_body(sandbox: Rig) -> None:
    body = f"PhoneNumbers={new_number()}&SignName=S&TemplateCode=SMS_1".encode()
    headers = {
        "host": sandbox.url.removeprefix("http://"),
        "x-acs-action": "SendSms",
        "x-acs-content-sha256": hashlib.sha256(body).hexdigest(),
        "x-acs-date": stale(0),
        "x-acs-signature-nonce": str(time.monotonic_ns()),
        "x-acs-version": "2017-05-25",
    }
    lines = ["POST", "/", "", *(f"{k}:{v}" for k, v in headers.items()), ""]
    lines += [";".join(headers), headers["x-acs-content-sha256"]]
    digest = hashlib.sha256("\n".join(lines).encode()).hexdigest()
    text = f"ACS3-HMAC-SHA256\n{digest}".encode()
    signature = hmac.new(b"sandbox-secret", text, hashlib.sha256).hexdigest()
    headers["authorization"] = (
        "ACS3-HMAC-SHA256 Credential=sandbox,"
        f"SignedHeaders={';'.join(list(headers))},Signature={signature}"
    )
    answer = sandbox.http.post("/", content=body, headers=headers)
    assert code(answer) == (200, "OK")


@pytest.mark.parametrize(
    ("fields", "wanted"),
    [
        ({"PhoneNumbers": "12345"}, "isv.MOBILE_NUMBER_ILLEGAL"),
        ({"PhoneNumbers": "１３８00138000"}, "isv.MOBILE_NUMBER_ILLEGAL"),
        ({"PhoneNumbers": "13800138000,"}, "isv.MOBILE_NUMBER_ILLEGAL"),
        (
            {"PhoneNumbers": ",".join(["13800138000"] * 1001)},
            "isv.MOBILE_COUNT_OVER_LIMIT",
        ),
        ({"SignName": " "}, "isv.SMS_SIGNATURE_ILLEGAL"),
        ({"TemplateCode": "1000"}, "isv.SMS_TEMPLATE_ILLEGAL"),
        ({"TemplateParam": "name"}, "isv.INVALID_JSON_PARAM"),
        ({"TemplateParam": '["a"]'}, "isv.INVALID_JSON_PARAM"),
        ({"TemplateParam": '{"a": 1}'}, "isv.INVALID_JSON_PARAM"),
        ({"TemplateParam": "[" * 9000}, "isv.INVALID_JSON_PARAM"),
        ({"TemplateParam": '{"a": ""}'}, "isv.PARAM_LENGTH_LIMIT"),
        ({"TemplateParam": json.dumps({"a": "字" * 36})}, "isv.PARAM_LENGTH_LIMIT"),
        ({"TemplateParam": '{"a": "https://a.cn"}'}, "isv.PARAM_NOT_SUPPORT_URL"),
        ({"OutId": "1" * 256}, "isv.INVALID_PARAMETERS"),
        ({"TemplateParam": json.dumps({"a": "字" * 35})}, "OK"),
        ({"OutId": "1" * 255}, "OK"),
        ({"PhoneNumbers": "8613800138000,+8613900139000"}, "OK"),
    ],
)
def test_every_field_is_checked(
    sandbox: Rig, fields: dict[str, str], wanted: str
) -> None:
    number = fields.pop("PhoneNumbers", "13800138000")
    assert code(sms(sandbox, number, **fields)) == (200, wanted)


def test_several_numbers_share_an_answer_and_are_listed_apart(sandbox: Rig) -> None:
    one, two = new_number(), new_number()
    sms(sandbox, f"{one},{two}")
    assert [m["recipient"] for m in sandbox.messages()] == [one, two]
    sandbox.rules({"recipient": two, "outcome": "unsubscribed"})
    assert code(sms(sandbox, f"{one},{two}")) == (200, "isv.CUSTOMER_REFUSED")
    assert len(sandbox.messages()) == 2


@pytest.mark.parametrize(
    ("outcome", "status", "err_code"),
    [
        ("accept", 3, "DELIVERED"),
        ("receipt_delivered", 3, "DELIVERED"),
        ("receipt_failed", 2, "MOBILE_NOT_ON_SERVICE"),
        ("no_receipt", 1, None),
    ],
)
def test_asking_after_a_message(
    sandbox: Rig, outcome: str, status: int, err_code: str | None
) -> None:
    number = new_number()
    sandbox.rules({"channel": "sms", "outcome": outcome})
    biz_id = sms(sandbox, number, OutId="d-7").json()["BizId"]
    [at_once] = query(sandbox, number).json()["SmsSendDetailDTOs"]["SmsSendDetailDTO"]
    assert (at_once["SendStatus"], at_once["OutId"]) == (1, "d-7")
    CLOCK.pass_by(RECEIPT_AFTER)
    answer = query(sandbox, f"+86{number}", BizId=biz_id).json()
    [later] = answer["SmsSendDetailDTOs"]["SmsSendDetailDTO"]
    assert (later["SendStatus"], later.get("ErrCode")) == (status, err_code)
    assert (later["PhoneNum"], answer["TotalCount"]) == (number, "1")


def test_asking_pages_filters_and_survives_an_emptied_list(sandbox: Rig) -> None:
    number = new_number()
    ids = [sms(sandbox, number, OutId=str(n)).json()["BizId"] for n in range(3)]
    sandbox.http.delete("/_sandbox/messages")

    def asked(**more: str) -> list[str]:
        body = query(sandbox, number, **more).json()
        details = body["SmsSendDetailDTOs"]["SmsSendDetailDTO"]
        return [detail["OutId"] for detail in details]

    assert asked() == ["2", "1", "0"]
    assert asked(PageSize="2", CurrentPage="2") == ["0"]
    assert asked(BizId=ids[1]) == ["1"]
    assert asked(SendDate="20200101") == []
    assert query(sandbox, new_number()).json()["TotalCount"] == "0"
    for wrong in ({"SendDate": "today"}, {"PageSize": "51"}, {"CurrentPage": "0"}):
        answer = query(sandbox, number, **wrong)
        assert code(answer) == (200, "isv.INVALID_PARAMETERS")


def test_the_ledger_forgets_the_oldest() -> None:
    with rig(Options(room=2)) as small:
        numbers = [new_number() for _ in range(3)]
        for number in numbers:
            sms(small, number)
        totals = [query(small, n).json()["TotalCount"] for n in numbers]
        assert totals == ["0", "1", "1"]
        assert [m["recipient"] for m in small.messages()] == numbers[1:]


@pytest.mark.parametrize(
    ("fields", "wanted"),
    [
        ({}, "OK"),
        ({"CalledNumber": "02512345678"}, "OK"),
        ({"CalledNumber": "120"}, "isv.MOBILE_NUMBER_ILLEGAL"),
        ({"TtsCode": "SMS_1"}, "isv.TTS_TEMPLATE_ILLEGAL"),
        ({"TtsParam": "{"}, "isv.INVALID_JSON_PARAM"),
        ({"TtsParam": json.dumps({"a": "1" * 250})}, "isv.TEMPLATE_PARAMS_ILLEGAL"),
        ({"PlayTimes": "4"}, "isv.INVALID_PARAMETERS"),
        ({"OutId": "1234567890123456"}, "isv.INVALID_PARAMETERS"),
    ],
)
def test_a_call_is_checked_too(
    sandbox: Rig, fields: dict[str, str], wanted: str
) -> None:
    number = fields.pop("CalledNumber", new_number())
    assert code(voice(sandbox, number, **fields)) == (200, wanted)
