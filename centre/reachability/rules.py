"""What providers' answers say of a person's address, and for how long it is believed.

A channel that is known not to reach somebody is left out at once. Rules: who
unfollowed, blocked us or allows nothing is believed the first time; a number said
to be invalid only the second time within 30 days, because carriers report phones
that are merely off in the same way. Every belief fades, so that a wrong one costs
one call a month and no more.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta

from core.base import Model, evolve
from core.words import Channel, Reason, State

FADE = timedelta(days=30)
# The hospital itself widens an application's scope, and nothing tells us of it.
FADE_OUT_OF_RANGE = timedelta(days=1)
INVALID_WITHIN = timedelta(days=30)
INVALID_AFTER = 2


REASONS: Mapping[State, Reason] = {
    State.UNFOLLOWED: Reason.NOT_FOLLOWING,
    State.BLOCKED: Reason.BLOCKED,
    State.NEED_SUBSCRIBE: Reason.NEED_SUBSCRIBE,
    State.OUT_OF_RANGE: Reason.OUT_OF_RANGE,
    State.INVALID: Reason.KNOWN_INVALID,
}


class AddressStatus(Model):
    """How one address stands with one channel.

    `message_type` where it holds for that type alone (a template not subscribed
    to); `since` the first answer of `count` that said so, `last_at` the newest.
    """

    channel: Channel
    message_type: str | None = None
    state: State
    since: datetime
    last_at: datetime
    code: str = ""
    count: int = 1


def disproved(*, arrived: bool, reported: bool) -> frozenset[State]:
    """Return the states that a message disproves: one taken, or one that arrived.

    `reported`: the channel tells later whether it arrived, so that its yes to the
    call says nothing of a blocked person or a dead number.
    """
    held = frozenset(REASONS)
    if arrived or not reported:
        return held
    return held - {State.BLOCKED, State.INVALID}


def refused(
    old: AddressStatus | None, channel: Channel, state: State, code: str, at: datetime
) -> AddressStatus:
    """Return how an address stands once more refused."""
    fresh = AddressStatus(channel=channel, state=state, since=at, last_at=at, code=code)
    if old is None:
        return fresh
    if old.state is not state:
        # A doubt does not take the place of what is known.
        doubt = state is State.INVALID and reason_to_skip(old, at) is not None
        return old if doubt else fresh
    if state is State.INVALID and at - old.since > INVALID_WITHIN:
        return fresh
    last_at = max(at, old.last_at)
    return evolve(old, count=old.count + 1, code=code, last_at=last_at)


def fades_at(standing: AddressStatus, fade: timedelta = FADE) -> datetime | None:
    """Return when a belief ends by itself; None for one that keeps nothing back."""
    if standing.state is State.FOLLOWING:
        return None
    short = standing.state is State.OUT_OF_RANGE
    return standing.last_at + (min(fade, FADE_OUT_OF_RANGE) if short else fade)


def reason_to_skip(
    standing: AddressStatus, now: datetime, fade: timedelta = FADE
) -> Reason | None:
    """Return why the channel is left out for this address; None where it is tried."""
    ends = fades_at(standing, fade)
    if ends is None or now >= ends:
        return None
    if standing.state is State.INVALID and standing.count < INVALID_AFTER:
        return None
    return REASONS[standing.state]
