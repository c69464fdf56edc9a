"""JSON as RFC 8259 and I-JSON (RFC 7493) mean it: what parsers disagree on is refused.

A duplicate key, NaN, a lone surrogate or a NUL means one thing here and another
in the next system or in a database; each is refused before anything reads it.

Anybody's bytes come here, so every step is one pass over them: the time grows
with the body's size and with nothing else. A text of 64 kB takes some
milliseconds; a larger one is read in a thread, which lets others have their turn
at each object and each number.
"""

import asyncio
import json
import re
from itertools import accumulate
from typing import Any, NoReturn

from core.errors import Malformed, TooLarge

MAX_DEPTH = 32
# A batch of ten thousand people has fifty of them each.
MAX_VALUES = 500_000
# What the event loop's own time is spent on; more than that goes to a thread.
AT_ONCE = 64 * 1024
# What such a small body may hold, a list or object counted twice: each wrong value
# makes an error to tell of, and twenty thousand `{}` held the loop for a tenth of a
# second. No list of people comes near it: their values have names.
MAX_SMALL_VALUES = 8000
_MAX_DIGITS = 19
_STEPS = [(byte in b"[{") - (byte in b"]}") for byte in range(256)]
_ALL_BUT_BRACKETS = bytes(set(range(256)) - set(b"[]{}"))
# An escape of NUL, of a high surrogate with no low one behind it, or of a low one
# with no high one before it; escaped backslashes are taken out before.
_BAD_ESCAPE = re.compile(
    rb"\\u(?:0000|[dD][89abAB]..(?!\\u[dD][c-fC-F])"
    rb"|[dD][c-fC-F](?<!\\u[dD][89abAB]..\\u..))",
    re.DOTALL,
)


async def read_json(body: bytes) -> Any:
    """Return the value of a body; a large one is read beside the event loop."""
    if len(body) <= AT_ONCE:
        return parse_json(body)
    return await asyncio.to_thread(parse_json, body)


def parse_json(body: bytes) -> Any:
    """Return the body's value; Malformed unless it is one well-formed JSON text.

    TooLarge where it has too many values for its bytes.
    """
    text = _text(body)
    _check_shape(body)
    try:
        return json.loads(
            text,
            object_pairs_hook=_object,
            parse_constant=_constant,
            parse_int=_integer,
            parse_float=_float,
        )
    except (ValueError, RecursionError):
        raise Malformed("The body is not well-formed JSON.") from None


def _text(body: bytes) -> str:
    if body.startswith((b"\xef\xbb\xbf", b"\xfe\xff", b"\xff\xfe")):
        raise Malformed("The body begins with a byte order mark.")
    if b"\x00" in body:
        raise Malformed("The body holds NUL bytes, or is not UTF-8.")
    try:
        return body.decode("utf-8")
    except UnicodeDecodeError:
        raise Malformed("The body is not UTF-8.") from None


def _check_shape(body: bytes) -> None:
    """Refuse bad escapes, depth and number before a recursive parser sees them.

    Without escaped backslashes and quotes, every second piece between quotes is
    outside texts; one that never ends is the last piece, and inside.
    """
    most = MAX_SMALL_VALUES if len(body) <= AT_ONCE else MAX_VALUES
    body = body.replace(b"\\\\", b"--")
    if _BAD_ESCAPE.search(body):
        raise Malformed("The body holds a NUL character, or half a surrogate pair.")
    body = body.replace(b'\\"', b"--")
    inside = depth = halves = 0
    for start in range(0, len(body), AT_ONCE):
        pieces = body[start : start + AT_ONCE].split(b'"')
        outside = b"".join(pieces[inside::2])
        inside ^= (len(pieces) - 1) & 1
        brackets = outside.translate(None, _ALL_BUT_BRACKETS)
        levels = list(accumulate(map(_STEPS.__getitem__, brackets), initial=depth))
        depth = levels[-1]
        if max(levels) > MAX_DEPTH:
            raise Malformed(f"The body is nested deeper than {MAX_DEPTH}.")
        # A list's two brackets may lie in two pieces: each is half a value.
        halves += 2 * outside.count(b",") + len(brackets)
        if halves > 2 * most:
            raise TooLarge(f"The body may hold {most} values at most.")


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    whole = dict(pairs)
    if len(whole) != len(pairs):
        raise Malformed("The body holds the same key twice in one object.")
    return whole


def _constant(_: str) -> NoReturn:
    raise Malformed("NaN and Infinity are not JSON.")


def _integer(digits: str) -> int:
    if len(digits) - digits.startswith("-") > _MAX_DIGITS:
        raise Malformed(f"The body holds a number of more than {_MAX_DIGITS} digits.")
    return int(digits)


def _float(digits: str) -> float:
    value = float(digits)
    if value in (float("inf"), float("-inf")):
        raise Malformed("The body holds a number out of range.")
    return value
