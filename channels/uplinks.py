"""Texts that people send back from their phones (上行短信, MO)."""

from datetime import datetime

from pydantic import Field

from core.base import Model

_UCS2 = frozenset({8, 24, 25})
_CODECS = {1: ("ascii",), 3: ("latin-1",), 15: ("gbk",)}
# A gateway's own alphabet (0, and what it adds): ASCII, and in China GBK.
_OWN = ("ascii", "gbk")


class Uplink(Model):
    """One text from a phone; neither its number nor its text is ever logged.

    `number` is as the provider writes it. `account` is the account it came to,
    where that is known.
    """

    provider: str
    account: str | None = None
    number: str = Field(repr=False)
    text: str = Field(repr=False)
    at: datetime


def uplink_text(value: object) -> str | None:
    """Return a text that a provider pushed, None for anything else.

    Half a pair of UTF-16, which JSON can name, is no character.
    """
    if not isinstance(value, str):
        return None
    return value.encode("utf-8", "replace").decode()


def decoded(content: bytes, coding: int, *, headed: bool) -> str:
    """Return what a content says; by its coding (GSM 03.38; 15: GBK in China).

    `headed`: a user data header stands before the text. What can't be read says
    nothing: "".
    """
    if headed and content:
        content = content[content[0] + 1 :]
    codecs = ("utf-16-be",) if coding in _UCS2 else _CODECS.get(coding, _OWN)
    for codec in codecs:
        try:
            return content.decode(codec)
        except UnicodeDecodeError:
            continue
    return ""
