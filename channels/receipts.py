"""What providers report later, in our words: of sendings, and of people."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import ClassVar, Protocol, TypeAlias
from uuid import UUID

from pydantic import Field, SecretStr

from channels.uplinks import Uplink
from core.base import Model, evolve
from core.models import Address
from core.words import Channel, Outcome, Reason


class ProviderReceipt(Model):
    """What a provider reported about one sending.

    It is found by `provider_message_id` (what the provider answered when it took
    the sending), or by `sending_id` where the provider echoes our own id, or by
    `reference` where it echoes the short one of a `Referring` sender.
    `outcome` is accepted, delivered, read or failed; `code` the provider's own;
    `reason` says why it failed. `refused`: the person can't be reached there.
    `account` is the account it came to, where that is known. Not `understood`: its
    word for the outcome is none that we know, so the delivery stays as it stands.
    """

    channel: Channel
    provider: str
    account: str | None = None
    provider_message_id: str | None = None
    sending_id: UUID | None = None
    reference: str | None = None
    outcome: Outcome
    reason: Reason | None = None
    code: str = ""
    refused: bool = False
    understood: bool = True
    at: datetime


# What comes over a gateway's connection: of our texts, and people's own.
Reported: TypeAlias = ProviderReceipt | Uplink


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


@dataclass(frozen=True)
class AccountReceipts:
    """Takes receipts in as one account's: two gateways may use a number both."""

    sink: "ReceiptSink"
    account: str

    async def __call__(self, receipts: Sequence[Reported]) -> None:
        """Hand them on with the account's code."""
        await self.sink([evolve(each, account=self.account) for each in receipts])


class ReceiptSink(Protocol):
    """Takes in what a provider reports over a connection of its own."""

    async def __call__(self, receipts: Sequence[Reported]) -> None: ...


class ReceiptKeys(Model):
    """What an account's receipt address is made of.

    `secret` ends the address; `token` and `aes_key` (43 letters and digits) are
    what WeChat and WeCom call Token and EncodingAESKey.
    """

    secret: str = Field(repr=False)
    token: SecretStr
    aes_key: SecretStr


@dataclass(frozen=True, repr=False)
class Inbound:
    """A call to a receipt address, as it came; header names in lower case."""

    method: str
    query: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""


@dataclass(frozen=True)
class CallbackReply:
    """What the provider wants to hear, or else it calls again."""

    body: bytes = b""
    media_type: str = "text/plain"


@dataclass(frozen=True)
class Parsed:
    """What one call says, and the answer to it."""

    answer: CallbackReply
    receipts: tuple[ProviderReceipt, ...] = ()
    events: tuple[PersonEvent, ...] = ()
    uplinks: tuple[Uplink, ...] = ()


class ReceiptFormat(Protocol):
    """One provider's way to report, for one account.

    Made as `(account, keys, clock)`. `read` trusts nothing in the call: it
    raises Forged where a signature is missing or wrong or too old, Malformed
    where the body is not what this provider sends. What it does not know it
    leaves out.
    """

    channel: ClassVar[Channel]
    provider: ClassVar[str]

    def read(self, call: Inbound) -> Parsed: ...
