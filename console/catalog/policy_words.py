"""A policy said in words: "always: WeChat; then SMS; then WeCom"."""

from collections.abc import Mapping

from centre.catalog.plan import plan
from console.kit.texts import t
from core.policies import Policy
from core.words import Channel, Strategy


def stages_in_words(policy: Policy, names: Mapping[Channel, str]) -> str:
    """Return how a message of this policy goes out."""
    stages = plan(policy).stages
    if not stages:
        return t("policy.nothing")
    parts = [
        t(_key(policy, number), channels=t("policy.and").join(names[c] for c in stage))
        for number, stage in enumerate(stages)
    ]
    return t("policy.semicolon").join(parts)


def _key(policy: Policy, number: int) -> str:
    """Return the text's key of a stage: the first says whether it is a must."""
    if number:
        return "policy.then"
    return "policy.always" if first_is_sure(policy) else "policy.first"


def first_is_sure(policy: Policy) -> bool:
    """Tell whether the first stage goes out whatever happens, all of it.

    Every plan begins with its first stage; only a threshold or a broadcast says
    that its channels are musts.
    """
    if policy.strategy is Strategy.BROADCAST:
        return True
    over = any(c.weight >= policy.threshold for c in policy.channels)
    return policy.strategy is Strategy.THRESHOLD and over
