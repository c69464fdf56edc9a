"""What Aliyun and Tencent Cloud push, read into our words; hostile pushes too."""

import json
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr

from channels.aliyun.codes import CALLS, GONE
from channels.aliyun.sms_receipts import AliyunSmsReceipts
from channels.aliyun.voice import AliyunVoiceAccount
from channels.aliyun.voice_receipts import AliyunVoiceReceipts
from channels.receipt_formats import reporting
from channels.receipts import Inbound, Parsed, ProviderReceipt, ReceiptFormat
from channels.receipts import ReceiptKeys as Keys
from channels.tencent.receipts import TencentSmsReceipts, TencentVoiceReceipts
from channels.tencent.sms import TencentSmsAccount
from channels.tencent.voice import TencentVoiceAccount
from core.base import Model
from core.errors import Malformed
from core.words import Channel, Outcome, Reason
from tests.support.channels.fakes import ALIYUN, NOW, PORTS, Clock

KEYS = Keys(secret="s", token=SecretStr("t"), aes_key=SecretStr("k" * 43))
ALIYUN_VOICE = AliyunVoiceAccount.sandbox(PORTS)
TENCENT_SMS = TencentSmsAccount.sandbox(PORTS)
TENCENT_VOICE = TencentVoiceAccount.sandbox(PORTS)
FORMATS: dict[str, ReceiptFormat] = {
    "aliyun sms": AliyunSmsReceipts(ALIYUN, KEYS, Clock()),
    "aliyun voice": AliyunVoiceReceipts(ALIYUN_VOICE, KEYS, Clock()),
    "tencent sms": TencentSmsReceipts(TENCENT_SMS, KEYS, Clock()),
    "tencent voice": TencentVoiceReceipts(TENCENT_VOICE, KEYS, Clock()),
}


def read(name: str, pushed: object) -> Parsed:
    body = json.dumps(pushed, ensure_ascii=False).encode()
    return FORMATS[name].read(Inbound("POST", body=body))


def one(name: str, pushed: object) -> ProviderReceipt:
    [receipt] = read(name, pushed).receipts
    return receipt


@pytest.mark.parametrize(
    ("channel", "provider", "account"),
    [
        (Channel.SMS, "tencent", TENCENT_SMS),
        (Channel.VOICE, "aliyun", ALIYUN_VOICE),
        (Channel.VOICE, "tencent", TENCENT_VOICE),
    ],
)
def test_each_provider_has_its_format(
    channel: Channel, provider: str, account: Model
) -> None:
    found = reporting(channel, provider)
    assert found is not None
    opened = found.format(account, KEYS)
    assert (opened.channel, opened.provider) == (channel, provider)


SMS_REPORT = {
    "user_receive_time": "2026-11-23 08:30:07",
    "nationcode": "86",
    "mobile": "13800138000",
    "report_status": "SUCCESS",
    "errmsg": "DELIVRD",
    "description": "用户短信送达成功",
    "sid": "5000:1",
}


def test_tencents_report_of_a_short_message() -> None:
    parsed = read("tencent sms", [SMS_REPORT])
    assert json.loads(parsed.answer.body) == {"result": 0, "errmsg": "OK"}
    assert parsed.answer.media_type == "application/json"
    assert parsed.receipts == (
        ProviderReceipt(
            channel=Channel.SMS,
            provider="tencent",
            provider_message_id="5000:1",
            outcome=Outcome.DELIVERED,
            code="DELIVRD",
            at=NOW + timedelta(seconds=7),
        ),
    )


@pytest.mark.parametrize(
    ("code", "shown", "refused"),
    [
        ("MK:0001", "MK:0001", True),
        ("MBBLACK", "MBBLACK", True),
        ("UNDELIV", "UNDELIV", False),
        ("13800138000", "unreadable", False),
        ("张三", "unreadable", False),
    ],
)
def test_tencents_report_of_a_failure(code: str, shown: str, refused: bool) -> None:
    failed = {**SMS_REPORT, "report_status": "FAIL", "errmsg": code}
    receipt = one("tencent sms", [failed])
    assert (receipt.outcome, receipt.reason) == (Outcome.FAILED, Reason.RECEIPT_FAILED)
    assert (receipt.code, receipt.refused) == (shown, refused)


CALL = {
    "call_id": "122628733198^10942206",
    "out_id": "abcdefghijklmno",
    "status_code": "200000",
    "status_msg": "用户听完",
    "callee": "13800138000",
    "end_time": "2026-11-23 08:30:07",
    "dtmf": "",
}


def test_aliyuns_report_of_a_call() -> None:
    parsed = read("aliyun voice", [CALL])
    assert json.loads(parsed.answer.body)["code"] == 0
    assert parsed.receipts == (
        ProviderReceipt(
            channel=Channel.VOICE,
            provider="aliyun",
            provider_message_id="122628733198^10942206",
            reference="abcdefghijklmno",
            outcome=Outcome.DELIVERED,
            code="200000",
            at=NOW + timedelta(seconds=7),
        ),
    )


@pytest.mark.parametrize(
    ("code", "pressed", "outcome", "refused"),
    [
        ("200000", "1", Outcome.READ, False),
        ("200000", "1#", Outcome.READ, False),
        ("200001", "1", Outcome.READ, False),
        ("200000", "2", Outcome.DELIVERED, False),
        ("200001", "", Outcome.DELIVERED, False),
        ("200008", "", Outcome.DELIVERED, False),
        # One sample says "finished" of it; nobody answered all the same.
        ("200003", "1", Outcome.FAILED, False),
        ("603", "", Outcome.FAILED, False),
        *((code, "", Outcome.FAILED, code in GONE) for code in CALLS.classes),
    ],
)
def test_how_a_call_ended(
    code: str, pressed: str, outcome: Outcome, refused: bool
) -> None:
    receipt = one("aliyun voice", [{**CALL, "status_code": code, "dtmf": pressed}])
    assert receipt.outcome is outcome
    assert receipt.refused is refused


@pytest.mark.parametrize("code", ["200100", "200101", "200103", "", "x", None, True])
def test_what_is_not_the_end_of_a_call_says_nothing(code: object) -> None:
    assert read("aliyun voice", [{**CALL, "status_code": code}]).receipts == ()


def test_a_report_has_at_least_one_id() -> None:
    assert one("aliyun voice", [{**CALL, "call_id": None}]).reference
    assert one("aliyun voice", [{**CALL, "out_id": None}]).provider_message_id
    neither = {**CALL, "call_id": None, "out_id": None}
    assert read("aliyun voice", [neither]).receipts == ()


def test_one_that_cannot_be_read_does_not_cost_the_others() -> None:
    pushed = [{}, {**SMS_REPORT, "sid": [7]}, {**SMS_REPORT, "report_status": None}]
    assert one("tencent sms", [*pushed, SMS_REPORT]).provider_message_id == "5000:1"


ABOUT = {"callid": "call-1", "mobile": "13800138000", "nationcode": "86"}
STATE = {**ABOUT, "end_calltime": str(int(NOW.timestamp()))}


def state(result: str) -> dict[str, object]:
    return {"voiceprompt_callback": {**STATE, "result": result}}


def failure(code: int) -> dict[str, object]:
    return {"voice_failure_callback": {**ABOUT, "failure_code": code}}


@pytest.mark.parametrize(
    ("pushed", "outcome", "code", "refused"),
    [
        (
            {"voiceprompt_callback": {**STATE, "result": "0"}},
            "delivered",
            "answered",
            0,
        ),
        ({"voiceprompt_callback": {**STATE, "result": "1"}}, "failed", "result-1", 0),
        ({"voiceprompt_callback": {**STATE, "result": "2"}}, "failed", "result-2", 0),
        ({"voicekey_callback": {**ABOUT, "keypress": "1"}}, "read", "confirmed", 0),
        *((failure(code), "failed", str(code), code in (7, 8)) for code in range(10)),
    ],
)
def test_tencents_events_of_a_call(
    pushed: object, outcome: str, code: str, refused: int
) -> None:
    receipt = one("tencent voice", pushed)
    assert (receipt.outcome, receipt.code) == (outcome, code)
    assert (receipt.provider_message_id, receipt.at) == ("call-1", NOW)
    assert receipt.refused is bool(refused)


@pytest.mark.parametrize(
    "pushed",
    [
        {"voicekey_callback": {**ABOUT, "keypress": "2"}},
        {"voicekey_callback": ABOUT},
        {"voiceprompt_callback": {**STATE, "result": None}},
        {"voiceprompt_callback": {"result": "0"}},
        {"voice_failure_callback": {"failure_code": 8}},
    ],
)
def test_events_that_say_nothing(pushed: object) -> None:
    assert read("tencent voice", pushed).receipts == ()


@pytest.mark.parametrize("name", FORMATS)
@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"null",
        b"7",
        b'"x"',
        b"[1]",
        b"\xff",
        b"[" * 100_000,
        b'{"a":' * 50_000,
        b"[" + b"9" * 10_000 + b"]",
        b"[" + b",".join([b"{}"] * 5001) + b"]",
        '{"voicekey_callback": "张三"}'.encode(),
        b'{"other": {}}',
    ],
)
def test_what_is_no_report_is_malformed(name: str, body: bytes) -> None:
    with pytest.raises(Malformed):
        FORMATS[name].read(Inbound("POST", body=body))


FIELDS = st.sampled_from([*SMS_REPORT, *CALL, *STATE, "result", "success", "err_code"])
VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.floats()
    | st.integers()
    | st.text(max_size=12)
    | st.sampled_from(["0001-01-01 00:00:00", "9999-12-31 23:59:59", "9" * 30, "-1"]),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(FIELDS, inner),
    max_leaves=4,
)
REPORT = st.dictionaries(FIELDS, VALUES, max_size=8)
KINDS = st.sampled_from(
    ["voiceprompt_callback", "voicekey_callback", "voice_failure_callback"]
)


@given(st.sampled_from(sorted(FORMATS)), st.lists(REPORT, max_size=3))
def test_no_array_does_more_than_be_malformed(name: str, pushed: Any) -> None:
    _survives(name, pushed)


@given(st.dictionaries(KINDS, REPORT, max_size=2))
def test_no_event_does_more_than_be_malformed(pushed: Any) -> None:
    _survives("tencent voice", pushed)


@given(st.sampled_from(sorted(FORMATS)), st.binary(max_size=40))
def test_no_bytes_do_more_than_be_malformed(name: str, body: bytes) -> None:
    with suppress(Malformed):
        FORMATS[name].read(Inbound("POST", body=body))


def _survives(name: str, pushed: Any) -> None:
    try:
        found = read(name, pushed).receipts
    except Malformed:
        return
    for receipt in found:
        # It can be stored: in any zone, as text.
        assert receipt.at.astimezone(UTC) > datetime(1999, 1, 1, tzinfo=UTC)
        receipt.model_dump_json()
