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

from channels.email.codes import ADDRESS_CODES
from core.base import Model, evolve
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
        "40003": State.INVALID,
        "46004": State.INVALID,
        **said,
    }


def _invalid(codes: str) -> Mapping[str, State]:
    return dict.fromkeys(codes.split(), State.INVALID)


# What a code that refuses a recipient says of them. One not listed here says nothing:
# a phone that is off, a refusal of our account, a word that nobody has explained.
SAYS: Mapping[Channel, Mapping[str, State]] = {
    # A receipt's "failed:user block", as a code.
    Channel.WECHAT: _weixin({"failed_user_block": State.BLOCKED}),
    Channel.WECHAT_MINI: _weixin({}),
    Channel.WECHAT_MEDICAL: _weixin({}),
    Channel.WECOM: {
        **dict.fromkeys(
            ("81013", "82001", "60111", "invaliduser", "unlicenseduser"),
            State.OUT_OF_RANGE,
        ),
        **_invalid("40003 46004 40031"),
    },
    Channel.SMS: {
        **dict.fromkeys(
            (
                *("isv.CUSTOMER_REFUSED", "MOBILE_IN_BLACK", "MBBLACK", "DBBLACK"),
                *("DB:0144", "FailedOperation.PhoneNumberInBlacklist"),
            ),
            State.BLOCKED,
        ),
        # 13 is CMPP's.
        **_invalid(
            "isv.MOBILE_NUMBER_ILLEGAL MOBILE_NOT_ON_SERVICE INVALID_NUMBER "
            "InvalidParameterValue.IncorrectPhoneNumber "
            "FailedOperation.PhoneNumberParseFail "
            "MK:0001 MK:0005 MK:0013 13 ESME_RINVDSTADR"
        ),
    },
    # Numbers: how Aliyun's calls end, and why Tencent's failed (7, 8).
    Channel.VOICE: {
        "isv.COMPLAINT_REJECT": State.BLOCKED,
        **_invalid(
            "isv.MOBILE_NUMBER_ILLEGAL InvalidParameterValue.CalledNumberVerifyFail "
            "200004 200011 482 7 8"
        ),
    },
    # A server without enhanced codes has these three for an address.
    Channel.EMAIL: _invalid(" ".join(("550 551 553", *sorted(ADDRESS_CODES)))),
    Channel.ALIPAY: _invalid("USER_INFO_NOT_EXIST"),
}
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
    return SAYS.get(channel, {}).get(code)


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
    last_at = max(at, old.last_at)
    return evolve(old, count=old.count + 1, code=code, last_at=last_at)


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
