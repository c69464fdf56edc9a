"""What people see and say of addresses: how they stand, what is still allowed."""

from datetime import datetime

from pydantic import Field

from centre.reachability.rules import AddressStatus
from core.base import Model
from core.words import IdentityType, Reason


class StandingView(AddressStatus):
    """How an identity stands with a channel, and what follows.

    `reason` is why messages are kept back, none where they are tried; `until` is
    when that ends by itself.
    """

    identity_type: IdentityType
    reason: Reason | None
    until: datetime | None


class Consent(Model):
    """What a person still allows of a template; `unlimited` for a long-term one."""

    template: str
    quota: int
    unlimited: bool
    updated_at: datetime


class ConsentChange(Model):
    """How many messages of a provider's template a person allows from now on."""

    template: str = Field(min_length=1, max_length=128, pattern=r"^[\x21-\x7e]+$")
    quota: int = Field(default=1, ge=0, le=10_000, strict=True)
    unlimited: bool = Field(default=False, strict=True)
