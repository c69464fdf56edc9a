"""What a refusal says of a person, when a channel is left out, and for how long."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from centre.reachability.rules import (
    FADE,
    FADE_OUT_OF_RANGE,
    REASONS,
    AddressStatus,
    fades_at,
    reason_to_skip,
    refused,
)
from channels.registry import PROVIDERS, state_said
from core.words import Channel, Reason, State

AT = datetime(2026, 11, 23, 8, tzinfo=UTC)
DAY = timedelta(days=1)
# Channel, codes, what they say (reference C4).
SAID = [
    ("wechat", "43004 50005", State.UNFOLLOWED),
    ("wechat", "43019 48002 failed_user_block", State.BLOCKED),
    ("wechat", "43101", State.NEED_SUBSCRIBE),
    ("wechat", "40003 46004", State.INVALID),
    ("wechat_mini", "43101", State.NEED_SUBSCRIBE),
    ("wechat_mini", "43004", State.UNFOLLOWED),
    ("wechat_medical", "48002", State.BLOCKED),
    ("wecom", "81013 82001 60111 invaliduser unlicenseduser", State.OUT_OF_RANGE),
    ("wecom", "40003 46004 40031", State.INVALID),
    ("sms", "isv.CUSTOMER_REFUSED MOBILE_IN_BLACK", State.BLOCKED),
    ("sms", "FailedOperation.PhoneNumberInBlacklist MBBLACK DBBLACK", State.BLOCKED),
    ("sms", "isv.MOBILE_NUMBER_ILLEGAL INVALID_NUMBER MK:0001", State.INVALID),
    ("voice", "isv.COMPLAINT_REJECT", State.BLOCKED),
    ("voice", "200004", State.INVALID),
    ("alipay", "USER_INFO_NOT_EXIST", State.INVALID),
    ("alipay", "FORM_ID_OVER_TIME TRADE_NO_NOT_MATCH_USERID", None),
    ("email", "550 551 553 5.1.1 5.1.10 5.2.1", State.INVALID),
    # Our own fault, a phone that is off, a word of nobody's: nothing against anybody.
    ("email", "556 5.1.8 5.7.1 5.7.26 5.2.2", None),
    ("sms", "UNDELIV REJECTD EXPIRED UNKNOWN MK:0010 IB:0008 9", None),
    ("sms", "ESME_RDELIVERYFAILURE ESME_RINVDSTTON not-domestic", None),
    ("sms", "UnsupportedOperation.UnsupportedRegion NO_ROUTE IS_CLOSE", None),
    ("voice", "200002 200003 200010 200099 603", None),
    ("workstation", "410", None),
    ("inbox", "x", None),
]


@pytest.mark.parametrize(("channel", "codes", "state"), SAID)
def test_what_a_code_says(channel: str, codes: str, state: State | None) -> None:
    said = {state_said(Channel(channel), code) for code in codes.split()}
    assert said == {state}


def told(state: State, *days: float) -> AddressStatus:
    """Return how an address stands after being refused on these days."""
    standing = None
    for day in days:
        at = AT + day * DAY
        standing = refused(standing, Channel.SMS, state, "code", at)
    assert standing
    return standing


@pytest.mark.parametrize("state", [s for s in REASONS if s is not State.INVALID])
def test_one_refusal_is_believed(state: State) -> None:
    assert reason_to_skip(told(state, 0), AT) is REASONS[state]


def test_an_invalid_number_is_believed_the_second_time() -> None:
    assert reason_to_skip(told(State.INVALID, 0), AT) is None
    twice = told(State.INVALID, 0, 29)
    assert reason_to_skip(twice, AT + 29 * DAY) is Reason.KNOWN_INVALID
    assert (twice.count, twice.since) == (2, AT)


def test_two_refusals_far_apart_are_not_two() -> None:
    far = told(State.INVALID, 0, 31)
    assert (far.count, reason_to_skip(far, AT + 31 * DAY)) == (1, None)


@pytest.mark.parametrize("state", sorted(REASONS))
def test_every_belief_fades(state: State) -> None:
    standing = told(state, 0, 1)
    ends = fades_at(standing)
    assert ends == AT + DAY + (
        FADE_OUT_OF_RANGE if state is State.OUT_OF_RANGE else FADE
    )
    assert reason_to_skip(standing, ends - timedelta(seconds=1)) is REASONS[state]
    assert reason_to_skip(standing, ends) is None


def test_the_time_can_be_set() -> None:
    standing = told(State.BLOCKED, 0)
    assert reason_to_skip(standing, AT + DAY, fade=DAY) is None
    assert reason_to_skip(standing, AT + 90 * DAY, fade=91 * DAY) is Reason.BLOCKED


def test_who_follows_is_tried() -> None:
    follows = AddressStatus(
        channel=Channel.WECHAT, state=State.FOLLOWING, since=AT, last_at=AT
    )
    assert fades_at(follows) is None
    assert reason_to_skip(follows, AT) is None
    left = refused(follows, Channel.WECHAT, State.UNFOLLOWED, "43004", AT + DAY)
    assert (left.state, left.since, left.count) == (State.UNFOLLOWED, AT + DAY, 1)


def test_a_doubt_does_not_hide_what_is_known() -> None:
    blocked = told(State.BLOCKED, 0)
    at = AT + DAY
    kept = refused(blocked, Channel.SMS, State.INVALID, "x", at)
    assert kept == blocked
    late = AT + 40 * DAY
    assert refused(blocked, Channel.SMS, State.INVALID, "x", late).state is (
        State.INVALID
    )


@given(st.lists(st.floats(0, 400), min_size=1, max_size=8), st.sampled_from(State))
def test_a_channel_is_never_left_out_for_ever(days: list[float], state: State) -> None:
    standing = told(state, *days)
    later = AT + (max(days) + 30.001) * DAY
    assert reason_to_skip(standing, later) is None


def test_providers_of_a_channel_mean_the_same_by_a_code() -> None:
    said: dict[tuple[Channel, str], State] = {}
    for provider in PROVIDERS:
        for code, state in provider.says.items():
            assert said.setdefault((provider.channel, code), state) is state


def test_providers_of_a_channel_report_alike() -> None:
    """What one of them took and the other would report is believed for both."""
    reports = {(provider.channel, provider.reports) for provider in PROVIDERS}
    assert len(reports) == len({channel for channel, _ in reports})
