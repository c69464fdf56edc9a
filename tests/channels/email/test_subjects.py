"""A mail's subject and sender arrive as they were written (RFC 2047)."""

import re
from email import message_from_bytes
from email.header import decode_header, make_header

import pytest
from hypothesis import given
from hypothesis import strategies as st

from channels.email.sender import EmailSender, literally
from core.text.letters import one_line
from core.words import Channel
from tests.support.channels.fakes import Clock, sending
from tests.support.channels.mail import account

_WORDS = [
    "李医生:",
    "😀",
    "?",
    "王*",
    "心内科",
    "é",
    "Genève",
    "hello",
    "Smith, J",
    "=",
]
TITLES = st.lists(st.sampled_from(_WORDS), min_size=1, max_size=30).map(" ".join)


def sent(title: str) -> bytes:
    what = sending(Channel.EMAIL)
    content = what.content.model_copy(update={"title": title})
    mail = EmailSender(account(25), Clock()).letter(
        what.model_copy(update={"content": content})
    )
    return mail.as_bytes()


def subject_in(mail: bytes) -> str:
    raw = str(message_from_bytes(mail)["Subject"]).replace("\r\n", "")
    return str(make_header(decode_header(raw)))


@pytest.mark.parametrize(
    "title",
    [
        "李医生: 😀 ? 王* 😀 王* 心内科 é 李医生: Genève 王*",
        "Appointment with Dr. Smith on the fourth floor of building seven at nine",
        "张\U00030edd " * 20,
    ],
)
def test_a_subject_arrives_whole(title: str) -> None:
    assert subject_in(sent(title)) == one_line(title)


@given(TITLES)
def test_no_blank_is_lost_and_no_word_is_too_long(title: str) -> None:
    mail = sent(title[:200])
    assert subject_in(mail) == literally(one_line(title[:200]))
    words = re.findall(rb"=\?utf-8\?[bq]\?[^?]*\?=", mail)
    assert all(len(word) <= 75 for word in words)
    assert all(len(line) <= 78 for line in mail.split(b"\r\n") if b"=?" in line)
