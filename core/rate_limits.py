"""Limits of a channel as data: their names, and whether another sending fits.

A limit is named `[per_recipient_[and_template_|and_content_]]per_[N_]UNIT[s]`, so
that `per_recipient_per_minute: 25` or `per_recipient_and_content_per_30_seconds: 1`
stand in the channel dictionary as they are read.
"""

import re
from collections.abc import Mapping
from datetime import timedelta
from typing import Literal, NamedTuple

# A rate a second: one in a quarter of an hour. Who wants less wants a pause.
SLOWEST = 0.001
_SECONDS = {"second": 1, "minute": 60, "hour": 3600, "day": 86_400}
_NAME = re.compile(
    r"(per_recipient_(?:and_(?P<what>template|content)_)?)?"
    r"per_(?:(?P<times>[1-9][0-9]{0,4})_)?(?P<unit>second|minute|hour|day)s?"
)
_LONGEST = 31 * 86_400
# A window is counted in so many slots: what was sent is forgotten by the slot, up
# to a tenth of the window late and never early.
SLOTS = 10

Of = Literal["account", "recipient", "recipient and template", "recipient and content"]
Counts = Mapping[int, int]


class Limit(NamedTuple):
    """At most so many within so many seconds, counted together by its key.

    `at_once` are taken together, for one who will use them up.
    """

    key: str
    most: int
    seconds: int
    at_once: int = 1

    @property
    def slot_seconds(self) -> float:
        """How long one slot is."""
        return self.seconds / SLOTS


class LimitName(NamedTuple):
    """What the name of a limit says."""

    of: Of
    seconds: int


def read_name(name: str) -> LimitName | None:
    """Return what a limit's name says; None where it is no such name."""
    found = _NAME.fullmatch(name)
    if found is None:
        return None
    seconds = int(found["times"] or 1) * _SECONDS[found["unit"]]
    if seconds > _LONGEST:
        return None
    if found[1] is None:
        return LimitName("account", seconds)
    of: dict[str | None, Of] = {
        None: "recipient",
        "template": "recipient and template",
        "content": "recipient and content",
    }
    return LimitName(of[found["what"]], seconds)


def slot_at(limit: Limit, at: float) -> int:
    """Return the number of the slot that a time (seconds since 1970) lies in."""
    return int(at // limit.slot_seconds)


def within(limit: Limit, counts: Counts, at: float) -> dict[int, int]:
    """Return the slots that may still hold something sent within the window.

    One slot more than a window is long: the oldest lies half in it.
    """
    newest = slot_at(limit, at)
    return {slot: n for slot, n in counts.items() if newest - SLOTS <= slot <= newest}


def wait_for_room(limit: Limit, counts: Counts, at: float) -> timedelta | None:
    """Return how long to wait until more fit; None where they fit now.

    Sent within any stretch of the window's length is never more than the limit.
    A limit that can never hold as many gives a whole window.
    """
    held = within(limit, counts, at)
    over = sum(held.values()) + limit.at_once - limit.most
    if over <= 0:
        return None
    for slot in sorted(held):
        over -= held[slot]
        if over <= 0:
            free = (slot + SLOTS + 1) * limit.slot_seconds
            return timedelta(seconds=max(free - at, 0.001))
    return timedelta(seconds=limit.seconds)


def with_more(limit: Limit, counts: Counts, at: float) -> dict[int, int]:
    """Return the counts after it was taken from."""
    held = within(limit, counts, at)
    slot = slot_at(limit, at)
    return held | {slot: held.get(slot, 0) + limit.at_once}
