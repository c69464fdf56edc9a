"""The policy rule: weights and a threshold become stages (paper 2.2.2)."""

from collections.abc import Collection, Sequence

from core.base import evolve
from core.policies import Plan, Policy, WeightedChannel
from core.words import Channel, Strategy

DICTIONARY_ORDER = {channel: place for place, channel in enumerate(Channel)}

Stages = tuple[tuple[Channel, ...], ...]


def plan(policy: Policy, only: Collection[Channel] | None = None) -> Plan:
    """Return the stages of one message.

    The channels of a stage go in parallel; stages run in turn until one has
    delivered. `only` narrows the policy to these channels. Weights and TH are
    in [0, 1]; equal weights keep the order of the channel dictionary.
    """
    chosen = [c for c in policy.channels if only is None or c.channel in only]
    chosen.sort(key=lambda c: (-c.weight, DICTIONARY_ORDER[c.channel]))
    return Plan(
        strategy=policy.strategy,
        threshold=policy.threshold,
        stages=_stages(policy, chosen),
        weights={c.channel: c.weight for c in chosen},
    )


def _stages(policy: Policy, falling: Sequence[WeightedChannel]) -> Stages:
    """Arrange channels, given in falling weight, by the policy's strategy."""
    autocommit_engine = tuple((c.channel,) for c in falling)
    if policy.strategy is Strategy.FIRST_SUCCESS:
        return autocommit_engine
    if policy.strategy is Strategy.BROADCAST:
        return _nonempty(tuple(c.channel for c in falling))
    must = tuple(c.channel for c in falling if c.weight >= policy.threshold)
    return _nonempty(must) + autocommit_engine[len(must) :]


def _nonempty(stage: tuple[Channel, ...]) -> Stages:
    return (stage,) if stage else ()


def narrow(whole: Plan, only: Collection[Channel] | None) -> Plan:
    """Return the plan with these channels only; all of it for None."""
    if only is None:
        return whole
    kept = (tuple(c for c in stage if c in only) for stage in whole.stages)
    return evolve(
        whole,
        stages=tuple(stage for stage in kept if stage),
        weights={c: w for c, w in whole.weights.items() if c in only},
    )
