"""Which rows of the audit log a page or a file shows, from what was typed in."""

from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta

from centre.audit.audit import AuditFilter
from console.kit.context import context
from core.errors import FieldError, Invalid

NAMES = ("who", "target", "action", "since", "until")


def filter_of(given: Mapping[str, str]) -> AuditFilter:
    """Return the filter; days are whole days of the hospital's clock."""
    since, until = _day(given, "since"), _day(given, "until")
    words = {name: (given.get(name) or None) for name in ("who", "target", "action")}
    return AuditFilter(
        **words,
        since=since,
        until=until + timedelta(days=1) if until else None,
    )


def _day(given: Mapping[str, str], name: str) -> datetime | None:
    text = given.get(name)
    if not text:
        return None
    try:
        day, zone = date.fromisoformat(text), context().settings.timezone
        return datetime.combine(day, time.min, zone).astimezone(UTC)
    except (ValueError, OverflowError, OSError):
        detail = "This is not a day."
        raise Invalid(detail, [FieldError(f"/{name}", detail)]) from None
