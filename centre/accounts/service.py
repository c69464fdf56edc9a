"""The accounts at the providers: the store's before the file's before the sandbox's.

For each channel the first of these that has accounts of it is taken whole.
Secrets go in and never come out: a view tells only which are set.
"""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Annotated

import structlog
from pydantic import (
    Field,
    StrictBool,
    StrictInt,
    StrictStr,
    StringConstraints,
    ValidationError,
)

from centre.accounts import fields as account_fields
from centre.accounts import queries as accounts
from centre.accounts.fields import Value, provider_of
from centre.accounts.queries import AccountEntry, StoredAccount
from centre.audit.audit import Actor
from centre.providers.fallback import Source, fallback
from channels.provider import (
    DEFAULT_CODE,
    Account,
    Accounts,
    of_channel,
)
from channels.registry import find_provider
from core.base import Model, evolve
from core.errors import NotFound
from core.rate_limits import SLOWEST
from core.settings import Settings
from core.words import Channel
from db.session import Session

_Name = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,63}$")]
_Text = Annotated[StrictStr, StringConstraints(max_length=4096)]
# The fields of a provider's account.
Values = Annotated[dict[_Name, _Text | StrictInt | None], Field(max_length=32)]
Weight = Annotated[StrictInt, Field(ge=0, le=100)]
Concurrent = Annotated[StrictInt, Field(ge=1, le=1000)]
PerSecond = Annotated[float, Field(ge=SLOWEST, le=10_000, strict=True)]

Wanted = Callable[[Channel, str], bool]

log = structlog.get_logger("accounts")


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


def _every(channel: Channel, provider: str) -> bool:
    """Want the account of each provider."""
    return True


async def current_accounts(
    session: Session, under: Accounts, wanted: Wanted = _every
) -> Accounts:
    """Return what holds now: a channel's accounts here, else those given.

    `wanted` leaves out providers that a caller has no use for: reading a key
    (Alipay's) may take a tenth of a second.
    """
    stored = await accounts.stored_accounts(session)
    ours = {account.channel for account in stored}
    read = (_read(a) for a in stored if wanted(a.channel, a.provider))
    rest = (a for a in under if a.channel not in ours and wanted(a.channel, a.provider))
    return (*rest, *(account for account in read if account is not None))


def _read(found: StoredAccount) -> Account | None:
    """Return a stored account; None, and it rests, where it can't be read."""
    provider = find_provider(found.channel, found.provider)
    try:
        if provider is not None:
            values = provider.account.model_validate(found.values)
            beside = found.model_dump(exclude={"values", "set_by", "set_at"})
            return Account(**beside, values=values)
    except ValidationError:
        pass
    log.error("account.unreadable", channel=str(found.channel), account=found.code)
    return None


async def account_views(
    session: Session, settings: Settings, channel: Channel
) -> tuple[AccountView, ...]:
    """Return a channel's accounts as screens may show them."""
    provider_of(channel)
    stored = await accounts.stored_accounts(session, channel)
    if stored:
        return tuple(map(_stored_view, stored))
    source, under = fallback(settings)
    return tuple(_view(account, source) for account in of_channel(under, channel))


async def account_view(
    session: Session,
    settings: Settings,
    channel: Channel,
    code: str = DEFAULT_CODE,
) -> AccountView:
    """Return one account as screens may show it.

    There need not be a first one: its source is "none" then. Another that there
    is not is NotFound.
    """
    for view in await account_views(session, settings, channel):
        if view.code == code:
            return view
    if code != DEFAULT_CODE:
        raise NotFound("This channel has no such account.")
    return AccountView(channel=channel, source="none")


def _stored_view(stored: StoredAccount) -> AccountView:
    account = _read(stored)
    if account is None:
        beside = stored.model_dump(exclude={"values"})
        return AccountView(**beside, source="store")
    view = _view(account, "store")
    return evolve(view, set_by=stored.set_by, set_at=stored.set_at)


def _view(account: Account, source: Source) -> AccountView:
    return AccountView(
        **account.model_dump(exclude={"values"}),
        source=source,
        values=account_fields.shown(account.values),
        secrets_set=account_fields.secrets_set(account.values),
    )


async def set_account(
    session: Session, channel: Channel, given: Mapping[str, Value], actor: Actor
) -> AccountView:
    """Set the fields of a channel's first account; the rest of it stays.

    A secret left out stays as it was. Raises Invalid with every wrong field.
    """
    old = await accounts.stored_account(session, channel, DEFAULT_CODE)
    beside = old.model_dump(include=_BESIDE) if old else {}
    draft = AccountDraft.model_construct(**beside, values=dict(given))
    return await _put(session, channel, old, draft, DEFAULT_CODE, actor, at="")


async def put_account(
    session: Session,
    channel: Channel,
    code: str,
    draft: AccountDraft,
    actor: Actor,
) -> AccountView:
    """Keep an account here, a new one or in place of the one of this code.

    Raises Invalid with every wrong field.
    """
    old = await accounts.stored_account(session, channel, code)
    return await _put(session, channel, old, draft, code, actor, at="/values")


async def change_account(
    session: Session,
    channel: Channel,
    code: str,
    changes: AccountChanges,
    actor: Actor,
) -> AccountView:
    """Change an account that is kept here; its provider stays."""
    old = await accounts.stored_account(session, channel, code)
    if old is None:
        raise NotFound("No such account of this channel is kept here.")
    given = changes.model_dump(exclude_unset=True, exclude={"values"})
    model = provider_of(channel, old.provider).account
    secret = {f.name for f in account_fields.fields_of(model) if f.secret}
    standing = {k: v for k, v in old.values.items() if k not in secret}
    draft = AccountDraft.model_construct(
        **old.model_dump(include=_BESIDE) | given, values=standing | changes.values
    )
    return await _put(session, channel, old, draft, code, actor, at="/values")


_BESIDE = {"provider", "weight", "enabled", "max_concurrent", "per_second"}


async def _put(
    session: Session,
    channel: Channel,
    old: StoredAccount | None,
    draft: AccountDraft,
    code: str,
    actor: Actor,
    *,
    at: str,
) -> AccountView:
    provider = provider_of(channel, draft.provider)
    same = old is not None and old.provider == provider.name
    values = account_fields.with_kept_secrets(
        provider.account, draft.values, old.values if old and same else {}, at
    )
    account = account_fields.checked(provider.account, values, at)
    entry = AccountEntry(
        **draft.model_dump(include=_BESIDE - {"provider"}),
        channel=channel,
        code=code,
        provider=provider.name,
        values=account_fields.plain(account),
    )
    shown = entry.model_dump(mode="json", exclude={"values", "channel", "code"})
    shown |= account_fields.shown(account)
    return _stored_view(await accounts.put_account(session, entry, shown, actor))
