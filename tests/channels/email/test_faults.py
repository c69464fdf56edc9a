"""Mail servers that hang up, babble, flood or prove nothing."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from channels.email.sender import EmailSender
from core.errors import (
    Misconfigured,
    OutcomeUnknown,
    ProviderDown,
)
from core.words import Channel
from tests.support.channels.fakes import (
    assert_private,
    listening,
    sending,
)
from tests.support.channels.mail import Mailboxes, account, mail_server

# The sandbox's kind of server: a password without TLS, on this machine only.
pytestmark = pytest.mark.filterwarnings("ignore:Requiring AUTH while not:UserWarning")

SENDING = sending(Channel.EMAIL)


async def test_nobody_listening_is_known_not_sent() -> None:
    with mail_server(Mailboxes()) as port:
        pass
    with pytest.raises(ProviderDown) as raised:
        await EmailSender(account(port)).send(SENDING)
    assert_private(raised.value)


# A server that keeps to a script: what it does at each command.
Act = Callable[[asyncio.StreamWriter], Any]


def hangs_up(writer: asyncio.StreamWriter) -> None:
    writer.close()


def resets(writer: asyncio.StreamWriter) -> None:
    writer.transport.abort()


def babbles(writer: asyncio.StreamWriter) -> None:
    writer.write(b"<html>zhang@mail.example</html>\r\n")


def says_354_again(writer: asyncio.StreamWriter) -> None:
    writer.write(b"354 go on\r\n")


def floods(writer: asyncio.StreamWriter) -> None:
    writer.write(b"250-" + b"x" * 600_000 + b"\r\n")


GOOD = {"EHLO": "250 hello", "MAIL": "250 ok", "RCPT": "250 ok", "DATA": "354 go on"}


@asynccontextmanager
async def scripted(at: str, act: Act) -> AsyncIterator[int]:
    """Yield the port of a server that acts up at one command, or at the letter."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if at == "GREETING":
            act(writer)
            return await wait(writer)
        writer.write(b"220 hello\r\n")
        while command := (await reader.readline())[:4].decode().strip():
            if command == at:
                act(writer)
                return await wait(writer)
            writer.write(f"{GOOD[command]}\r\n".encode())
            if command == "DATA":
                await reader.readuntil(b"\r\n.\r\n")
                act(writer)
                return await wait(writer)

    async def wait(writer: asyncio.StreamWriter) -> None:
        if not writer.is_closing():
            await asyncio.sleep(60)

    async with listening(serve) as port:
        yield port


@pytest.mark.parametrize("act", [hangs_up, resets, babbles, floods])
@pytest.mark.parametrize("at", ["GREETING", "MAIL", "RCPT"])
async def test_before_data_a_fault_is_known_not_sent(at: str, act: Act) -> None:
    async with scripted(at, act) as port:
        sender = EmailSender(account(port, username=None))
        with pytest.raises(ProviderDown) as raised:
            await sender.send(SENDING)
    assert_private(raised.value)


FAULTS: list[Act] = [hangs_up, resets, babbles, floods]


@pytest.mark.parametrize(
    ("at", "act"),
    [
        *(("DATA", act) for act in FAULTS),
        *(("LETTER", act) for act in [*FAULTS, says_354_again]),
    ],
)
async def test_from_data_on_a_fault_leaves_the_outcome_unknown(
    at: str, act: Act
) -> None:
    async with scripted(at, act) as port:
        sender = EmailSender(account(port, username=None))
        with pytest.raises(OutcomeUnknown) as raised:
            await sender.send(SENDING)
    assert_private(raised.value)


async def test_a_lost_quit_is_no_failure() -> None:
    def takes(writer: asyncio.StreamWriter) -> None:
        writer.write(b"250 queued\r\n")
        writer.close()

    async with scripted("LETTER", takes) as port:
        taken = await EmailSender(account(port, username=None)).send(SENDING)
    assert taken.provider == "smtp"


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a file with a certificate for this machine, and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(hours=1))
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]),
            critical=False,
        )
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    path = tmp_path_factory.mktemp("tls") / "server.pem"
    path.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        + made.public_bytes(serialization.Encoding.PEM)
    )
    return path


async def test_starttls_and_a_certificate_nobody_vouches_for(
    certificate: Path,
) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    mailboxes = Mailboxes()
    with mail_server(mailboxes, tls_context=context, auth_require_tls=True) as port:
        trusting = account(port, security="starttls", cafile=certificate)
        await EmailSender(trusting).send(SENDING)
        assert len(mailboxes.taken) == 1
        with pytest.raises(Misconfigured):
            await EmailSender(account(port, security="starttls")).send(SENDING)
    assert len(mailboxes.taken) == 1
