"""What the registry of providers is made of, and what a provider is opened with."""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Generic, Self, TypeVar
from urllib.parse import urlsplit

import httpx
from pydantic import Field, SecretStr, SerializeAsAny

from channels.base import Deposit, Post, Sender
from channels.consents import Consents, NoLedger
from channels.kit.times import Clock
from channels.kit.tokens import MemoryTokenStore, OfAccount, TokenStore
from channels.receipts import AccountReceipts, ReceiptSink, Reported
from channels.template_ids import TemplateRules
from core.base import Model
from core.clock import utc_now
from core.errors import Unavailable
from core.fields import Code
from core.rate_limits import SLOWEST
from core.words import Channel, State

DEFAULT_CODE = "default"
A = TypeVar("A", bound=Model)


@dataclass(frozen=True)
class SandboxPorts:
    """Where the provider sandbox listens."""

    url: str
    smtp: int
    cmpp: int = 10026
    smpp: int = 11027

    @property
    def host(self) -> str:
        """The host of all its ports."""
        return urlsplit(self.url).hostname or ""


async def _nobody(receipts: Sequence[Reported]) -> None:
    """Refuse: what comes over a connection that only sends a test is another's.

    A provider that gets no yes sends it again, over the next connection.
    """
    raise Unavailable("Nobody takes receipts in here.")


class Account(Model):
    """One account at a channel's provider; a channel may have several.

    `weight` is its share of the channel's messages against the others' (0: only
    when no other can send); `max_concurrent` calls are under way at most in one
    process, `per_second` begun at most by all processes together.
    """

    code: Code = DEFAULT_CODE
    channel: Channel
    provider: str
    weight: int = Field(default=100, ge=0, le=100)
    enabled: bool = True
    max_concurrent: int | None = Field(default=None, ge=1, le=1000)
    per_second: float | None = Field(default=None, ge=SLOWEST, le=10_000)
    values: SerializeAsAny[Model]


def _scope(values: Model) -> str:
    """Return what stands for the keys and the address of an account."""
    held = hashlib.sha256()
    for name, value in values:
        if isinstance(value, SecretStr):
            held.update(f"{name}={value.get_secret_value()}\0".encode())
        elif name == "base_url":
            held.update(f"{value}\0".encode())
    return held.hexdigest()[:32]


@dataclass(frozen=True)
class Tools:
    """What senders work with.

    `receipts` takes what comes over their connections; `popups` keeps pop-ups for
    the centre's own workstations, before the hospital's gateway; `consents` is the
    ledger of what people allow.
    """

    http: httpx.AsyncClient
    deposit: Deposit
    tokens: TokenStore = field(default_factory=MemoryTokenStore)
    clock: Clock = utc_now
    receipts: ReceiptSink = _nobody
    popups: Post | None = None
    consents: Consents = field(default_factory=NoLedger)

    def of(self, account: Account) -> Self:
        """Return the tools of one account: its token is another's only if all keys are.

        With another key or address it is asked for anew. Its receipts are its own.
        """
        scoped = OfAccount(self.tokens, _scope(account.values))
        own = AccountReceipts(self.receipts, account.code)
        return replace(self, tokens=scoped, receipts=own)


@dataclass(frozen=True)
class Provider(Generic[A]):
    """Who carries a channel, with which account, and how a sender is opened.

    Channel and name are the sender's own; `sandbox` gives the account that points
    at the provider sandbox; `templates` is what it takes as templates of its own.
    `says`: what a code that refuses a recipient says of their address; one not listed
    says nothing: a phone that is off, a refusal of our account, a word that nobody
    has explained. `reports`: it tells later whether a message arrived.
    """

    sender: type[Sender]
    account: type[A]
    open: Callable[[A, Tools], Sender]
    sandbox: Callable[[SandboxPorts], A]
    templates: TemplateRules | None = None
    says: Mapping[str, State] = field(default_factory=dict)
    reports: bool = False

    @property
    def channel(self) -> Channel:
        """The channel it carries."""
        return self.sender.channel

    @property
    def name(self) -> str:
        """What accounts and attempts call it."""
        return self.sender.provider


Accounts = tuple[Account, ...]


def of_channel(accounts: Accounts, channel: Channel) -> Accounts:
    """Return the accounts of one channel."""
    return tuple(a for a in accounts if a.channel is channel)
