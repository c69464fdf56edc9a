"""What administrators write of types, policies and templates, and what they read."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from centre.catalog.clinical import ClinicalFinding
from centre.clients.models import Sender
from core.base import Model
from core.fields import Code, ParamName
from core.policies import (
    Confirm,
    MessageType,
    Policy,
    Template,
    Unknown,
    Weight,
    WeightedChannel,
)
from core.retries import RetrySeconds
from core.text.plain_text import PlainText
from core.words import Channel, IdentityType, Priority, Strategy, TypeClass

FieldName = Annotated[str, StringConstraints(min_length=1, max_length=64)]
LimitName = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,63}$")]
Limit = Annotated[int, Field(ge=0, le=1_000_000_000)]
# The version that a change is based on; 0 where there was none.
BaseVersion = Annotated[
    int | None,
    Field(
        ge=0,
        le=1_000_000,
        strict=True,
        description="The version this change is based on, 0 where there was none;"
        " 409 where another holds now. Left out: over whatever holds.",
    ),
]


class Breaking(StrEnum):
    """What to do with a change after which requests that went through are refused."""

    ALLOW = "allow"
    REFUSE = "refuse"


class _TypeFields(Model):
    name_en: PlainText = Field(default="", max_length=128)
    priority: Priority = Priority.NORMAL
    type_class: TypeClass = TypeClass.SERVICE
    enabled: bool = True
    acknowledge: bool = False
    read_back_param: ParamName | None = None
    correction: Code | None = None
    digest: Code | None = None
    retry_seconds: RetrySeconds | None = None
    resend_when_back: bool = True


class MessageTypeDraft(_TypeFields):
    """A message type to create; its policy and templates come separately."""

    code: Code
    name: PlainText = Field(min_length=1, max_length=128)


class MessageTypeChanges(_TypeFields):
    """What to change of a message type; fields left out stay."""

    name: PlainText = Field(default="", min_length=1, max_length=128)


class PolicyChange(Model):
    """A new version of a type's policy."""

    strategy: Strategy = Strategy.THRESHOLD
    threshold: Weight = 0.5
    channels: tuple[WeightedChannel, ...] = Field(min_length=1, max_length=16)
    confirm: dict[Channel, Confirm] = {}
    unknown: dict[Channel | Literal["*"], Unknown] = Field(
        default={},
        description="What to do where a call's outcome is not known, by channel;"
        ' "*" holds for every other. Without a word, critical messages are repeated'
        " and others passed over.",
    )
    version: BaseVersion = None

    @classmethod
    def of(cls, policy: Policy, *, over: int | None = None) -> "PolicyChange":
        """Return the change to this policy, made `over` the version that held."""
        return cls(**dict(policy) | {"version": over})

    def policy(self, version: int = 0) -> Policy:
        """Return the policy that this change makes."""
        return Policy(**dict(self) | {"version": version})


class PolicyVersion(Model):
    """One version of a type's policy, and who set it."""

    policy: Policy
    set_by: str
    set_at: datetime


class TemplateDraft(Model):
    """A new version of what a channel says for a type."""

    title: str = Field(default="", max_length=256)
    body: str = Field(min_length=1, max_length=8000)
    provider_template: str | None = Field(default=None, min_length=1, max_length=128)
    fields: dict[FieldName, str] = Field(default={}, max_length=32)
    version: BaseVersion = None

    @classmethod
    def again(cls, template: Template) -> "TemplateDraft":
        """Return what says once more what a version said."""
        said = dict(template)
        names = cls.model_fields.keys() - {"version"}
        return cls.model_validate({name: said[name] for name in names})

    def template(self, channel: Channel, version: int, *, enabled: bool) -> Template:
        """Return the template that this draft makes."""
        known = {"channel": channel, "version": version, "enabled": enabled}
        return Template(**dict(self) | known)


class TemplateVersion(Model):
    """One version of a template, and who set it."""

    template: Template
    set_by: str
    set_at: datetime


class DeliveryRules(Model):
    """What decides, at the moment of sending, whether and what a channel says."""

    type_enabled: bool
    channel_enabled: bool
    limits: dict[str, int] = {}
    template: Template | None


class Review(Model):
    """What senders must newly fill (`added`) or may no longer (`dropped`).

    Either breaks requests that went through before: `senders` names the
    clients that may send the type, and is empty where nothing breaks.
    """

    placeholders: tuple[str, ...]
    added: tuple[str, ...] = ()
    dropped: tuple[str, ...] = ()
    senders: tuple[Sender, ...] = ()
    clinical: tuple[ClinicalFinding, ...] = ()

    @property
    def breaking(self) -> bool:
        """Whether what clients send today would be refused."""
        return bool(self.added or self.dropped)

    @property
    def agreed(self) -> Breaking:
        """What may break once somebody has read this and goes on."""
        return Breaking.ALLOW if self.breaking else Breaking.REFUSE


class MessageTypeDetails(Model):
    """A type, who may send it, and by channel the providers without an id of it."""

    type: MessageType
    senders: tuple[Sender, ...]
    unfiled: dict[Channel, tuple[str, ...]]


class ChannelEntry(Model):
    """A channel of the dictionary; the cost of a message in yuan."""

    code: Channel
    name: str
    name_en: str
    cost_per_message: float = 0.0
    limits: dict[str, int] = {}
    provider_account: str | None = None
    enabled: bool = True


class ChannelChanges(Model):
    """What to change of a channel; fields left out stay."""

    name: PlainText = Field(default="", min_length=1, max_length=128)
    name_en: PlainText = Field(default="", max_length=128)
    cost_per_message: float = Field(default=0.0, ge=0, le=1000, allow_inf_nan=False)
    limits: dict[LimitName, Limit] = Field(default={}, max_length=32)
    provider_account: str | None = Field(default=None, max_length=128)
    enabled: bool = True


class IdentityTypeEntry(Model):
    """An identity type of the dictionary."""

    code: IdentityType
    name: str
    name_en: str
    sensitive: bool = False
    enabled: bool = True


class IdentityTypeChanges(Model):
    """What to change of an identity type; fields left out stay."""

    name: PlainText = Field(default="", min_length=1, max_length=128)
    name_en: PlainText = Field(default="", max_length=128)
    enabled: bool = True
