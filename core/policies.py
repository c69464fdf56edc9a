"""Message types, how each uses its channels, the stages that follow. All frozen."""

from typing import Annotated, Literal

from pydantic import Field

from core.base import Model
from core.errors import FieldError, Invalid
from core.retries import USUAL
from core.words import Channel, Priority, Strategy, Then, TypeClass

Weight = Annotated[float, Field(ge=0, le=1, allow_inf_nan=False, strict=True)]


class WeightedChannel(Model):
    """A channel and its weight W in a policy."""

    channel: Channel
    weight: Weight


class Confirm(Model):
    """Whether "accepted" counts on a channel only once the receipt has come."""

    receipt: bool = Field(default=True, strict=True)
    within_seconds: int = Field(default=60, ge=1, le=86_400, strict=True)


class Unknown(Model):
    """What to do where a call's outcome is not known.

    The provider is asked where it can be; its receipt is waited for so long; then
    the call is repeated, at the risk of a second message, or the next channel's
    turn has come.
    """

    wait_seconds: int = Field(default=0, ge=0, le=86_400, strict=True)
    then: Then = Then.NEXT


WHOLE_TYPE: Literal["*"] = "*"


class Policy(Model):
    """How a message type uses its channels (paper 2.2.2).

    `unknown` is given for a channel, or under "*" for every other of the type.
    """

    strategy: Strategy = Strategy.THRESHOLD
    threshold: Weight = 0.5
    channels: tuple[WeightedChannel, ...] = ()
    confirm: dict[Channel, Confirm] = {}
    unknown: dict[Channel | Literal["*"], Unknown] = {}
    version: int = 0

    @property
    def unknown_of_each(self) -> dict[Channel, Unknown]:
        """What holds of each channel where a call's outcome is not known."""
        whole = self.unknown.get(WHOLE_TYPE)
        rules = {c.channel: self.unknown.get(c.channel, whole) for c in self.channels}
        return {channel: rule for channel, rule in rules.items() if rule}


def check_policy(policy: Policy) -> None:
    """Raise Invalid, with the places, where a policy contradicts itself."""
    named = [c.channel for c in policy.channels]
    twice = len(set(named)) < len(named)
    field_errors = (
        [FieldError("/channels", "A channel is named twice.")] if twice else []
    )
    field_errors += [
        FieldError(f"/confirm/{channel}", "The policy lacks this channel.")
        for channel in policy.confirm
        if channel not in named
    ]
    field_errors += [
        FieldError(f"/unknown/{channel}", "The policy lacks this channel.")
        for channel in policy.unknown
        if channel != WHOLE_TYPE and channel not in named
    ]
    if field_errors:
        raise Invalid("The policy was refused; see `errors`.", field_errors)


class Template(Model):
    """What one channel says for a type; a version never changes."""

    channel: Channel
    version: int = 1
    title: str = ""
    body: str
    provider_template: str | None = None
    fields: dict[str, str] = {}
    enabled: bool = True


class MessageType(Model):
    """A kind of message with its policy and its current templates.

    `acknowledge`: somebody must confirm each message, reading back the value of
    the parameter `read_back_param` where one is named. `correction` is the type
    that says that a recalled message no longer holds, `digest` the one that tells
    of several that a cap held back. `retry_seconds` is how long a provider that
    is away is waited for (None: as is usual for the priority), `resend_when_back`
    whether what failed for that reason is sent again by itself.
    """

    code: str
    name: str
    name_en: str = ""
    priority: Priority = Priority.NORMAL
    type_class: TypeClass = TypeClass.SERVICE
    enabled: bool = True
    acknowledge: bool = False
    read_back_param: str | None = None
    correction: str | None = None
    digest: str | None = None
    retry_seconds: int | None = None
    resend_when_back: bool = True
    policy: Policy = Policy()
    templates: dict[Channel, Template] = {}

    @property
    def waits_seconds(self) -> int:
        """How long its messages wait for a provider that is away."""
        own = self.retry_seconds
        return USUAL[self.priority] if own is None else own


class Plan(Model):
    """The stages of one message, and the weights they came from."""

    strategy: Strategy
    threshold: float
    stages: tuple[tuple[Channel, ...], ...]
    weights: dict[Channel, float] = {}

    @property
    def channels(self) -> tuple[Channel, ...]:
        """Every channel of the plan, in the order of the stages."""
        return tuple(channel for stage in self.stages for channel in stage)

    def stage_of(self, channel: Channel) -> int:
        """Return the stage a channel belongs to, counted from 1."""
        return next(n for n, s in enumerate(self.stages, start=1) if channel in s)
