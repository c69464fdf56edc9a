"""Reading what providers push: JSON of strangers, so nothing in it is trusted.

A field that is not what it should be is None; only what is no report at all is
Malformed.
"""

import json
from collections.abc import Mapping
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from channels.kit.times import CHINA
from core.errors import Malformed

Report = Mapping[str, Any]

# A push of more is no provider's.
MOST_REPORTS = 1000
_MOST_FIELDS = 50
_LONGEST_TEXT = 128
# Within these years a time can be moved to any zone.
_YEARS = range(2000, 9999)


def report_of(body: bytes) -> Report:
    """Return one object; Malformed for anything else."""
    found = _json(body)
    if not isinstance(found, dict):
        raise Malformed("The body is not a report.")
    return found


def reports(body: bytes) -> list[Report]:
    """Return the objects of an array; Malformed for anything else."""
    found = _json(body)
    if not isinstance(found, list) or not all(isinstance(r, dict) for r in found):
        raise Malformed("The body is not an array of reports.")
    if len(found) > MOST_REPORTS:
        raise Malformed("The body holds too many reports.")
    return found


def _json(body: bytes) -> object:
    if body.count(b",") > MOST_REPORTS * _MOST_FIELDS:
        raise Malformed("The body holds too many reports.")
    try:
        found: object = json.loads(body)
    except (ValueError, RecursionError):
        raise Malformed("The body is not JSON.") from None
    return found


def text_of(report: Report, name: str) -> str | None:
    """Return a field that is an id: printable, of 1 to 128 characters, or a number."""
    value = report.get(name)
    if isinstance(value, int) and not isinstance(value, bool):
        value = str(value)
    if not isinstance(value, str) or not 1 <= len(value) <= _LONGEST_TEXT:
        return None
    return value if value.isprintable() else None


def our_id(value: object) -> UUID | None:
    """Return the sending's id that a provider gave back, if it is one."""
    with suppress(ValueError):
        return UUID(value) if isinstance(value, str) else None
    return None


def china_time(value: object, now: datetime) -> datetime:
    """Return a time as Aliyun and Tencent write it; now where it is none."""
    with suppress(ValueError):
        if isinstance(value, str):
            at = datetime.strptime(value, "%Y-%m-%d %H:%M:%S").replace(tzinfo=CHINA)
            return at if at.year in _YEARS else now
    return now


def unix_time(value: object, now: datetime) -> datetime:
    """Return a time in Unix seconds, written as text; now where it is none."""
    with suppress(ValueError, OverflowError, OSError):
        if isinstance(value, str) and value.isascii():
            at = datetime.fromtimestamp(int(value), UTC)
            return at if at.year in _YEARS else now
    return now
