"""Mail over SMTP (RFC 5321): plain text, one recipient, one connection each.

What a reply code means depends on the step it answers (RFC 5321 section 4.2.3;
enhanced codes RFC 3463). Mail servers do not drop duplicates by Message-ID.
"""

import asyncio
import re
import ssl
from contextlib import suppress
from datetime import timedelta
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import format_datetime
from pathlib import Path
from typing import ClassVar, Literal, Self

from aiosmtplib import (
    SMTP,
    SMTPException,
    SMTPResponseException,
    SMTPServerDisconnected,
    SMTPTimeoutError,
)
from pydantic import Field, SecretStr

from channels.base import Acceptance, Sending
from channels.email.codes import ADDRESS_SAYS, CODES, SmtpStep
from channels.email.mail_headers import MAIL
from channels.kit.clip import clip
from channels.kit.codes import refusal
from channels.kit.http import CALL_SECONDS, CONNECT_SECONDS, Slots
from channels.kit.times import Clock
from channels.provider import Provider, SandboxPorts
from core.base import Model
from core.clock import utc_now
from core.errors import (
    DeliveryError,
    Misconfigured,
    OutcomeUnknown,
    ProviderDown,
    RecipientRefused,
)
from core.sandbox_keys import KEY, SECRET
from core.text.letters import one_line
from core.words import Channel

SUBJECT_LENGTH = 200
_SLOTS = 10
_ENHANCED_CODE = re.compile(r"\s{0,4}[245]\.([0-9]{1,3})\.([0-9]{1,3})(?![0-9.])")


class EmailAccount(Model):
    """A mailbox that sends; `security` is how the connection is encrypted.

    `bounces` is where mail that could not be delivered goes back to, as the
    sending's own `name+<id>@`; without it, to the sender.
    """

    host: str
    port: int = Field(default=587, ge=1, le=65535)
    security: Literal["none", "starttls", "tls"] = "starttls"
    cafile: Path | None = None
    username: str | None = None
    password: SecretStr | None = None
    sender: str = Field(pattern=r"^[\x21-\x7e]+@[A-Za-z0-9.\-]+$")
    sender_name: str = ""
    bounces: str | None = Field(
        default=None, pattern=r"^[\x21-\x2a\x2c-\x7e]{1,20}@[A-Za-z0-9.\-]+$"
    )

    @property
    def domain(self) -> str:
        """The sender's domain: what we greet as, and the end of Message-IDs."""
        return self.sender.rpartition("@")[2]

    @classmethod
    def sandbox(cls, ports: SandboxPorts) -> Self:
        """Return the account that the sandbox knows."""
        return cls(
            host=ports.host,
            port=ports.smtp,
            security="none",
            username=KEY,
            password=SecretStr(SECRET),
            sender="centre@hospital.example",
            sender_name="市第一医院",
            bounces="bounce@hospital.example",
        )


class EmailSender:
    """Sends mail through the hospital's mail server."""

    channel: ClassVar[Channel] = Channel.EMAIL
    provider: ClassVar[str] = "smtp"
    dedupe_window: ClassVar[timedelta | None] = None

    def __init__(self, account: EmailAccount, clock: Clock = utc_now) -> None:
        self._account = account
        self._clock = clock
        self._slots = Slots(self.provider, _SLOTS)
        self._tls = (
            None
            if account.security == "none"
            else ssl.create_default_context(cafile=account.cafile)
        )

    async def send(self, sending: Sending) -> Acceptance:
        """Send one mail."""
        letter = self.letter(sending)
        async with self._slots.one():
            await self._hand_over(letter, sending)
        return Acceptance(
            provider=self.provider, provider_message_id=letter["Message-ID"]
        )

    def letter(self, sending: Sending) -> EmailMessage:
        """Return the letter: no value in it can become a header."""
        content = sending.content
        letter = EmailMessage(policy=MAIL)
        letter["From"] = Address(
            literally(self._account.sender_name), addr_spec=self._account.sender
        )
        letter["To"] = mailbox(sending.address.value)
        subject = one_line(content.title) or one_line(content.body)
        letter["Subject"] = literally(clip(subject, SUBJECT_LENGTH))
        letter["Date"] = format_datetime(self._clock())
        letter["Message-ID"] = f"<{sending.id}@{self._account.domain}>"
        # No out-of-office answers to it (RFC 3834).
        letter["Auto-Submitted"] = "auto-generated"
        body = content.body
        if content.link and content.link not in body:
            body = f"{body}\n\n{content.link}"
        letter.set_content(body, charset="utf-8", cte="base64")
        return letter

    def _return_path(self, sending: Sending) -> str:
        """Return where a bounce goes: an address that names the sending (VERP)."""
        bounces = self._account.bounces
        if bounces is None:
            return self._account.sender
        name, _, domain = bounces.rpartition("@")
        return f"{name}+{sending.id}@{domain}"

    async def _hand_over(self, letter: EmailMessage, sending: Sending) -> None:
        smtp = self._client()
        step = SmtpStep.CONNECT
        try:
            async with asyncio.timeout(CALL_SECONDS):
                await smtp.connect(timeout=CONNECT_SECONDS)
                step = SmtpStep.MAIL
                # What a bounce shall name, and whether there shall be one (RFC 3461).
                dsn = smtp.supports_extension("dsn")
                envelope = [f"ENVID={sending.id}", "RET=HDRS"] if dsn else []
                await smtp.mail(self._return_path(sending), options=envelope)
                step = SmtpStep.RCPT
                wanted = ["NOTIFY=FAILURE"] if dsn else []
                await smtp.rcpt(sending.address.value, options=wanted)
                step = SmtpStep.DATA
                await smtp.data(letter.as_bytes())
            await _leave(smtp)
        except (SMTPException, OSError) as error:
            raise self._error(step, error) from None
        finally:
            smtp.close()

    def _client(self) -> SMTP:
        account = self._account
        password = account.password.get_secret_value() if account.password else None
        return SMTP(
            hostname=account.host,
            port=account.port,
            # The default asks DNS for our own name, and may wait long.
            local_hostname=account.domain,
            username=account.username,
            password=password,
            timeout=CALL_SECONDS,
            use_tls=account.security == "tls",
            start_tls=account.security == "starttls",
            tls_context=self._tls,
        )

    def _error(self, step: SmtpStep, error: Exception) -> DeliveryError:
        """Return what a failure at a step means."""
        if isinstance(error, SMTPResponseException) and 400 <= error.code <= 599:
            refused = CODES[step].error(_code(step, error), self._clock())
            refused.answered = step in (SmtpStep.RCPT, SmtpStep.DATA)
            return refused
        return refusal(self.provider, _without_code(step, error), code=f"{step}-failed")


PROVIDER = Provider(
    EmailSender,
    EmailAccount,
    lambda account, tools: EmailSender(account, tools.clock),
    EmailAccount.sandbox,
    says=ADDRESS_SAYS,
    reports=True,
)


def _code(step: SmtpStep, error: SMTPResponseException) -> str:
    """Return a refusal's enhanced code once a recipient was named, else the reply's.

    A 4xx passes whatever else is said. The class of an enhanced code may contradict
    the reply, which counts (RFC 2034, 3).
    """
    found = _ENHANCED_CODE.match(error.message[:64])
    named = step in (SmtpStep.RCPT, SmtpStep.DATA)
    if not named or error.code < 500 or found is None:
        return str(error.code)
    return f"5.{int(found[1])}.{int(found[2])}"


def _without_code(step: SmtpStep, error: Exception) -> type[DeliveryError]:
    """Return the class of a failure that has no reply code, or a senseless one.

    From DATA on the letter may have been taken. What the server does not offer
    (STARTTLS, AUTH) or can't prove (its certificate) somebody must mend.
    """
    if step is SmtpStep.DATA:
        return OutcomeUnknown
    gone = (OSError, SMTPServerDisconnected, SMTPTimeoutError, SMTPResponseException)
    if isinstance(error, gone) and not isinstance(error, ssl.CertificateError):
        return ProviderDown
    return Misconfigured


async def _leave(smtp: SMTP) -> None:
    """Say QUIT: the letter is taken, whatever comes of it."""
    with suppress(SMTPException, OSError):
        async with asyncio.timeout(1):
            await smtp.quit()


def literally(text: str) -> str:
    """Return a header's text with nothing in it that begins an encoded word.

    Python's e-mail package decodes those (RFC 2047) in what it is given, and
    writes the line ends that were in them as they are (CVE-2024-6923).
    """
    return text.replace("=?", "= ?")


def mailbox(address: str) -> Address:
    """Return the recipient's mailbox; RecipientRefused for more or less than one."""
    try:
        return Address(addr_spec=address)
    except Exception:
        # ValueError, IndexError or HeaderParseError, which quote the address.
        raise refusal("smtp", RecipientRefused, code="not-a-mailbox") from None
