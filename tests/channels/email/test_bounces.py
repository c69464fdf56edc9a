"""Bounces as servers write them: comments, other types, codes of nobody's address."""

import base64
from email.mime.multipart import MIMEMultipart
from email.mime.text import MIMEText
from uuid import UUID

import pytest

from core.words import Outcome
from tests.channels.email.test_receipts import ID, OTHER, read, report

Told = list[tuple[UUID | None, Outcome, str, bool]]
REFUSED: Told = [(ID, Outcome.FAILED, "5.1.1", True)]


@pytest.mark.parametrize(
    "action",
    [
        "failed ",
        " FAILED",
        "failed (no such user)",
        "(x) failed",
        "failed (a (b) c) ; x",
    ],
)
def test_blanks_and_comments_do_not_hide_an_action(action: str) -> None:
    assert read(report(envelope=str(ID), action=action)) == REFUSED


@pytest.mark.parametrize("action", ["delayed (failed)", "(failed) relayed", "unfailed"])
def test_a_comment_is_no_action(action: str) -> None:
    assert read(report(envelope=str(ID), action=action)) == []


OF_THE_ADDRESS = "5.1.1 5.1.2 5.1.3 5.1.6 5.1.10 5.2.1"
OF_OTHERS = (
    "5.1.0 5.1.4 5.1.7 5.1.8 5.1.9 5.1.11 5.1.100 5.2.0 5.2.2 5.2.3 5.2.10 5.3.0 "
    "5.4.4 5.5.0 5.6.1 5.7.0 5.7.1 5.7.26 4.1.1"
)


@pytest.mark.parametrize("code", OF_THE_ADDRESS.split())
def test_these_codes_speak_of_the_address(code: str) -> None:
    told = read(report(envelope=str(ID), status=f"{code} (said so)"))
    assert told == [(ID, Outcome.FAILED, code, True)]


@pytest.mark.parametrize("code", OF_OTHERS.split())
def test_these_speak_of_the_sender_the_system_or_nobody(code: str) -> None:
    told = read(report(envelope=str(ID), status=code))
    assert told == [(ID, Outcome.FAILED, code, False)]


BODY = (
    "Reporting-MTA: dns; mta.example\r\nOriginal-Envelope-Id: {id}\r\n\r\n"
    "Final-Recipient: utf-8; 张三@mail.example\r\nAction: failed\r\n"
    "Status: 5.1.1\r\n"
)


def global_report(encoding: str, body: str) -> bytes:
    """Return a report of RFC 6533, whose status may be encoded."""
    head = (
        "Content-Type: multipart/report; report-type=global-delivery-status;"
        ' boundary="b"\r\nTo: centre@hospital.example\r\n\r\n'
        "--b\r\n\r\nno\r\n--b\r\n"
        "Content-Type: message/global-delivery-status\r\n"
        f"Content-Transfer-Encoding: {encoding}\r\n\r\n"
    )
    return (head + body + "\r\n--b--\r\n").encode()


def test_a_report_of_an_international_address_is_read() -> None:
    body = BODY.format(id=ID)
    assert read(global_report("8bit", body)) == REFUSED
    wrapped = base64.encodebytes(body.encode()).decode()
    assert read(global_report("base64", wrapped)) == REFUSED
    assert read(global_report("8bit", body.replace("\r\n", "\n"))) == REFUSED


@pytest.mark.parametrize("body", ["", "\r\n" * 500, "x", "Action: failed"])
def test_a_report_of_nothing_says_nothing(body: str) -> None:
    assert read(global_report("8bit", body)) == []
    assert read(global_report("base64", body)) == []


def test_exchange_names_the_mail_in_a_field_of_its_own() -> None:
    mail = report()
    mail["X-Original-Message-ID"] = f"<{ID}@hospital.example>"
    assert read(mail) == REFUSED
    del mail["X-Original-Message-ID"]
    of_the_mail = next(part for part in mail.walk() if part["Reporting-MTA"])
    of_the_mail["X-Original-Message-ID"] = f"<{ID}@hospital.example>"
    assert read(mail) == REFUSED


def test_an_answer_names_the_mail_it_answers() -> None:
    mail = report(returned=f"<{OTHER}@other.example>".replace("-", "."))
    mail["In-Reply-To"] = f"<{ID}@hospital.example>"
    assert read(mail) == REFUSED


def test_a_report_within_another_mail_is_read() -> None:
    whole = MIMEMultipart("mixed")
    whole["To"] = f"bounce+{ID}@hospital.example"
    whole.attach(report())
    whole.attach(MIMEText("Scanned by the gateway."))
    assert read(whole) == REFUSED


def test_an_encoded_status_is_read() -> None:
    mail = global_report(
        "base64", base64.encodebytes(BODY.format(id=ID).encode()).decode()
    )
    assert read(mail.replace(b"message/global-", b"message/")) == REFUSED
