"""What workflows give to activities and get back: one model in, one out."""

from datetime import datetime, timedelta
from typing import Self
from uuid import UUID

from core.base import Model
from core.models import (
    Address,
    Message,
    MessageStatus,
    Outgoing,
    Recall,
    Waiting,
    delivery_id,
)
from core.words import Channel, Outcome, Priority, Reason, Status


class Snapshot(Model):
    """A message and how it stands: what the store keeps of it.

    `at` is the workflow's time, by which its message is due or not.
    """

    message: Message
    status: MessageStatus
    at: datetime | None = None


class Record(Model):
    """How a message stands; the message itself only where the store has not got it."""

    status: MessageStatus
    message: Message | None = None


class Digest(Model):
    """What a message says instead of its own text: that type's, with the count."""

    type: str
    count: int


class Prepared(Model):
    """Where each channel of the plan shall send, or why it must not.

    `doubted` are the channels tried although something is held against the address.
    `waiting`: nothing may go out yet; prepare again then. `cancelled`: the batch
    that it is part of was stopped. `digested_into`: another message tells of this
    one; `ended` is how that ended.
    """

    addresses: dict[Channel, Address] = {}
    withheld: dict[Channel, Reason] = {}
    doubted: tuple[Channel, ...] = ()
    waiting: Waiting | None = None
    cancelled: bool = False
    digest: Digest | None = None
    digested_into: UUID | None = None
    ended: Status | None = None


class DeliveryTask(Outgoing):
    """One message on one channel.

    `patience` is how long a provider's "later" is worth waiting for; `again`
    allows a repeat although an earlier call's end is not known; `doubted`: a
    provider has refused this address before. `at` is the workflow's time. `held`:
    how often it was held back already; `waited`: how often its provider was away.
    `batch`: the one that it is part of.
    `digest`: it tells of several messages, not of this one alone.
    """

    type: str
    run: int
    template_version: int
    params: dict[str, str]
    link: str | None
    created_at: datetime
    patience: timedelta
    again: bool = False
    doubted: bool = False
    at: datetime | None = None
    digest: Digest | None = None
    held: int = 0
    waited: int = 0
    batch: UUID | None = None

    @property
    def delivery_id(self) -> UUID:
        """The id of this delivery, the same for every attempt."""
        return delivery_id(self.message_id, self.channel, self.run)

    @classmethod
    def of(
        cls,
        message: Message,
        prepared: Prepared,
        channel: Channel,
        *,
        run: int,
        at: datetime,
        patience: timedelta,
        again: bool = False,
        held: int = 0,
        waited: int = 0,
    ) -> Self:
        """Return what one channel shall send of a message."""
        return cls(
            message_id=message.id,
            type=message.type,
            priority=message.priority,
            channel=channel,
            run=run,
            template_version=message.templates.get(channel, 0),
            address=prepared.addresses[channel],
            params=message.params,
            link=message.link,
            created_at=message.created_at,
            patience=patience,
            again=again,
            expires_at=message.expires_at,
            acknowledge=message.acknowledge,
            read_back=message.read_back_param is not None,
            doubted=channel in prepared.doubted,
            at=at,
            digest=prepared.digest,
            held=held,
            waited=waited,
            batch=message.batch,
        )


class DeliveryResult(Model):
    """What became of a delivery. `askable`: the provider can be asked.

    `not_before`: it was not sent, and may be from then on. `account`: the one that
    could not be reached, `pause` how long it asks to be left alone; `answered`: it
    refused this very message.
    """

    outcome: Outcome
    reason: Reason | None = None
    attempts: int = 0
    provider: str | None = None
    provider_message_id: str | None = None
    askable: bool = False
    not_before: datetime | None = None
    account: str | None = None
    pause: timedelta | None = None
    answered: bool = False


class Refusal(Model):
    """What a failed delivery's failure carries beside its text."""

    reason: Reason
    attempts: int
    account: str | None = None
    pause: timedelta | None = None
    answered: bool = False


class Notice(Model):
    """One status change that a client system is told of."""

    message_id: UUID
    client: str
    reference: str | None
    status: Status
    run: int
    priority: Priority


class SentDelivery(Model):
    """A delivery that may have reached somebody."""

    channel: Channel
    run: int
    provider_message_id: str | None = None


class RecallTargets(Model):
    """Every such delivery of a message that is over."""

    deliveries: tuple[SentDelivery, ...] = ()


class WithdrawTask(Model):
    """One delivery to take back."""

    message_id: UUID
    out: SentDelivery


class Correction(Model):
    """A message whose correction these channels shall carry."""

    message_id: UUID
    channels: tuple[Channel, ...]


class RecallNote(Model):
    """Who took a message back, and which channels no longer show it."""

    message_id: UUID
    recall: Recall
    withdrawn: tuple[Channel, ...] = ()
