"""What each reply of a mail server means, at each step."""

from collections.abc import Iterator

import pytest
from pydantic import SecretStr

from channels.email.codes import CODES, SmtpStep
from channels.email.sender import EmailSender
from core.errors import (
    ContentRefused,
    DeliveryError,
    Misconfigured,
    ProviderDown,
    RateLimited,
    RecipientRefused,
)
from core.words import Channel
from tests.support.channels.fakes import (
    Clock,
    assert_private,
    sending,
)
from tests.support.channels.mail import Mailboxes, account, mail_server, send

# The sandbox's kind of server: a password without TLS, on this machine only.
pytestmark = pytest.mark.filterwarnings("ignore:Requiring AUTH while not:UserWarning")

SENDING = sending(Channel.EMAIL)


# We said what the server does not understand, or did not sign in (RFC 5321, 4.2.2).
OUR_FAULTS = ("500", "501", "502", "503", "504", "555", "503 5.5.1")


# Step, answer, class, seconds to wait.
RowOfStep = tuple[str, str, type[DeliveryError], float | None]
TABLE: list[RowOfStep] = [
    ("rcpt", "550 5.1.1", RecipientRefused, None),
    ("rcpt", "550 5.1.10", RecipientRefused, None),
    ("rcpt", "550", RecipientRefused, None),
    ("rcpt", "550 5.1.2", RecipientRefused, None),
    ("rcpt", "550 5.1.6", RecipientRefused, None),
    ("rcpt", "550 5.2.1", RecipientRefused, None),
    ("rcpt", "550 5.2.2", RateLimited, 900),
    ("rcpt", "552 5.2.2", RateLimited, 900),
    ("rcpt", "550 5.7.1", ContentRefused, None),
    ("rcpt", "550 5.7.26", Misconfigured, None),
    ("rcpt", "550 5.7.0", Misconfigured, None),
    ("rcpt", "550 5.1.7", Misconfigured, None),
    ("rcpt", "550 5.1.8", Misconfigured, None),
    ("rcpt", "550 5.1.0", ContentRefused, None),
    ("rcpt", "550 5.4.1", ContentRefused, None),
    # The reply counts where the enhanced code contradicts it.
    ("rcpt", "550 4.7.25", Misconfigured, None),
    ("rcpt", "450 5.1.1", ProviderDown, 60),
    *(("rcpt", code, Misconfigured, None) for code in OUR_FAULTS),
    ("rcpt", "551", RecipientRefused, None),
    ("rcpt", "553 5.1.3", RecipientRefused, None),
    ("rcpt", "556 5.1.10", RecipientRefused, None),
    ("rcpt", "599", ContentRefused, None),
    ("rcpt", "450 4.2.0 greylisted", ProviderDown, 60),
    ("rcpt", "451 4.3.0", ProviderDown, None),
    ("rcpt", "452 4.2.2", ProviderDown, 900),
    ("rcpt", "421", ProviderDown, None),
    ("rcpt", "499", ProviderDown, None),
    ("rcpt", "552 5.3.4", ContentRefused, None),
    ("rcpt", "554 5.7.1", ContentRefused, None),
    ("rcpt", "530 5.7.0", Misconfigured, None),
    ("rcpt", "535", Misconfigured, None),
    ("rcpt", "538", Misconfigured, None),
    ("mail", "421", ProviderDown, None),
    ("mail", "450", ProviderDown, 60),
    ("mail", "451", ProviderDown, None),
    ("mail", "452", ProviderDown, 900),
    ("mail", "530", Misconfigured, None),
    ("mail", "535", Misconfigured, None),
    ("mail", "538", Misconfigured, None),
    ("mail", "550", Misconfigured, None),
    ("mail", "553", Misconfigured, None),
    ("mail", "599", Misconfigured, None),
    ("mail", "552", ContentRefused, None),
    ("data", "421", ProviderDown, None),
    ("data", "450", ProviderDown, 60),
    ("data", "451", ProviderDown, None),
    ("data", "452", ProviderDown, 900),
    ("data", "530", Misconfigured, None),
    ("data", "535", Misconfigured, None),
    ("data", "538", Misconfigured, None),
    ("data", "550 5.7.1", ContentRefused, None),
    ("data", "552 5.3.4", ContentRefused, None),
    ("data", "554 5.7.1", ContentRefused, None),
    ("data", "599", ContentRefused, None),
    ("data", "550 5.1.1", RecipientRefused, None),
    ("data", "550 5.1.2", RecipientRefused, None),
    ("data", "550 5.1.3", RecipientRefused, None),
    ("data", "550 5.1.6", RecipientRefused, None),
    ("data", "550 5.1.10", RecipientRefused, None),
    ("data", "550 5.2.1", RecipientRefused, None),
    ("data", "552 5.2.2", RateLimited, 900),
    ("data", "550 5.1.7", Misconfigured, None),
    ("data", "550 5.1.8", Misconfigured, None),
    ("data", "550 5.7.26", Misconfigured, None),
    ("mail", "552 5.3.4", ContentRefused, None),
    ("mail", "550 5.1.1", Misconfigured, None),
]


@pytest.fixture(scope="module")
def answering_server() -> Iterator[tuple[Mailboxes, int]]:
    mailboxes = Mailboxes()
    with mail_server(mailboxes) as port:
        yield mailboxes, port


@pytest.mark.parametrize(("step", "answer", "error", "wait"), TABLE)
async def test_reply_codes(
    answering_server: tuple[Mailboxes, int],
    step: str,
    answer: str,
    error: type[DeliveryError],
    wait: float | None,
) -> None:
    mailboxes, port = answering_server
    mailboxes.answers = {step: f"{answer} zhang@mail.example"}
    with pytest.raises(DeliveryError) as raised:
        await EmailSender(account(port), Clock()).send(SENDING)
    assert type(raised.value) is error
    assert raised.value.code == (answer[:3] if step == "mail" else code_of(answer))
    pause = raised.value.retry_after
    assert (pause and pause.total_seconds()) == wait
    assert_private(raised.value)


def code_of(answer: str) -> str:
    """Return the code that a refusal is known by: the enhanced one of a 5xx."""
    reply, _, enhanced = answer.partition(" ")
    if reply[0] == "4" or not enhanced:
        return reply
    return f"5{enhanced[1:]}"


def test_every_listed_code_is_tried() -> None:
    tried = {(SmtpStep(step), code_of(answer)) for step, answer, *_ in TABLE}
    tried |= {(SmtpStep(step), answer[:3]) for step, answer, *_ in TABLE}
    listed = {
        (step, code)
        for step, table in CODES.items()
        for code in table.classes
        if step is not SmtpStep.CONNECT
    }
    assert listed <= tried


@pytest.mark.parametrize(
    ("code", "error"),
    [
        ("421", ProviderDown),
        ("451", ProviderDown),
        ("454", ProviderDown),
        ("499", ProviderDown),
        ("530", Misconfigured),
        ("534", Misconfigured),
        ("535", Misconfigured),
        ("538", Misconfigured),
        ("554", Misconfigured),
        ("599", Misconfigured),
    ],
)
def test_codes_before_mail(code: str, error: type[DeliveryError]) -> None:
    assert CODES[SmtpStep.CONNECT].class_of(code) is error


async def test_a_wrong_password_is_misconfigured() -> None:
    with pytest.raises(Misconfigured) as raised:
        await send(Mailboxes(), password=SecretStr("wrong"))
    assert raised.value.code == "535"
    assert_private(raised.value)


async def test_a_server_without_starttls_is_misconfigured() -> None:
    with pytest.raises(Misconfigured):
        await send(Mailboxes(), security="starttls")
