"""The time: the one place that asks the machine for it."""

from datetime import UTC, datetime


def utc_now() -> datetime:
    """Return the time, in UTC as every clock here gives it."""
    return datetime.now(UTC)
