"""The parts a number format is written of (ECMA-376 part 1, 18.8.31)."""

import re
from collections.abc import Iterator
from enum import StrEnum
from typing import NamedTuple


class Unshown(ValueError):
    """What a cell shows can't be told; the text says what to do about it."""


UNKNOWN = "Its number format is not known here; enter what it shows as text."
HIDDEN = "Its number format hides what it holds; show it or empty the cell."


class Kind(StrEnum):
    """What a part of a format does."""

    LITERAL = "literal"
    DIGIT = "digit"
    POINT = "point"
    COMMA = "comma"
    PERCENT = "percent"
    EXPONENT = "exponent"
    SLASH = "slash"
    GENERAL = "general"
    TEXT = "text"
    DATE = "date"
    ELAPSED = "elapsed"
    HALF = "half"
    LOCALE = "locale"
    CONDITION = "condition"
    END = "end"


class Token(NamedTuple):
    """One part: what it does, and how it is written."""

    kind: Kind
    text: str


_TOKEN = re.compile(
    r"""
      "(?P<quoted>[^"]*)"
    | \\(?P<escaped>.)
    | _(?P<width>.)
    | \*(?P<fill>.)
    | \[(?P<bracket>[^\]]*)\]
    | (?P<general>General|G/通用格式)
    | (?P<half>AM/PM|A/P|上午/下午)
    | (?P<exponent>E[+-])
    | (?P<date>y+|m+|d+|h+|s+|e+|a{3,4})
    | (?P<digit>[0#?])
    | (?P<point>\.)
    | (?P<comma>,)
    | (?P<percent>%)
    | (?P<text>@)
    | (?P<end>;)
    | (?P<slash>/)
    | (?P<plain>[ $+\-():!^&'~{}<>=]|[^\x00-\x7f])
    """,
    re.VERBOSE | re.IGNORECASE | re.DOTALL,
)
_COLOUR = re.compile(
    r"(?:black|blue|cyan|green|magenta|red|white|yellow|colou?r ?[0-9]{1,2}"
    r"|黑色?|蓝色?|蓝绿色?|青色?|绿色?|洋红色?|红色?|白色?|黄色?|颜色 ?[0-9]{1,2})",
    re.IGNORECASE,
)
_ELAPSED = re.compile(r"h+|m+|s+", re.IGNORECASE)
_CONDITION = re.compile(r"(?:<=|>=|<>|<|>|=)-?[0-9]+(?:\.[0-9]+)?")
_LOCALE = re.compile(r"\$([^\-\]]*)(?:-(.*))?")


def tokens_of(code: str) -> Iterator[Token]:
    """Yield a format's parts; Unshown where one is not known."""
    index = 0
    while index < len(code):
        found = _TOKEN.match(code, index)
        if found is None:
            raise Unshown(UNKNOWN)
        yield from _token(found.lastgroup or "", found[found.lastgroup or 0])
        index = found.end()


def _token(group: str, text: str) -> Iterator[Token]:
    if group == "bracket":
        yield from _bracket(text)
    elif group == "width":
        yield Token(Kind.LITERAL, " ")
    elif group in ("quoted", "escaped", "plain"):
        yield Token(Kind.LITERAL, text)
    elif group != "fill":
        yield Token(Kind(group), text)


def _bracket(text: str) -> Iterator[Token]:
    if _ELAPSED.fullmatch(text):
        yield Token(Kind.ELAPSED, text.lower())
    elif _CONDITION.fullmatch(text):
        yield Token(Kind.CONDITION, text)
    elif locale := _LOCALE.fullmatch(text):
        yield Token(Kind.LITERAL, locale[1])
        if locale[2]:
            yield Token(Kind.LOCALE, locale[2].lower())
    elif not _COLOUR.fullmatch(text):
        raise Unshown(UNKNOWN)
