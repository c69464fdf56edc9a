"""Mail servers for the email tests, and the account that sends through them."""

import email
import email.policy
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from email.message import EmailMessage
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, Session
from pydantic import SecretStr

from channels.base import Acceptance, Sending
from channels.email.sender import EmailAccount, EmailSender
from core.words import Channel
from tests.support.channels.fakes import (
    Clock,
    sending,
)


class Mailboxes:
    """What a server is told to answer, and what it took."""

    def __init__(self, **answers: str) -> None:
        self.answers = answers
        self.taken: list[Envelope] = []

    async def handle_MAIL(
        self,
        server: SMTP,
        session: Session,
        envelope: Envelope,
        address: str,
        options: list[str],
    ) -> str:
        """Answer MAIL FROM."""
        envelope.mail_from = address
        return self.answers.get("mail", "250 OK")

    async def handle_RCPT(
        self,
        server: SMTP,
        session: Session,
        envelope: Envelope,
        address: str,
        options: list[str],
    ) -> str:
        """Answer RCPT TO."""
        envelope.rcpt_tos.append(address)
        return self.answers.get("rcpt", "250 OK")

    async def handle_DATA(
        self, server: SMTP, session: Session, envelope: Envelope
    ) -> str:
        """Answer the whole letter."""
        answer = self.answers.get("data", "250 2.0.0 queued as 1")
        if answer.startswith("250"):
            self.taken.append(envelope)
        return answer


def authenticate(
    server: SMTP, session: Session, envelope: Envelope, mechanism: str, data: Any
) -> AuthResult:
    """Let in who gives the sandbox's name and password."""
    return AuthResult(
        success=(data.login, data.password) == (b"sandbox", b"sandbox-secret"),
        handled=False,
    )


@contextmanager
def mail_server(mailboxes: Mailboxes, **options: Any) -> Iterator[int]:
    """Yield the port of a mail server."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    settings: dict[str, Any] = {
        "authenticator": authenticate,
        "auth_required": True,
        "auth_require_tls": False,
    } | options
    controller = Controller(mailboxes, hostname="127.0.0.1", port=port, **settings)
    controller.start()
    try:
        yield port
    finally:
        controller.stop()


def account(port: int, **changes: Any) -> EmailAccount:
    given = {
        "host": "127.0.0.1",
        "port": port,
        "security": "none",
        "username": "sandbox",
        "password": SecretStr("sandbox-secret"),
        "sender": "centre@hospital.example",
        "sender_name": "市第一医院",
    }
    return EmailAccount.model_validate(given | changes)


async def send(
    mailboxes: Mailboxes, what: Sending | None = None, **changes: Any
) -> Acceptance:
    what = what or sending(Channel.EMAIL)
    with mail_server(mailboxes) as port:
        return await EmailSender(account(port, **changes), Clock()).send(what)


def letter_in(mailboxes: Mailboxes) -> EmailMessage:
    (envelope,) = mailboxes.taken
    raw = envelope.content
    assert isinstance(raw, bytes)
    letter = email.message_from_bytes(raw, policy=email.policy.default)
    assert isinstance(letter, EmailMessage)
    return letter
