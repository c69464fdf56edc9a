"""A mail server that takes everything its rules allow (RFC 5321, RFC 4954)."""

import asyncio
import logging
import re
import secrets
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from email import message_from_bytes
from email.errors import HeaderParseError
from email.header import decode_header, make_header
from email.message import EmailMessage
from email.policy import default
from functools import partial
from typing import NoReturn

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

from core.sandbox_keys import KEY, SECRET
from core.words import Channel
from sandbox.email.bounces import bounced
from sandbox.kit.book import Entry
from sandbox.kit.context import Desk, Provider
from sandbox.kit.outcomes import TAKEN, Outcome

logger = logging.getLogger(__name__)

MAX_MAIL = 10 << 20
_GARBAGE = "<html><body><h1>It works!</h1></body></html>"
_NAME = "sandbox.invalid"

# Said of one recipient, before there is a text.
_RCPT_REFUSALS: Mapping[Outcome, str] = {
    Outcome.INVALID_RECIPIENT: "550 5.1.1 No such user here",
    Outcome.UNSUBSCRIBED: "550 5.2.1 The mailbox takes no messages",
    Outcome.RATE_LIMIT: "450 4.2.1 The mailbox is receiving mail too quickly",
    Outcome.SERVER_ERROR: "451 4.3.0 Local error in processing",
    Outcome.EXPIRED_TOKEN: "530 5.7.0 Authentication required",
}


class Mail(Provider):
    """The SMTP server, on a port of its own."""

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        self.port: int | None = None
        self._connections: set[_Connection] = set()

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Listen while the sandbox runs."""
        options = self.desk.options
        if options.smtp_port is None:
            yield
            return
        loop = asyncio.get_running_loop()
        server = await loop.create_server(
            self._connection, options.host, options.smtp_port, backlog=1024
        )
        self.port = server.sockets[0].getsockname()[1]
        try:
            yield
        finally:
            server.close()
            for connection in list(self._connections):
                connection.cut()
            await server.wait_closed()

    def _connection(self) -> "_Connection":
        return _Connection(self.desk, self._connections)


class _Connection(SMTP):
    """One connection; known to its server so that it can be cut."""

    def __init__(self, desk: Desk, others: "set[_Connection]") -> None:
        # Without TLS: it listens on a local port. What AUTH is required for is
        # checked in MAIL, since aiosmtpd warns about its own option.
        super().__init__(
            _Handler(desk),
            data_size_limit=MAX_MAIL,
            enable_SMTPUTF8=True,
            hostname=_NAME,
            ident="ESMTP sandbox",
            auth_require_tls=False,
            authenticator=_authenticate,
        )
        self._others = others

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin."""
        self._others.add(self)
        super().connection_made(transport)

    def connection_lost(self, error: Exception | None) -> None:
        """End."""
        self._others.discard(self)
        super().connection_lost(error)

    def cut(self) -> None:
        """Close the connection under the client."""
        if self.transport is not None:
            self.transport.close()


class _Handler:
    """What one connection says to MAIL, RCPT and DATA."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._outcomes: dict[str, Outcome] = {}

    async def handle_MAIL(
        self,
        server: _Connection,
        session: Session,
        envelope: Envelope,
        address: str,
        options: list[str],
    ) -> str:
        """Begin a mail, for whoever has signed in."""
        if not session.authenticated:
            return "530 5.7.0 Authentication required"
        self._outcomes = {}
        envelope.mail_from = address
        envelope.mail_options.extend(options)
        return "250 2.1.0 Ok"

    async def handle_RCPT(
        self,
        server: _Connection,
        session: Session,
        envelope: Envelope,
        address: str,
        options: list[str],
    ) -> str:
        """Take or refuse one recipient."""
        local, _, domain = address.rpartition("@")
        if not local or not domain:
            return "553 5.1.3 The recipient address is not valid"
        outcome = await self._desk.decide(Channel.EMAIL, "smtp", address)
        if outcome in _RCPT_REFUSALS:
            return _RCPT_REFUSALS[outcome]
        self._outcomes[address] = outcome
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 Ok"

    async def handle_DATA(
        self, server: _Connection, session: Session, envelope: Envelope
    ) -> str:
        """Take the text, or do what a rule wants done once it is here."""
        outcomes = {to: self._outcomes[to] for to in envelope.rcpt_tos}
        told = set(outcomes.values())
        if Outcome.DROP in told:
            await _cut(server)
        if Outcome.REJECT in told:
            return "554 5.7.1 Message content rejected"
        if Outcome.GARBAGE in told:
            return _GARBAGE
        assert told <= TAKEN, told
        queue_id = self._enter(envelope, outcomes)
        if Outcome.TIMEOUT in told:
            await asyncio.sleep(self._desk.options.hold_seconds)
            await _cut(server)
        return f"250 2.0.0 Ok: queued as {queue_id}"

    async def handle_exception(self, error: Exception) -> str:
        """Say no more than that something broke: its text may hold the mail's."""
        logger.error("a mail was not taken: %s", type(error).__name__)
        return "451 4.3.0 Local error in processing"

    def _enter(self, envelope: Envelope, outcomes: Mapping[str, Outcome]) -> str:
        queue_id = secrets.token_hex(8).upper()
        raw = envelope.original_content or b""
        request = {
            "mail_from": envelope.mail_from,
            "rcpt_tos": list(envelope.rcpt_tos),
            **_decoded(raw),
        }
        for recipient, outcome in outcomes.items():
            entry = Entry(
                channel=Channel.EMAIL,
                provider="smtp",
                recipient=recipient,
                at=self._desk.now(),
                provider_message_id=queue_id,
                outcome=outcome,
                request=request,
            )
            self._desk.book.enter(entry)
            if outcome is Outcome.RECEIPT_FAILED:
                bounce = partial(bounced, envelope.mail_from or "", recipient)
                self._desk.receipts.later(Channel.EMAIL, bounce)
        return queue_id


async def _cut(server: _Connection) -> NoReturn:
    """Close the connection; losing it cancels this handler."""
    server.cut()
    await asyncio.Event().wait()
    raise AssertionError("unreachable")


def _authenticate(
    server: SMTP, session: Session, envelope: Envelope, mechanism: str, data: object
) -> AuthResult:
    right = LoginPassword(KEY.encode(), SECRET.encode())
    # `handled=False` lets aiosmtpd say 535 itself.
    return AuthResult(success=data == right, handled=False)


def _decoded(raw: bytes) -> dict[str, object]:
    """Return what a reader of the mail sees."""
    mail = message_from_bytes(raw, policy=default)
    # Not the policy's own parser of headers, which fails on broken ones.
    headers = [(name, _header(value)) for name, value in mail.raw_items()]
    first = {name.lower(): value for name, value in reversed(headers)}
    return {
        "subject": first.get("subject", ""),
        "message_id": first.get("message-id", ""),
        "headers": headers,
        "text": _text(mail, "plain"),
        "html": _text(mail, "html"),
    }


def _header(value: str) -> str:
    """Return a header unfolded and decoded (RFC 2047), as it is where it can't be."""
    unfolded = re.sub(r"\r?\n(?=[ \t])", "", value)
    try:
        return str(make_header(decode_header(unfolded)))
    except (HeaderParseError, LookupError, ValueError):
        return unfolded


def _text(mail: EmailMessage, kind: str) -> str:
    """Return the body of one kind, decoded; empty where there is none."""
    try:
        part = mail.get_body(preferencelist=(kind,))
        content = part.get_content() if part is not None else ""
    except Exception:
        # An unknown charset, a broken structure: the library fails in many ways,
        # and a mail server takes such a mail all the same.
        return ""
    return content.replace("\r\n", "\n") if isinstance(content, str) else ""
