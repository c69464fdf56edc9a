"""What providers say in words that we do not know, or know in another spelling."""

import json

import pytest

from channels.aliyun.sms import AliyunAccount
from channels.aliyun.sms_receipts import AliyunSmsReceipts
from channels.carrier.cmpp_report import unpack_report
from channels.provider import SandboxPorts
from channels.receipts import Inbound
from core.words import Outcome
from tests.channels.test_receipts_clouds import CALL, SMS_REPORT, one
from tests.channels.weixin.test_receipts import KEYS, plain, service, xml


@pytest.mark.parametrize(
    ("status", "outcome", "understood"),
    [
        ("SUCCESS", Outcome.DELIVERED, True),
        ("Success ", Outcome.DELIVERED, True),
        ("fail", Outcome.FAILED, True),
        ("QUEUED", Outcome.ACCEPTED, False),
    ],
)
def test_a_status_of_tencents(status: str, outcome: Outcome, understood: bool) -> None:
    receipt = one("tencent sms", [{**SMS_REPORT, "report_status": status}])
    assert (receipt.outcome, receipt.understood) == (outcome, understood)


def test_a_call_that_ended_in_an_unknown_way_has_not_failed() -> None:
    receipt = one("aliyun voice", [{**CALL, "status_code": "200099"}])
    assert (receipt.understood, receipt.outcome) == (False, Outcome.ACCEPTED)
    assert receipt.code == "200099"


@pytest.mark.parametrize(
    ("status", "outcome", "understood"),
    [
        ("Success", Outcome.DELIVERED, True),
        ("Failed: System Failed", Outcome.FAILED, True),
        ("failed：user block", Outcome.FAILED, True),
        ("", Outcome.ACCEPTED, False),
        ("queued", Outcome.ACCEPTED, False),
    ],
)
def test_a_status_of_wechats(status: str, outcome: Outcome, understood: bool) -> None:
    said = xml("TEMPLATESENDJOBFINISH", MsgID="17", Status=f"<![CDATA[{status}]]>")
    [receipt] = service().read(plain(said)).receipts
    assert (receipt.outcome, receipt.understood) == (outcome, understood)


@pytest.mark.parametrize(
    ("code", "outcome", "understood"),
    [
        ("0", Outcome.DELIVERED, True),
        ("43101", Outcome.FAILED, True),
        ("", Outcome.ACCEPTED, False),
        ("sent", Outcome.ACCEPTED, False),
    ],
)
def test_an_error_of_a_subscription_message(
    code: str, outcome: Outcome, understood: bool
) -> None:
    item = f"<List><MsgID>18</MsgID><ErrorCode>{code}</ErrorCode></List>"
    said = xml("subscribe_msg_sent_event", SubscribeMsgSentEvent=item)
    [receipt] = service().read(plain(said)).receipts
    assert (receipt.outcome, receipt.understood) == (outcome, understood)


@pytest.mark.parametrize(
    ("said", "outcome", "understood"),
    [
        ({"success": True}, Outcome.DELIVERED, True),
        ({"success": "true"}, Outcome.DELIVERED, True),
        ({"success": 1}, Outcome.DELIVERED, True),
        ({"success": "False"}, Outcome.FAILED, True),
        ({"err_code": "DELIVERED"}, Outcome.DELIVERED, True),
        ({"err_code": "INVALID_NUMBER"}, Outcome.FAILED, True),
        ({"success": "maybe"}, Outcome.ACCEPTED, False),
        ({"err_code": "NEWWORD"}, Outcome.ACCEPTED, False),
        ({}, Outcome.ACCEPTED, False),
    ],
)
def test_a_report_of_aliyuns(
    said: dict[str, object], outcome: Outcome, understood: bool
) -> None:
    account = AliyunAccount.sandbox(SandboxPorts("http://127.0.0.1:9", 25))
    body = json.dumps([{"biz_id": 9006197469364984400, **said}]).encode()
    [receipt] = (
        AliyunSmsReceipts(account, KEYS).read(Inbound("POST", body=body)).receipts
    )
    assert receipt.provider_message_id == "9006197469364984400"
    assert (receipt.outcome, receipt.understood) == (outcome, understood)


@pytest.mark.parametrize(
    ("result", "outcome", "understood"),
    [
        ("0", Outcome.DELIVERED, True),
        pytest.param(0, Outcome.DELIVERED, True, id="a number"),
        (1, Outcome.FAILED, True),
        ("9", Outcome.ACCEPTED, False),
    ],
)
def test_a_state_of_tencents_calls(
    result: object, outcome: Outcome, understood: bool
) -> None:
    event = {"result": result, "callid": "c", "mobile": "1", "nationcode": "86"}
    receipt = one("tencent voice", {"voiceprompt_callback": event})
    assert (receipt.outcome, receipt.understood) == (outcome, understood)


@pytest.mark.parametrize("size", [15, 59, 60, 64, 71, 72, 91])
def test_a_report_of_cmpps_of_any_size(size: int) -> None:
    content = (7001).to_bytes(8) + b"DELIVRD" + b"2611240830" * 2
    report = unpack_report(content.ljust(size, b"\0")[:size])
    assert (report.msg_id, report.stat) == (7001, "DELIVRD")
