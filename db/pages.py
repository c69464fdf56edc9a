"""Keyset pages: items and an opaque cursor to the next page, never a count."""

import base64
import binascii
import json
from collections.abc import Sequence
from datetime import datetime
from typing import Generic, TypeVar
from uuid import UUID

from core.base import Model
from core.errors import FieldError, Invalid

T = TypeVar("T")

MAX_LIMIT = 200


class Page(Model, Generic[T]):
    """Some items, and where the next page begins (None: this was the last)."""

    items: tuple[T, ...]
    next: str | None = None


def clamp(limit: int) -> int:
    """Return a page size that the store is willing to read."""
    return max(1, min(limit, MAX_LIMIT))


def encode_cursor(*keys: str) -> str:
    """Return an opaque cursor that holds these keys."""
    packed = json.dumps(keys, ensure_ascii=False, separators=(",", ":"))
    return base64.urlsafe_b64encode(packed.encode()).decode().rstrip("=")


def decode_cursor(cursor: str, length: int) -> tuple[str, ...]:
    """Return the keys of a cursor; Invalid where it is not one of ours."""
    try:
        padded = cursor.encode("ascii") + b"=" * (-len(cursor) % 4)
        packed = base64.b64decode(padded, altchars=b"-_", validate=True)
        keys = json.loads(packed.decode())
    except (UnicodeError, binascii.Error, ValueError, RecursionError):
        raise bad_cursor() from None
    if not isinstance(keys, list) or len(keys) != length:
        raise bad_cursor()
    if not all(isinstance(key, str) and _storable(key) for key in keys):
        raise bad_cursor()
    return tuple(keys)


def _storable(key: str) -> bool:
    """Tell whether a database takes this text: no NUL, no lone surrogate."""
    return "\0" not in key and not any("\ud800" <= c <= "\udfff" for c in key)


def time_cursor(at: datetime, key: UUID) -> str:
    """Return the cursor of a row in a list ordered by (time, id)."""
    return encode_cursor(at.isoformat(), key.hex)


def decode_time_cursor(cursor: str) -> tuple[datetime, UUID]:
    """Return the time and id of a cursor made by `time_cursor`."""
    at, key = decode_cursor(cursor, 2)
    try:
        moment, identity = datetime.fromisoformat(at), UUID(key)
    except ValueError:
        raise bad_cursor() from None
    if moment.utcoffset() is None:
        raise bad_cursor()
    return moment, identity


def decode_number_cursor(cursor: str) -> int:
    """Return the number of a cursor over a numbered list."""
    (text,) = decode_cursor(cursor, 1)
    if not (text.isascii() and text.isdigit() and len(text) <= 18):
        raise bad_cursor()
    return int(text)


def bad_cursor() -> Invalid:
    """Return the error for a cursor that is not one of ours."""
    detail = "This cursor was not given by an earlier answer."
    return Invalid(detail, [FieldError("/cursor", detail)])


def cut(items: Sequence[T], limit: int) -> tuple[tuple[T, ...], bool]:
    """Return at most `limit` of the items read (limit + 1), and if more follow."""
    return tuple(items[:limit]), len(items) > limit
