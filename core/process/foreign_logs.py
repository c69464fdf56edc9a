"""What others' log lines may say: nothing that somebody outside could have put there.

Libraries put exceptions, values and whole tracebacks into their texts.
"""

import logging
import re

# What follows one of these in asyncio's texts is a value's own.
_FIXED = re.compile(r"[^<('\"\[{=\n]*")
_TRACEBACK = "Traceback (most recent call last)"
_CLASS = re.compile(r"(?m)^([A-Za-z_][\w.]*)(?::.*)?$")


def reduce(record: logging.LogRecord) -> bool:
    """Leave of a library's line what is the library's; a filter of a handler."""
    if isinstance(record.msg, dict):  # one of ours
        return True
    if isinstance(record.msg, BaseException):
        record.msg, record.args = type(record.msg).__name__, ()
    if isinstance(record.args, tuple):
        record.args = tuple(map(_harmless, record.args))
    text = record.getMessage()
    if record.name.partition(".")[0] == "asyncio":
        text = _FIXED.match(text)[0].strip()  # type: ignore[index]  # matches ""
    record.msg, record.args = _without_traceback(text), ()
    return True


def _harmless(value: object) -> object:
    return type(value).__name__ if isinstance(value, BaseException) else value


def _without_traceback(text: str) -> str:
    """Name the exception of a traceback that is part of a text."""
    before, found, after = text.partition(_TRACEBACK)
    if not found:
        return text
    classes = _CLASS.findall(after)
    return f"{before}{classes[-1] if classes else 'an error'}".strip()
