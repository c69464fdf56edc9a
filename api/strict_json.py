"""JSON as RFC 8259 and I-JSON (RFC 7493) mean it: what parsers disagree on is refused.

A duplicate key, NaN, a lone surrogate or a NUL means one thing here and another
in the next system or in a database; each is refused before anything reads it.
"""

import json
import re
from typing import Any, NoReturn

from core.errors import Malformed

MAX_DEPTH = 32
_MAX_DIGITS = 19
_STRING = re.compile(rb'"(?:[^"\\]|\\.)*"', re.DOTALL)
_BRACKET = re.compile(rb"[\[\]{}]")
_SURROGATE = re.compile("[\ud800-\udfff]")


def check_json(body: bytes) -> None:
    """Raise Malformed unless the body is one well-formed JSON text."""
    text = _text(body)
    _check_depth(body)
    try:
        value = json.loads(
            text,
            object_pairs_hook=_object,
            parse_constant=_constant,
            parse_int=_integer,
            parse_float=_float,
        )
    except (ValueError, RecursionError):
        raise Malformed("The body is not well-formed JSON.") from None
    _check_texts(value)


def _text(body: bytes) -> str:
    if body.startswith((b"\xef\xbb\xbf", b"\xfe\xff", b"\xff\xfe")):
        raise Malformed("The body begins with a byte order mark.")
    if b"\x00" in body:
        raise Malformed("The body holds NUL bytes, or is not UTF-8.")
    try:
        return body.decode("utf-8")
    except UnicodeDecodeError:
        raise Malformed("The body is not UTF-8.") from None


def _check_depth(body: bytes) -> None:
    """Refuse deep nesting before a recursive parser sees it."""
    if body.count(b"[") + body.count(b"{") <= MAX_DEPTH:
        return
    depth = 0
    for bracket in _BRACKET.findall(_STRING.sub(b"", body)):
        depth += 1 if bracket in b"[{" else -1
        if depth > MAX_DEPTH:
            raise Malformed(f"The body is nested deeper than {MAX_DEPTH}.")


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    whole = dict(pairs)
    if len(whole) != len(pairs):
        raise Malformed("The body holds the same key twice in one object.")
    return whole


def _constant(_: str) -> NoReturn:
    raise Malformed("NaN and Infinity are not JSON.")


def _integer(digits: str) -> int:
    if len(digits.lstrip("-")) > _MAX_DIGITS:
        raise Malformed(f"The body holds a number of more than {_MAX_DIGITS} digits.")
    return int(digits)


def _float(digits: str) -> float:
    value = float(digits)
    if value in (float("inf"), float("-inf")):
        raise Malformed("The body holds a number out of range.")
    return value


def _check_texts(value: object) -> None:
    """Look at every text of the value, keys too; it is at most MAX_DEPTH deep."""
    if isinstance(value, str):
        _check_string(value)
    elif isinstance(value, list):
        for item in value:
            _check_texts(item)
    elif isinstance(value, dict):
        for key, item in value.items():
            _check_string(key)
            _check_texts(item)


def _check_string(text: str) -> None:
    if "\x00" in text:
        raise Malformed("The body holds a NUL character.")
    if _SURROGATE.search(text):
        raise Malformed("The body holds half of a surrogate pair.")
