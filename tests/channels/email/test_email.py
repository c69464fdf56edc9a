"""The letter: what arrives, and that no value can bend it."""

import email
import email.policy

import pytest
from hypothesis import given
from hypothesis import strategies as st

from channels.base import Acceptance, Content, Sending
from channels.email.sender import EmailSender, mailbox
from core.errors import (
    RecipientRefused,
)
from core.models import Address
from core.words import Channel, IdentityType
from tests.support.channels.fakes import (
    CONTENT,
    LINK,
    SENDING_ID,
    sending,
)
from tests.support.channels.mail import Mailboxes, account, letter_in, send

# The sandbox's kind of server: a password without TLS, on this machine only.
pytestmark = pytest.mark.filterwarnings("ignore:Requiring AUTH while not:UserWarning")


async def test_the_letter() -> None:
    mailboxes = Mailboxes()
    taken = await send(mailboxes)
    letter = letter_in(mailboxes)
    envelope = mailboxes.taken[0]
    assert envelope.mail_from == "centre@hospital.example"
    assert envelope.rcpt_tos == ["zhang@mail.example"]
    assert letter["From"] == "市第一医院 <centre@hospital.example>"
    assert letter["To"] == "zhang@mail.example"
    assert letter["Subject"] == "预约成功"
    assert letter["Message-ID"] == f"<{SENDING_ID}@hospital.example>"
    assert letter["Date"] == "Mon, 23 Nov 2026 00:30:00 +0000"
    assert letter["Auto-Submitted"] == "auto-generated"
    assert letter.get_content_type() == "text/plain"
    assert letter.get_content_charset() == "utf-8"
    assert letter.get_content().splitlines() == [CONTENT.body, "", LINK]
    assert isinstance(envelope.content, bytes)
    assert envelope.content.isascii()
    assert taken == Acceptance(
        provider="smtp", provider_message_id=f"<{SENDING_ID}@hospital.example>"
    )


async def test_dots_and_long_lines_arrive_whole() -> None:
    body = ".\n..a\n" + "很长的一行" * 400
    mailboxes = Mailboxes()
    content = CONTENT.model_copy(update={"body": body, "link": None})
    await send(mailboxes, sending(Channel.EMAIL, content))
    assert letter_in(mailboxes).get_content().splitlines() == body.splitlines()


@pytest.mark.parametrize("place", ["title", "body", "link"])
@given(
    st.text(st.characters(exclude_categories=["Cs"]), max_size=30),
    st.sampled_from(
        [
            "\r\nBcc: evil@evil.example",
            "\nX: y",
            "\r\n\r\n.\r\nMAIL",
            "=?utf-8?b?DQpCY2M6IGV2aWxAZXZpbC5leGFtcGxl?=",
            " =?us-ascii?q?x=0D=0A=0D=0ABody?= ",
            "=?utf-8?q?a?==?utf-8?q?=0AX:_y?=",
            "==?utf-8?q?=0AX:_y?=",
        ]
    ),
)
def test_no_text_adds_a_header(place: str, text: str, tail: str) -> None:
    content = Content(title="标题", body="正文", link=None)
    changed = content.model_copy(update={place: text + tail})
    letter = letter_of(sending(Channel.EMAIL, changed))
    parsed = email.message_from_bytes(letter, policy=email.policy.default)
    assert sorted(parsed.keys()) == sorted(
        [
            "From",
            "To",
            "Subject",
            "Date",
            "Message-ID",
            "Auto-Submitted",
            "Content-Type",
            "Content-Transfer-Encoding",
            "MIME-Version",
        ]
    )
    assert len(parsed["To"].addresses) == 1


def test_a_subject_that_looks_encoded_is_shown_as_it_is() -> None:
    content = CONTENT.model_copy(update={"title": "=?utf-8?b?5Y2x?="})
    letter = letter_of(sending(Channel.EMAIL, content))
    parsed = email.message_from_bytes(letter, policy=email.policy.default)
    assert parsed["Subject"] == "= ?utf-8?b?5Y2x?="


def letter_of(what: Sending) -> bytes:
    return EmailSender(account(1)).letter(what).as_bytes()


@pytest.mark.parametrize(
    "address",
    [
        "",
        "zhang",
        "a@b.example,c@d.example",
        "a@b.example\r\nRCPT TO:<c@d.example>",
        "a@b.example>\nBcc: c@d.example",
        "<a@b.example> SIZE=1",
        "Zhang <a@b.example>",
        "a b@c.example",
        "=?utf-8?q?=0D=0AX=3A_y?=@b.example",
        "张@c.example",
    ],
)
async def test_one_mailbox_is_one(address: str) -> None:
    with pytest.raises(RecipientRefused) as raised:
        mailbox(address)
    assert address == "" or address not in str(raised.value)
    to = Address(type=IdentityType.EMAIL, value=address)
    with pytest.raises(RecipientRefused):
        await EmailSender(account(1)).send(sending(Channel.EMAIL, address=to))
