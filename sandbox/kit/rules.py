"""The rules a test sets: what a double shall do with whose messages."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Annotated

from pydantic import Field, StrictInt

from core.base import Model
from core.words import Channel
from sandbox.kit.addresses import spelling
from sandbox.kit.outcomes import Outcome

MAX_RULES = 10_000
MAX_DELAY_MS = 600_000


class Rule(Model):
    """One line of `PUT /_sandbox/rules`; what is left out matches everything."""

    channel: Channel | None = None
    provider: str | None = Field(default=None, pattern=r"^[a-z_]{1,32}$")
    recipient: str | None = Field(default=None, min_length=1, max_length=320)
    outcome: Outcome
    times: Annotated[StrictInt, Field(ge=1)] | None = None
    delay_ms: Annotated[StrictInt, Field(ge=0, le=MAX_DELAY_MS)] | None = None


@dataclass(frozen=True, slots=True)
class Decision:
    """What a double does with one message, and after how many seconds."""

    outcome: Outcome
    delay: float = 0.0


@dataclass(slots=True)
class _Counted:
    rule: Rule
    matched: int = 0

    def matches(self, channel: Channel, provider: str, recipient: str) -> bool:
        rule = self.rule
        if rule.times is not None and self.matched >= rule.times:
            return False
        if rule.channel is not None and rule.channel is not channel:
            return False
        if rule.provider not in (None, provider):
            return False
        return rule.recipient is None or (
            spelling(channel, rule.recipient) == spelling(channel, recipient)
        )


class Rules:
    """The rules in force; the first that matches decides."""

    def __init__(self) -> None:
        self._rules: list[_Counted] = []

    def replace(self, rules: Iterable[Rule]) -> None:
        """Put these in the place of all others, with their counts at zero."""
        self._rules = [_Counted(rule) for rule in rules]

    def take(self, channel: Channel, provider: str, recipient: str) -> Decision:
        """Return what happens to a message, and use up one time of the rule."""
        for counted in self._rules:
            if counted.matches(channel, provider, recipient):
                counted.matched += 1
                delay = (counted.rule.delay_ms or 0) / 1000
                return Decision(counted.rule.outcome, delay)
        return Decision(Outcome.ACCEPT)

    def listed(self) -> list[dict[str, object]]:
        """Return every rule and how often it has decided."""
        return [
            {
                **counted.rule.model_dump(mode="json", exclude_none=True),
                "matched": counted.matched,
            }
            for counted in self._rules
        ]
