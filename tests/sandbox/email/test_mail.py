"""The mail server's double, spoken to by aiosmtplib."""

import socket
import time
from collections.abc import Iterator
from email.message import EmailMessage

import aiosmtplib
import pytest

from sandbox.email.server import _RCPT_REFUSALS
from sandbox.kit.context import Options
from tests.support.sandbox.rig import SECRET, Rig, new_number, rig

HOLD = 0.3
FROM = "centre@hospital.example"


@pytest.fixture(scope="module")
def shared() -> Iterator[Rig]:
    with rig(Options(smtp_port=0, hold_seconds=HOLD)) as running:
        yield running


@pytest.fixture
def sandbox(shared: Rig) -> Rig:
    shared.reset()
    return shared


def mail(subject: str = "检查报告已出") -> EmailMessage:
    message = EmailMessage()
    message["From"] = FROM
    message["To"] = "undisclosed-recipients:;"
    message["Subject"] = subject
    message["Message-ID"] = "<d-1@hospital.example>"
    message.set_content("张三，您好：\n您的报告已出。\n")
    message.add_alternative("<p>张三，您好</p>", subtype="html")
    return message


async def send(
    sandbox: Rig,
    *recipients: str,
    password: str = SECRET,
    message: EmailMessage | bytes | None = None,
) -> tuple[dict[str, aiosmtplib.SMTPResponse], str]:
    return await aiosmtplib.send(
        message or mail(),
        sender=FROM,
        recipients=list(recipients),
        hostname="127.0.0.1",
        port=sandbox.smtp_port,
        username="sandbox",
        password=password,
        start_tls=False,
        use_tls=False,
        timeout=5,
    )


def mailbox() -> str:
    return f"p{new_number()}@patients.example"


async def test_a_mail_is_taken_and_listed_decoded(sandbox: Rig) -> None:
    one, two = mailbox(), mailbox()
    errors, answer = await send(sandbox, one, two)
    assert errors == {}
    items = sandbox.messages(channel="email")
    assert [m["recipient"] for m in items] == [one, two]
    assert str(items[0]["provider_message_id"]) in answer
    request = items[0]["request"]
    assert isinstance(request, dict)
    assert request["subject"] == "检查报告已出"
    assert request["text"] == "张三，您好：\n您的报告已出。\n"
    assert request["html"] == "<p>张三，您好</p>\n"
    assert request["message_id"] == "<d-1@hospital.example>"
    assert (request["mail_from"], request["rcpt_tos"]) == (FROM, [one, two])


async def test_who_has_not_signed_in_sends_nothing(sandbox: Rig) -> None:
    with pytest.raises(aiosmtplib.SMTPAuthenticationError) as raised:
        await send(sandbox, mailbox(), password="wrong")
    assert raised.value.code == 535
    with pytest.raises(aiosmtplib.SMTPSenderRefused) as refused:
        await aiosmtplib.send(
            mail(),
            sender=FROM,
            recipients=[mailbox()],
            hostname="127.0.0.1",
            port=sandbox.smtp_port,
            start_tls=False,
        )
    assert refused.value.code == 530
    assert sandbox.messages() == []


@pytest.mark.parametrize("outcome", _RCPT_REFUSALS)
async def test_one_recipient_is_refused_and_the_other_served(
    sandbox: Rig, outcome: str
) -> None:
    bad, good = mailbox(), mailbox()
    sandbox.rules(
        {"channel": "email", "recipient": bad.upper(), "outcome": outcome, "times": 2}
    )
    errors, _ = await send(sandbox, bad, good)
    wanted = {
        "invalid_recipient": 550,
        "unsubscribed": 550,
        "rate_limit": 450,
        "server_error": 451,
        "expired_token": 530,
    }
    assert errors[bad].code == wanted[outcome]
    with pytest.raises(aiosmtplib.SMTPRecipientsRefused) as raised:
        await send(sandbox, bad)
    assert raised.value.recipients[0].code == wanted[outcome]
    assert [m["recipient"] for m in sandbox.messages()] == [good]
    assert await send(sandbox, bad)


@pytest.mark.parametrize(
    "outcome", ["accept", "receipt_failed", "receipt_delivered", "no_receipt"]
)
async def test_what_is_taken_is_listed(sandbox: Rig, outcome: str) -> None:
    sandbox.rules({"outcome": outcome})
    await send(sandbox, mailbox())
    assert [m["outcome"] for m in sandbox.messages()] == [outcome]


async def test_reject_refuses_the_text(sandbox: Rig) -> None:
    sandbox.rules({"outcome": "reject"})
    with pytest.raises(aiosmtplib.SMTPDataError) as raised:
        await send(sandbox, mailbox())
    assert raised.value.code == 554
    assert sandbox.messages() == []


async def test_timeout_takes_it_and_closes_after_the_hold(sandbox: Rig) -> None:
    sandbox.rules({"outcome": "timeout"})
    begin = time.monotonic()
    with pytest.raises(aiosmtplib.SMTPServerDisconnected):
        await send(sandbox, mailbox())
    assert time.monotonic() - begin >= HOLD
    assert len(sandbox.messages()) == 1


async def test_drop_closes_after_the_text_and_takes_nothing() -> None:
    with rig(Options(smtp_port=0, hold_seconds=60)) as patient:
        patient.rules({"outcome": "drop"})
        # Whoever were held would give up before.
        with pytest.raises(aiosmtplib.SMTPServerDisconnected):
            await send(patient, mailbox())
        assert patient.messages() == []


async def test_garbage_is_no_reply_of_smtp(sandbox: Rig) -> None:
    sandbox.rules({"outcome": "garbage"})
    with pytest.raises(aiosmtplib.SMTPException):
        await send(sandbox, mailbox())
    assert sandbox.messages() == []


@pytest.mark.parametrize(
    "raw",
    [
        b"\r\n",
        b"no header at all\r\n",
        b"Content-Type: text/plain; charset=nothing-known\r\n\r\n\xff\xfe\r\n",
        b"Content-Type: multipart/mixed; boundary=x\r\n\r\n--x\r\nbroken",
        b"Subject: =?utf-8?b?////?=\r\nMessage-ID: <<>>\r\nFrom: @\r\n\r\nhello\r\n",
    ],
)
async def test_a_broken_mail_is_taken_all_the_same(sandbox: Rig, raw: bytes) -> None:
    await send(sandbox, mailbox(), message=raw)
    assert len(sandbox.messages()) == 1


async def test_many_mails_on_one_connection(sandbox: Rig) -> None:
    client = aiosmtplib.SMTP(
        hostname="127.0.0.1", port=sandbox.smtp_port, start_tls=False
    )
    async with client:
        await client.login("sandbox", SECRET)
        for _ in range(20):
            await client.sendmail(FROM, [mailbox()], mail().as_bytes())
    assert len(sandbox.messages()) == 20


def test_a_sandbox_that_stops_closes_its_connections() -> None:
    with rig(Options(smtp_port=0)) as stopping:
        line = socket.create_connection(("127.0.0.1", stopping.smtp_port), 5)
        assert line.recv(100).startswith(b"220 sandbox.invalid ESMTP")
    assert line.recv(100) == b""
    line.close()
