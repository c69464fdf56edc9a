"""What providers say in words that we do not know, or know in another spelling."""

import pytest

from core.words import Outcome
from tests.test_channel_receipts_clouds import CALL, SMS_REPORT, one
from tests.test_channel_receipts_weixin import plain, service, xml


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
