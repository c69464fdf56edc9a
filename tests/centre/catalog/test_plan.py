"""The policy rule: every property of design.md's table, and the paper's two cases."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from centre.catalog.plan import narrow, plan
from core.errors import Invalid
from core.policies import Policy, WeightedChannel, check_policy
from core.words import Channel, Strategy

# Few distinct weights, so that ties and weights equal to TH are common.
weights = st.sampled_from([0.0, 0.2, 0.5, 0.8, 1.0]) | st.floats(0, 1)
subsets = st.sets(st.sampled_from(Channel))
dictionary = list(Channel)


@st.composite
def policies(draw: st.DrawFn, strategy: Strategy | None = None) -> Policy:
    channels = draw(st.permutations(dictionary))
    count = draw(st.integers(0, len(dictionary)))
    return Policy(
        strategy=strategy or draw(st.sampled_from(Strategy)),
        threshold=draw(weights),
        channels=tuple(
            WeightedChannel(channel=c, weight=draw(weights)) for c in channels[:count]
        ),
    )


def policy(strategy: Strategy, threshold: float, **of: float) -> Policy:
    return Policy(
        strategy=strategy,
        threshold=threshold,
        channels=tuple(
            WeightedChannel(channel=Channel(c), weight=w) for c, w in of.items()
        ),
    )


def test_booking_notice_of_the_paper() -> None:
    booking = policy(Strategy.THRESHOLD, 0.6, wecom=0.1, sms=0.4, wechat=0.9)
    stages = plan(booking).stages
    assert stages == ((Channel.WECHAT,), (Channel.SMS,), (Channel.WECOM,))


def test_critical_value_of_the_paper() -> None:
    critical = policy(Strategy.THRESHOLD, 0.2, sms=0.7, wechat=0.8, wecom=0.9)
    assert plan(critical).stages == ((Channel.WECOM, Channel.WECHAT, Channel.SMS),)


@given(policies())
def test_every_channel_is_planned_exactly_once(given_policy: Policy) -> None:
    planned = plan(given_policy)
    given_channels = [c.channel for c in given_policy.channels]
    assert sorted(planned.channels) == sorted(given_channels)
    assert all(planned.stages), "no stage is empty"
    assert planned.weights == {c.channel: c.weight for c in given_policy.channels}
    assert planned.strategy is given_policy.strategy
    assert planned.threshold == given_policy.threshold


@given(policies(Strategy.THRESHOLD))
def test_threshold_pushes_every_must_send_channel_first(given_policy: Policy) -> None:
    must = {
        c.channel for c in given_policy.channels if c.weight >= given_policy.threshold
    }
    stages = plan(given_policy).stages
    if must:
        assert set(stages[0]) == must
    assert all(len(stage) == 1 for stage in stages[1 if must else 0 :])


@given(policies(Strategy.THRESHOLD))
def test_threshold_without_must_send_begins_with_the_heaviest_alone(
    given_policy: Policy,
) -> None:
    light = tuple(c for c in given_policy.channels if c.weight < given_policy.threshold)
    planned = plan(given_policy.model_copy(update={"channels": light}))
    if light:
        (first,) = planned.stages[0]
        assert planned.weights[first] == max(c.weight for c in light)


@given(policies())
def test_weights_fall_and_ties_keep_the_dictionary_order(given_policy: Policy) -> None:
    planned = plan(given_policy)
    keys = [(-planned.weights[c], dictionary.index(c)) for c in planned.channels]
    assert keys == sorted(keys)


@given(policies(Strategy.BROADCAST))
def test_broadcast_is_one_stage(given_policy: Policy) -> None:
    assert len(plan(given_policy).stages) == bool(given_policy.channels)


@given(policies(Strategy.FIRST_SUCCESS), weights)
def test_first_success_is_each_alone_whatever_the_threshold(
    given_policy: Policy, threshold: float
) -> None:
    stages = plan(given_policy).stages
    other = given_policy.model_copy(update={"threshold": threshold})
    assert all(len(stage) == 1 for stage in stages)
    assert plan(other).stages == stages


@given(policies(), subsets)
def test_narrowing_equals_planning_the_narrowed_policy(
    given_policy: Policy, only: set[Channel]
) -> None:
    fewer = tuple(c for c in given_policy.channels if c.channel in only)
    narrowed = given_policy.model_copy(update={"channels": fewer})
    assert plan(given_policy, only=only) == plan(narrowed)
    assert narrow(plan(given_policy), only) == plan(narrowed)


@given(policies())
def test_the_order_in_the_policy_means_nothing(given_policy: Policy) -> None:
    turned = given_policy.model_copy(
        update={"channels": tuple(reversed(given_policy.channels))}
    )
    assert plan(turned) == plan(given_policy)
    assert narrow(plan(given_policy), None) == plan(given_policy)


@given(policies())
def test_a_channel_knows_its_stage(given_policy: Policy) -> None:
    planned = plan(given_policy)
    for channel in planned.channels:
        assert channel in planned.stages[planned.stage_of(channel) - 1]


@pytest.mark.parametrize("weight", [-0.01, 1.01, float("nan"), float("inf")])
def test_weights_lie_between_0_and_1(weight: float) -> None:
    with pytest.raises(ValidationError):
        policy(Strategy.THRESHOLD, 0.5, sms=weight)
    with pytest.raises(ValidationError):
        policy(Strategy.THRESHOLD, weight, sms=0.5)


def test_a_policy_names_a_channel_once() -> None:
    twice = [{"channel": "sms", "weight": 0.1}, {"channel": "sms", "weight": 0.9}]
    with pytest.raises(Invalid) as refused:
        check_policy(Policy.model_validate({"channels": twice}))
    assert [field_error.pointer for field_error in refused.value.errors] == [
        "/channels"
    ]
