"""How long a provider that is away is waited for, and in which pauses: pure.

What is waited out here is known not to have been taken (core/errors.py, ProviderDown);
the times are data of a message type, these are what holds without.
"""

from collections.abc import Mapping
from datetime import timedelta
from typing import Annotated

from pydantic import Field

from core.words import Priority

RetrySeconds = Annotated[int, Field(ge=0, le=86_400, strict=True)]

# What is urgent is soon worth nothing, but for what lives hang on; GOV.UK Notify
# tries its bulk for four hours (alphagov/notifications-api, provider_tasks.py).
USUAL: Mapping[Priority, int] = {
    Priority.CRITICAL: 3_600,
    Priority.HIGH: 600,
    Priority.NORMAL: 1_800,
    Priority.BULK: 14_400,
}
FIRST = timedelta(seconds=4)
# A pause is half of what was waited already, until it is as long as this: so what
# waits is seen to again soon, and thousands that wait long leave the centre idle.
LONGEST: Mapping[Priority, timedelta] = {
    Priority.CRITICAL: timedelta(seconds=10),
    Priority.HIGH: timedelta(seconds=30),
    Priority.NORMAL: timedelta(minutes=3),
    Priority.BULK: timedelta(minutes=5),
}


def pause(priority: Priority, waited: timedelta, spread: float) -> timedelta:
    """Return how long to wait until the next try; `spread` is any of [0, 1).

    By it messages that began to wait together come back a quarter sooner or later.
    """
    grown = min(max(FIRST, waited / 2), LONGEST[priority])
    return grown * (0.75 + spread / 2)
