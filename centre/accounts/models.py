"""Accounts at the providers: as asked for, as kept, as shown, and how they stand.

Secrets go in and never come out: a view tells only which are set.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import Field, StrictBool, StrictInt, StrictStr, StringConstraints

from centre.accounts.fields import Value
from centre.providers.fallback import Source
from channels.provider import DEFAULT_CODE
from core.base import Model
from core.rate_limits import SLOWEST
from core.traffic_shares import Cause, RoutingRules
from core.words import Channel

_Name = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,63}$")]
_Text = Annotated[StrictStr, StringConstraints(max_length=4096)]
# The fields of a provider's account.
Values = Annotated[dict[_Name, _Text | StrictInt | None], Field(max_length=32)]
Weight = Annotated[StrictInt, Field(ge=0, le=100)]
Concurrent = Annotated[StrictInt, Field(ge=1, le=1000)]
PerSecond = Annotated[float, Field(ge=SLOWEST, le=10_000, strict=True)]


class AccountEntry(Model):
    """An account to keep; `values` are its provider's fields, secrets too."""

    channel: Channel
    code: str
    provider: str
    weight: int
    enabled: bool
    max_concurrent: int | None
    per_second: float | None
    values: dict[str, Any] = Field(repr=False)


class StoredAccount(AccountEntry):
    """An account as it is kept, and who set it."""

    set_by: str
    set_at: datetime


class AccountDraft(Model):
    """An account as it shall be; a secret left out of `values` stays as it was."""

    provider: str | None = Field(default=None, max_length=64)
    weight: Weight = 100
    enabled: StrictBool = True
    max_concurrent: Concurrent | None = None
    per_second: PerSecond | None = None
    values: Values = Field(repr=False)


class AccountChanges(Model):
    """What to change of an account; fields left out stay."""

    weight: Weight = 100
    enabled: StrictBool = True
    max_concurrent: Concurrent | None = None
    per_second: PerSecond | None = None
    values: Values = Field(default={}, repr=False)


class AccountView(Model):
    """An account without its secrets, and where it is from."""

    channel: Channel
    source: Source
    code: str = DEFAULT_CODE
    provider: str | None = None
    weight: int | None = None
    enabled: bool = False
    max_concurrent: int | None = None
    per_second: float | None = None
    values: dict[str, Value] = {}
    secrets_set: tuple[str, ...] = ()
    set_by: str | None = None
    set_at: datetime | None = None


class AccountHealth(Model):
    """An account's share in hundredths, and its calls in the rules' windows.

    `cause` and `changed_at` say why and when the share last moved; `open_until` is
    set while its breaker keeps calls away.
    """

    share_at_rest: int
    share_now: int
    cause: Cause | None = None
    changed_at: datetime | None = None
    open_until: datetime | None = None
    calls: int = 0
    slow: int = 0
    errors: int = 0


ByAccount = Mapping[tuple[Channel, str], AccountHealth]


class AccountState(AccountView):
    """An account without its secrets, and how it stands; no health: it is off."""

    health: AccountHealth | None = None


class RulesInForce(Model):
    """The rules that hold, and who set them; `settings`: those of the start."""

    rules: RoutingRules
    source: Literal["store", "settings"] = "settings"
    set_by: str | None = None
    set_at: datetime | None = None
