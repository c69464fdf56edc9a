"""What providers report later, in our words: of sendings, and of people."""

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from typing import Protocol
from uuid import UUID

from core.models import Address, Model
from core.words import Channel, Outcome, Reason


class ProviderReceipt(Model):
    """What a provider reported about one sending.

    It is found by `provider_message_id` (what the provider answered when it took
    the sending), or by `sending_id` where the provider echoes our own id.
    `outcome` is accepted, delivered, read or failed; `code` the provider's own;
    `reason` says why it failed. `refused`: the person can't be reached there.
    """

    channel: Channel
    provider: str
    provider_message_id: str | None = None
    sending_id: UUID | None = None
    outcome: Outcome
    reason: Reason | None = None
    code: str = ""
    refused: bool = False
    at: datetime


class Happening(StrEnum):
    """What a person did on a channel."""

    FOLLOWED = "followed"
    UNFOLLOWED = "unfollowed"
    CONSENTED = "consented"
    DECLINED = "declined"


class PersonEvent(Model):
    """A person came, left, or allowed messages of a template (one each)."""

    channel: Channel
    address: Address
    happening: Happening
    template: str | None = None
    at: datetime


class ReceiptSink(Protocol):
    """Takes in what a provider reports over a connection of its own."""

    async def __call__(self, receipts: Sequence[ProviderReceipt]) -> None: ...
