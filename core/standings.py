"""What providers' answers say of a person's address, and for how long it is believed.

A channel that is known not to reach somebody is left out at once. Rules: who
unfollowed, blocked us or allows nothing is believed the first time; a number said
to be invalid only the second time within 30 days, because carriers report phones
that are merely off in the same way. Every belief fades, so that a wrong one costs
one call a month and no more.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from enum import StrEnum

from core.models import Model
from core.words import Channel, Reason

FADE = timedelta(days=30)
# The hospital itself widens an application's scope, and nothing tells us of it.
FADE_OUT_OF_RANGE = timedelta(days=1)
INVALID_WITHIN = timedelta(days=30)
INVALID_AFTER = 2


class State(StrEnum):
    """How a person stands with a channel."""

    FOLLOWING = "following"
    UNFOLLOWED = "unfollowed"
    BLOCKED = "blocked"
    NEED_SUBSCRIBE = "need_subscribe"
    OUT_OF_RANGE = "out_of_range"
    INVALID = "invalid"


REASONS: Mapping[State, Reason] = {
    State.UNFOLLOWED: Reason.NOT_FOLLOWING,
    State.BLOCKED: Reason.BLOCKED,
    State.NEED_SUBSCRIBE: Reason.NEED_SUBSCRIBE,
    State.OUT_OF_RANGE: Reason.OUT_OF_RANGE,
    State.INVALID: Reason.KNOWN_INVALID,
}


class Standing(Model):
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


def _weixin(said: Mapping[str, State]) -> Mapping[str, State]:
    return {
        "43004": State.UNFOLLOWED,
        "50005": State.UNFOLLOWED,
        "43019": State.BLOCKED,
        "48002": State.BLOCKED,
        "43101": State.NEED_SUBSCRIBE,
        **said,
    }


# What a code that refuses a recipient says of them; one not listed here says that
# the address is invalid, if anything.
SAYS: Mapping[Channel, Mapping[str, State]] = {
    # A receipt's "failed:user block", as a code.
    Channel.WECHAT: _weixin({"failed_user_block": State.BLOCKED}),
    Channel.WECHAT_MINI: _weixin({}),
    Channel.WECHAT_MEDICAL: _weixin({}),
    Channel.WECOM: dict.fromkeys(
        ("81013", "82001", "60111", "invaliduser", "unlicenseduser"),
        State.OUT_OF_RANGE,
    ),
    Channel.SMS: dict.fromkeys(
        (
            "isv.CUSTOMER_REFUSED",
            "MOBILE_IN_BLACK",
            "FailedOperation.PhoneNumberInBlacklist",
            "MBBLACK",
            "DBBLACK",
        ),
        State.BLOCKED,
    ),
    Channel.VOICE: {"isv.COMPLAINT_REJECT": State.BLOCKED},
}
# These refuse this sending, not the person.
_OF_THE_SENDING: Mapping[Channel, frozenset[str]] = {
    Channel.ALIPAY: frozenset({"FORM_ID_OVER_TIME", "TRADE_NO_NOT_MATCH_USERID"}),
}
# Workstations and the inbox are the hospital's own: nobody unfollows them.
_OWN = frozenset({Channel.WORKSTATION, Channel.INBOX})

# These report later whether a message arrived, so that their yes to the call
# tells nothing of a blocked person or a dead number.
_REPORTING = frozenset(
    {
        *(Channel.SMS, Channel.VOICE, Channel.EMAIL),
        *(Channel.WECHAT, Channel.WECHAT_MINI),
    }
)


def disproved(channel: Channel, *, arrived: bool) -> frozenset[State]:
    """Return the states that a message disproves: one taken, or one that arrived."""
    held = frozenset(REASONS)
    if arrived or channel not in _REPORTING:
        return held
    return held - {State.BLOCKED, State.INVALID}


def state_said(channel: Channel, code: str) -> State | None:
    """Return what a refusal's code says of the person; None where nothing."""
    if channel in _OWN or code in _OF_THE_SENDING.get(channel, frozenset()):
        return None
    return SAYS.get(channel, {}).get(code, State.INVALID)


def refused(
    old: Standing | None, channel: Channel, state: State, code: str, at: datetime
) -> Standing:
    """Return how an address stands once more refused."""
    fresh = Standing(channel=channel, state=state, since=at, last_at=at, code=code)
    if old is None:
        return fresh
    if old.state is not state:
        # A doubt does not take the place of what is known.
        doubt = state is State.INVALID and reason_to_skip(old, at) is not None
        return old if doubt else fresh
    if state is State.INVALID and at - old.since > INVALID_WITHIN:
        return fresh
    known = {"count": old.count + 1, "code": code, "last_at": max(at, old.last_at)}
    return old.model_copy(update=known)


def fades_at(standing: Standing, fade: timedelta = FADE) -> datetime | None:
    """Return when a belief ends by itself; None for one that keeps nothing back."""
    if standing.state is State.FOLLOWING:
        return None
    short = standing.state is State.OUT_OF_RANGE
    return standing.last_at + (min(fade, FADE_OUT_OF_RANGE) if short else fade)


def reason_to_skip(
    standing: Standing, now: datetime, fade: timedelta = FADE
) -> Reason | None:
    """Return why the channel is left out for this address; None where it is tried."""
    ends = fades_at(standing, fade)
    if ends is None or now >= ends:
        return None
    if standing.state is State.INVALID and standing.count < INVALID_AFTER:
        return None
    return REASONS[standing.state]
