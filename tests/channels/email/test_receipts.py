"""Bounces: whom they speak of, what they say, and mail that is none."""

from datetime import UTC, datetime
from email.message import Message
from email.mime.message import MIMEMessage
from email.mime.multipart import MIMEMultipart
from email.mime.text import MIMEText
from uuid import UUID

import pytest
from pydantic import SecretStr

from channels.email.receipts import EmailReceipts
from channels.email.sender import EmailAccount
from channels.receipts import Inbound, ReceiptKeys
from core.errors import Malformed
from core.words import Outcome
from sandbox.email.bounces import bounced

ID = UUID("0d4ba4d2-66a5-5d6f-8a1a-9f2e1b7c3d4e")
OTHER = UUID("11111111-66a5-5d6f-8a1a-9f2e1b7c3d4e")
NOW = datetime(2026, 11, 25, 3, 0, tzinfo=UTC)
KEYS = ReceiptKeys(secret="s", token=SecretStr("t"), aes_key=SecretStr("k"))
READER = EmailReceipts(
    EmailAccount(host="mail", sender="centre@hospital.example"), KEYS, lambda: NOW
)


def read(mail: Message | bytes) -> list[tuple[UUID | None, Outcome, str, bool]]:
    body = mail if isinstance(mail, bytes) else mail.as_bytes()
    receipts = READER.read(Inbound("POST", body=body)).receipts
    return [(r.sending_id, r.outcome, r.code, r.refused) for r in receipts]


def report(
    to: str = "centre@hospital.example",
    envelope: str = "",
    returned: str = "",
    action: str = "failed",
    status: str = "5.1.1",
    headers_only: bool = False,
) -> MIMEMultipart:
    """Return a bounce that names its sending in any of three ways."""
    mail = MIMEMultipart("report", report_type="delivery-status")
    mail["To"] = to
    mail["Date"] = "Wed, 25 Nov 2026 10:00:00 +0800"
    mail["Message-ID"] = f"<{OTHER}@mta.example>"
    mail.attach(MIMEText("could not be delivered"))
    whole, each = Message(), Message()
    whole["Reporting-MTA"] = "dns; mta.example"
    if envelope:
        whole["Original-Envelope-Id"] = envelope
    each["Action"], each["Status"] = action, status
    part = MIMEMessage(whole, "delivery-status")
    Message.attach(part, each)
    mail.attach(part)
    if returned and headers_only:
        mail.attach(MIMEText(f"Message-ID: {returned}\n", "rfc822-headers"))
    elif returned:
        first = MIMEText("text")
        first["Message-ID"] = returned
        mail.attach(MIMEMessage(first))
    return mail


@pytest.mark.parametrize(
    "mail",
    [
        report(to=f"bounce+{ID}@hospital.example"),
        report(to=f"Mail <bounce+{str(ID).upper()}@hospital.example>"),
        report(envelope=str(ID)),
        report(returned=f"<{ID}@hospital.example>"),
        report(returned=f"<{ID}@hospital.example>", headers_only=True),
        # The surest way wins.
        report(to=f"bounce+{ID}@h.example", envelope=str(OTHER)),
        report(envelope=str(ID), returned=f"<{OTHER}@hospital.example>"),
    ],
)
def test_a_bounce_names_its_sending(mail: MIMEMultipart) -> None:
    assert read(mail) == [(ID, Outcome.FAILED, "5.1.1", True)]


@pytest.mark.parametrize(
    ("action", "status", "outcome", "refused"),
    [
        ("failed", "5.1.1", Outcome.FAILED, True),
        ("failed", "5.1.10", Outcome.FAILED, True),
        ("Failed", "5.2.1", Outcome.FAILED, True),
        ("failed", "5.2.2", Outcome.FAILED, False),
        ("failed", "5.7.1", Outcome.FAILED, False),
        ("failed", "4.4.7", Outcome.FAILED, False),
        ("delivered", "2.0.0", Outcome.DELIVERED, False),
    ],
)
def test_what_a_report_says(
    action: str, status: str, outcome: Outcome, refused: bool
) -> None:
    mail = report(envelope=str(ID), action=action, status=status)
    assert read(mail) == [(ID, outcome, status, refused)]


@pytest.mark.parametrize(
    "mail",
    [
        report(),
        report(envelope="not-one-of-ours"),
        report(envelope=str(ID), action="delayed"),
        report(envelope=str(ID), action="relayed"),
        report(envelope=str(ID), action=""),
        MIMEText("I am on holiday."),
        b"",
        b"\xff\x00",
        b"Content-Type: multipart/report; boundary=x\r\n\r\n--x",
        b"Content-Type: multipart/report\r\n\r\n",
    ],
)
def test_what_is_no_bounce_of_ours_says_nothing(mail: Message | bytes) -> None:
    assert read(mail) == []


def test_the_sandboxs_bounce_is_read() -> None:
    push = bounced(f"bounce+{ID}@hospital.example", "nobody@example.com")
    assert push.media_type == "message/rfc822"
    assert read(push.content) == [(ID, Outcome.FAILED, "5.1.1", True)]


def test_a_mail_nested_without_end_is_refused() -> None:
    with pytest.raises(Malformed):
        read(b"Content-Type: message/rfc822\r\n\r\n" * 10_000)
