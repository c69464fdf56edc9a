"""The accounts at the providers: the store's before the file's before the sandbox's.

Secrets go in and never come out: a view tells only which are set.
"""

import types
import typing
from collections.abc import Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any, Literal, cast

import structlog
import yaml
from pydantic import SecretStr, ValidationError
from sqlmodel.ext.asyncio.session import AsyncSession

from channels.accounts import Accounts, sandbox_accounts
from core import allowlist
from core.errors import Invalid, NotFound, Unavailable, Wrong
from core.models import Model
from core.settings import Settings
from core.words import Channel
from store import accounts
from store.accounts import StoredAccount
from store.audit import Actor

Source = Literal["store", "file", "sandbox", "none"]
Value = str | int | None

# Where a secret goes: with another address it must be given anew, or whoever
# may set an address could have the secret sent to a place of their own.
_WHERE = frozenset({"base_url", "host", "port", "security", "cafile"})

log = structlog.get_logger("accounts")


class AccountField(Model):
    """One field of a channel's account, for a form."""

    name: str
    secret: bool
    required: bool
    number: bool
    choices: tuple[str, ...] = ()
    default: Value = None


class AccountView(Model):
    """A channel's account without its secrets, and where it is from."""

    channel: Channel
    source: Source
    values: dict[str, Value] = {}
    secrets_set: tuple[str, ...] = ()
    set_by: str | None = None
    set_at: datetime | None = None


def account_model(channel: Channel) -> type[Model]:
    """Return the model of a channel's account; NotFound where it has none."""
    field = Accounts.model_fields.get(str(channel))
    if field is None:
        raise NotFound("This channel has no account at a provider.")
    model = next(a for a in typing.get_args(field.annotation) if a is not type(None))
    return cast(type[Model], model)


def account_fields(channel: Channel) -> tuple[AccountField, ...]:
    """Return what an account of this channel is made of."""
    return tuple(_fields(account_model(channel)))


def _fields(model: type[Model]) -> Iterator[AccountField]:
    for name, field in model.model_fields.items():
        kinds = _kinds(field.annotation)
        default = None if field.is_required() else field.default
        yield AccountField(
            name=name,
            secret=SecretStr in kinds,
            required=field.is_required(),
            number=int in kinds,
            choices=tuple(kind for kind in kinds if isinstance(kind, str)),
            default=default if isinstance(default, str | int) else None,
        )


def _kinds(annotation: Any) -> tuple[Any, ...]:
    """Return the types of a field, or the words of a Literal."""
    if typing.get_origin(annotation) in (types.UnionType, typing.Union, Literal):
        return typing.get_args(annotation)
    return (annotation,)


def fallback(settings: Settings) -> tuple[Source, Accounts]:
    """Return the accounts that hold where the store has none."""
    if settings.accounts_file is None:
        url = f"http://127.0.0.1:{settings.sandbox_port}"
        return "sandbox", sandbox_accounts(url, settings.smtp_port)
    return "file", _from_file(settings.accounts_file)


def _from_file(path: Path) -> Accounts:
    """Return the accounts of a file; Unavailable, with what is wrong, else."""
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
        return Accounts.model_validate(content)
    except ValidationError as error:
        found = error.errors(include_input=False, include_url=False)
        wrong = "; ".join(f"{'.'.join(map(str, e['loc']))}: {e['msg']}" for e in found)
    except (OSError, ValueError, yaml.YAMLError) as error:
        wrong = type(error).__name__
    raise Unavailable(f"The accounts file can't be used: {wrong}")


async def current_accounts(session: AsyncSession, under: Accounts) -> Accounts:
    """Return what holds now: the store's accounts over those given."""
    stored = await accounts.stored_accounts(session)
    merged = {name: getattr(under, name) for name in Accounts.model_fields}
    for channel, found in stored.items():
        merged[str(channel)] = _read(found)
    return Accounts.model_validate(merged)


def _read(found: StoredAccount) -> Model | None:
    """Return a stored account; None, and the channel rests, where it can't be read."""
    try:
        return account_model(found.channel).model_validate(found.values)
    except (ValidationError, NotFound):
        log.error("account.unreadable", channel=str(found.channel))
        return None


async def account_view(
    session: AsyncSession, settings: Settings, channel: Channel
) -> AccountView:
    """Return a channel's account as screens may show it."""
    account_model(channel)
    stored = (await accounts.stored_accounts(session)).get(channel)
    if stored is not None:
        return _stored_view(stored)
    source, under = fallback(settings)
    account = getattr(under, str(channel))
    if account is None:
        return AccountView(channel=channel, source="none")
    return AccountView(channel=channel, source=source, **_shown(account))


def _stored_view(stored: StoredAccount) -> AccountView:
    account = _read(stored)
    shown = _shown(account) if account else {}
    return AccountView(
        channel=stored.channel,
        source="store",
        set_by=stored.set_by,
        set_at=stored.set_at,
        **shown,
    )


def _shown(account: Model) -> dict[str, Any]:
    fields = list(_fields(type(account)))
    values = account.model_dump(mode="json")
    return {
        "values": {f.name: values[f.name] for f in fields if not f.secret},
        "secrets_set": tuple(f.name for f in fields if f.secret and values[f.name]),
    }


async def set_account(
    session: AsyncSession, channel: Channel, given: Mapping[str, object], actor: Actor
) -> AccountView:
    """Keep a channel's account here; a secret left out stays as it was.

    Raises Invalid with every wrong field.
    """
    model = account_model(channel)
    old = (await accounts.stored_accounts(session)).get(channel)
    values = _with_kept_secrets(model, given, old.values if old else {})
    account = _checked(model, values)
    shown = _shown(account)["values"]
    stored = await accounts.put_account(session, channel, _plain(account), shown, actor)
    return _stored_view(stored)


def _with_kept_secrets(
    model: type[Model], given: Mapping[str, object], old: Mapping[str, object]
) -> dict[str, object]:
    values = dict(given)
    fields = list(_fields(model))
    was = {f.name: old.get(f.name, f.default) for f in fields}
    moved = any(
        values.get(f.name, f.default) != was[f.name] for f in fields if f.name in _WHERE
    )
    for field in fields:
        if not field.secret or field.name in given or not old.get(field.name):
            continue
        if moved:
            text = "Give this again: the account leads to another address now."
            raise Invalid(
                "The account was refused; see `errors`.",
                [Wrong(f"/{field.name}", text)],
            )
        values[field.name] = old[field.name]
    return values


def _checked(model: type[Model], values: Mapping[str, object]) -> Model:
    try:
        account = model.model_validate(values)
    except ValidationError as error:
        wrong = [_wrong(dict(found)) for found in error.errors(include_input=False)]
        raise Invalid("The account was refused; see `errors`.", wrong) from None
    wrong = list(_empty_or_astray(account))
    if wrong:
        raise Invalid("The account was refused; see `errors`.", wrong)
    return account


def _wrong(found: Mapping[str, Any]) -> Wrong:
    return Wrong("/" + "/".join(map(str, found["loc"])), f"{found['msg']}.")


def _empty_or_astray(account: Model) -> Iterator[Wrong]:
    for name, value in account:
        if isinstance(value, SecretStr) and not value.get_secret_value():
            yield Wrong(f"/{name}", "Must not be empty.")
        if name == "base_url" and isinstance(value, str):
            try:
                allowlist.target(value)
            except ValueError as error:
                yield Wrong("/base_url", str(error))


def _plain(account: Model) -> dict[str, Any]:
    """Return an account with its secrets, to be sealed."""
    values = account.model_dump(mode="json")
    for name, value in account:
        if isinstance(value, SecretStr):
            values[name] = value.get_secret_value()
    return values
