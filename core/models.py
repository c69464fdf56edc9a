"""What travels between packages: messages, policies, deliveries. All frozen."""

from datetime import datetime, timedelta
from typing import Generic, TypeVar
from uuid import NAMESPACE_OID, UUID, uuid5

from pydantic import Field

from core.base import Model
from core.policies import Confirm, Plan, Unknown
from core.text.letters import Words
from core.words import (
    Channel,
    IdentityType,
    Outcome,
    Priority,
    Reason,
    Status,
    StepKind,
    StepWhy,
)


class Recipient(Model):
    """Who shall be reached: identities, each in its normal spelling."""

    identities: dict[IdentityType, str] = Field(repr=False)
    name: str | None = Field(default=None, repr=False)


class DetailItem(Model):
    """One line of the centre's own detail page."""

    label: Words = Field(min_length=1, max_length=64)
    value: Words = Field(max_length=1000, repr=False)


class Detail(Model):
    """What the centre's own detail page shows."""

    title: Words = Field(min_length=1, max_length=128)
    items: tuple[DetailItem, ...] = Field(max_length=50)


class Message(Model):
    """One accepted message with its plan: the input of its workflow.

    `templates` pins the version each channel says until somebody orders a
    resend; `fingerprint` is the hash of the request body; `run` counts the times
    the plan was begun, and `only` names the channels that this run uses (None:
    all of the plan). `passes_pause`: it goes out while its client is paused.
    `batch` is the batch that it is part of. `retry_seconds` is how long a provider
    that is away is waited for, `resend_when_back` whether the message goes out
    again by itself once one is back for which it failed.
    """

    id: UUID
    client: str
    type: str
    priority: Priority
    recipient: Recipient
    params: dict[str, str] = Field(default={}, repr=False)
    link: str | None = Field(default=None, repr=False)
    detail: Detail | None = None
    plan: Plan
    confirm: dict[Channel, Confirm] = {}
    unknown: dict[Channel, Unknown] = {}
    templates: dict[Channel, int] = {}
    policy_version: int = 0
    reference: str | None = None
    send_at: datetime | None = None
    expires_at: datetime | None = None
    created_at: datetime
    fingerprint: str = ""
    resend_window: timedelta = timedelta(hours=72)
    notify_client: bool = False
    run: int = 1
    only: tuple[Channel, ...] | None = None
    acknowledge: bool = False
    read_back_param: str | None = None
    passes_pause: bool = False
    batch: UUID | None = None
    retry_seconds: int = 0
    resend_when_back: bool = False


class Delivery(Model):
    """One message on one channel, as the status document shows it."""

    channel: Channel
    weight: float
    stage: int
    outcome: Outcome = Outcome.PENDING
    reason: Reason | None = None
    attempts: int = 0
    provider: str | None = None
    provider_message_id: str | None = None
    at: datetime | None = None
    recalled_at: datetime | None = None


class Step(Model):
    """What was done about a delivery whose end nobody was sure of, and why.

    `outcome` is what came of it, None where that told nothing.
    """

    channel: Channel
    run: int
    kind: StepKind
    why: StepWhy | None = None
    outcome: Outcome | None = None
    at: datetime


class Acknowledgement(Model):
    """Who confirmed a message, and what they read back."""

    by: str
    at: datetime
    channel: Channel | None = None
    read_back: str | None = Field(default=None, repr=False)


class Recall(Model):
    """Who took a message back and why; `correction` is the message that says so."""

    by: str
    reason: str
    at: datetime
    correction: UUID | None = None


class Waiting(Model):
    """Why a message is not sent yet, and until when.

    `unreachable`: the provider of `channel` is away and is tried again then;
    `account` is the one that was tried last, where one was.
    """

    reason: Reason
    until: datetime
    channel: Channel | None = None
    account: str | None = None


class RecallOrder(Model):
    """The input of the workflow that takes one message back."""

    message_id: UUID
    client: str
    recall: Recall


_Plan = TypeVar("_Plan")


class StatusFields(Model, Generic[_Plan]):
    """How a message stands, with its plan as workflows have it or as it is shown.

    `resends_on` are the channels on which it is sent again by itself once their
    provider is back; `automatic_resends` counts how often that was done.
    """

    id: UUID
    client: str
    type: str
    priority: Priority
    reference: str | None = None
    status: Status
    created_at: datetime
    updated_at: datetime
    send_at: datetime | None = None
    expires_at: datetime | None = None
    plan: _Plan
    deliveries: tuple[Delivery, ...]
    steps: tuple[Step, ...] = ()
    resendable_until: datetime | None = None
    resends_on: tuple[Channel, ...] = Field(
        default=(),
        description=(
            "Failed since the providers of these channels were away; sent again on"
            " them by itself once one is back."
        ),
    )
    automatic_resends: int = Field(default=0, description="How often that was done.")
    acknowledge: bool = Field(
        default=False, description="Somebody must confirm this message."
    )
    waiting: Waiting | None = None
    acknowledgement: Acknowledgement | None = None
    recall: Recall | None = None
    batch: UUID | None = Field(
        default=None, description="The batch that it is part of."
    )
    digested_into: UUID | None = Field(
        default=None,
        description="The message that tells of this one, which then takes its end.",
    )
    digest_of: int | None = Field(
        default=None,
        description="Of how many messages this one tells, itself included.",
    )
    run: int = 1


class MessageStatus(StatusFields[Plan]):
    """How a message stands: what its workflow answers, and the store keeps."""

    def delivery(self, channel: Channel) -> Delivery:
        """Return the delivery on this channel; KeyError where there is none."""
        for delivery in self.deliveries:
            if delivery.channel is channel:
                return delivery
        raise KeyError(channel)


class Resend(Model):
    """The signal that sends a failed message again.

    `run` is the run that was seen to fail: of two orders about one run, the
    second means nothing. `automatic`: the centre's own order, which no more than
    the message itself goes beyond `expires_at`.
    """

    reason: str
    by: str
    channels: tuple[Channel, ...] | None = None
    run: int | None = None
    automatic: bool = False


class Cancel(Model):
    """The signal that stops a message."""

    by: str


class Receipt(Model):
    """The signal that carries what a provider reported about one delivery.

    `delivery_id` says of which run; without it, of the one that is on.
    """

    channel: Channel
    outcome: Outcome
    at: datetime
    provider_message_id: str | None = None
    delivery_id: UUID | None = None


class Address(Model):
    """Where a channel shall send: one identity."""

    type: IdentityType
    value: str = Field(repr=False)


class Outgoing(Model):
    """One message on one channel, as far as its way there is the same for all.

    `acknowledge`: a person must confirm it, and with `read_back` read a value of it
    back.
    """

    message_id: UUID
    priority: Priority
    channel: Channel
    address: Address
    expires_at: datetime | None = None
    acknowledge: bool = False
    read_back: bool = False


def workflow_id(message_id: UUID) -> str:
    """Return the id of a message's workflow: the message id alone finds it."""
    return f"message-{message_id}"


def task_queue(client: str, *, passes_pause: bool = False) -> str:
    """Return the task queue of one client system.

    Where critical messages pass a pause, they have a second queue: Temporal
    can't be asked for the critical part of one. No client's code holds ":".
    """
    return f"client-{client}:critical" if passes_pause else f"client-{client}"


def keyed_message_id(client: str, idempotency_key: str) -> UUID:
    """Return the id that a client's idempotency key always gives (version 5)."""
    return uuid5(NAMESPACE_OID, f"hmc:{client}:{idempotency_key}")


def delivery_id(message_id: UUID, channel: Channel, run: int) -> UUID:
    """Return the id of one delivery, the same for every attempt at it."""
    return uuid5(message_id, f"{channel}:{run}")
