"""What Aliyun and workstations report: each code, and what is forged or no report."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from pydantic import SecretStr

from channels.aliyun.sms import AliyunAccount
from channels.aliyun.sms_receipts import AliyunSmsReceipts
from channels.hospital.workstation import WorkstationAccount, signature
from channels.hospital.workstation_receipts import WorkstationReceipts
from channels.receipt_formats import FORMATS, reporting
from channels.receipts import Inbound, ReceiptKeys
from core.errors import Forged, Malformed
from core.words import Channel, Outcome, Reason

ID = UUID("0d4ba4d2-66a5-5d6f-8a1a-9f2e1b7c3d4e")
NOW = datetime(2026, 11, 25, 3, 0, tzinfo=UTC)
KEYS = ReceiptKeys(secret="s", token=SecretStr("t"), aes_key=SecretStr("k"))
SECRET = "workstations"
ALIYUN = AliyunSmsReceipts(
    AliyunAccount(access_key_id="a", access_key_secret=SecretStr("b"), sign_name="c"),
    KEYS,
    lambda: NOW,
)
WARD = WorkstationReceipts(
    WorkstationAccount(base_url="http://ward", secret=SecretStr(SECRET)),
    KEYS,
    lambda: NOW,
)


def test_every_provider_reports_once() -> None:
    places = [(f.channel, f.provider) for f in FORMATS]
    assert len(set(places)) == len(places)
    for form in FORMATS:
        assert reporting(form.channel, form.provider) is form
    assert reporting(Channel.INBOX, "inbox") is None
    with pytest.raises(TypeError):
        FORMATS[0].format(WorkstationAccount(base_url="x", secret=SecretStr("y")), KEYS)


def pushed(**changes: Any) -> Inbound:
    report = {
        "phone_number": "13800138000",
        "report_time": "2026-11-25 11:00:00",
        "success": True,
        "err_code": "DELIVERED",
        "biz_id": "9006^0",
        "out_id": str(ID),
    }
    return Inbound("POST", body=json.dumps([report | changes]).encode())


@pytest.mark.parametrize(
    ("code", "refused"),
    [
        ("MOBILE_NOT_ON_SERVICE", True),
        ("INVALID_NUMBER", True),
        ("MOBILE_IN_BLACK", True),
        ("MOBILE_SEND_LIMIT", False),
        ("CONTENT_KEYWORD", False),
    ],
)
def test_aliyuns_failures(code: str, refused: bool) -> None:
    [found] = ALIYUN.read(pushed(success=False, err_code=code)).receipts
    assert (found.outcome, found.reason) == (Outcome.FAILED, Reason.RECEIPT_FAILED)
    assert (found.code, found.refused) == (code, refused)


def test_aliyuns_report() -> None:
    parsed = ALIYUN.read(pushed())
    [found] = parsed.receipts
    assert (found.provider_message_id, found.sending_id) == ("9006^0", ID)
    assert (found.outcome, found.refused, found.at) == (Outcome.DELIVERED, False, NOW)
    assert json.loads(parsed.answer.body)["code"] == 0


@pytest.mark.parametrize(
    "changes",
    [
        {"biz_id": None, "out_id": ""},
        {"biz_id": "", "out_id": "not-ours"},
        {"biz_id": "a\nb", "out_id": 7},
        {"biz_id": "x" * 129, "out_id": None},
    ],
)
def test_a_report_of_nothing_is_left_out(changes: dict[str, Any]) -> None:
    assert ALIYUN.read(pushed(**changes)).receipts == ()


def test_a_hostile_code_is_not_kept() -> None:
    hostile = "张三 13800138000\n<script>"
    [found] = ALIYUN.read(pushed(success=False, err_code=hostile)).receipts
    assert found.code == "unreadable"


def ack(
    stage: str = "displayed",
    secret: str = SECRET,
    at: datetime = NOW,
    changed: Mapping[str, str] | None = None,
) -> Inbound:
    body = json.dumps({"type": "ack", "id": str(ID), "stage": stage}).encode()
    stamp = str(int(at.timestamp()))
    signed = {
        "x-mc-id": str(ID),
        "x-mc-timestamp": stamp,
        "x-mc-signature": signature(secret, str(ID), stamp, body),
    }
    return Inbound("POST", {}, signed | dict(changed or {}), body)


@pytest.mark.parametrize(
    ("stage", "outcome"),
    [
        ("received", Outcome.ACCEPTED),
        ("displayed", Outcome.DELIVERED),
        ("confirmed", Outcome.READ),
        ("rejected", Outcome.FAILED),
    ],
)
def test_a_workstations_acknowledgement(stage: str, outcome: Outcome) -> None:
    [found] = WARD.read(ack(stage)).receipts
    assert (found.sending_id, found.outcome, found.code) == (ID, outcome, stage)


@pytest.mark.parametrize(
    "call",
    [
        Inbound("POST", body=b"{}"),
        Inbound("GET"),
        ack(secret="another-tenants"),
        ack(changed={"x-mc-id": "another"}),
        ack(changed={"x-mc-timestamp": str(int(NOW.timestamp()) + 1)}),
        ack(changed={"x-mc-signature": ""}),
        ack(
            changed={
                "x-mc-signature": ack().headers["x-mc-signature"].removeprefix("v1=")
            }
        ),
        ack(changed={"x-mc-signature": "v1=é"}),
        ack(at=NOW - timedelta(minutes=6)),
        ack(at=NOW + timedelta(minutes=6)),
    ],
)
def test_a_forged_acknowledgement(call: Inbound) -> None:
    with pytest.raises(Forged):
        WARD.read(call)


@pytest.mark.parametrize("body", [b"", b"[]", b"{}", b'{"id": 7, "stage": "received"}'])
def test_a_signed_body_that_is_no_acknowledgement(body: bytes) -> None:
    stamp = str(int(NOW.timestamp()))
    headers = {
        "x-mc-id": "i",
        "x-mc-timestamp": stamp,
        "x-mc-signature": signature(SECRET, "i", stamp, body),
    }
    with pytest.raises(Malformed):
        WARD.read(Inbound("POST", {}, headers, body))
