"""What an account is made of, and whether what was given makes one."""

import types
import typing
from collections.abc import Iterator, Mapping
from typing import Any, Literal

from pydantic import SecretStr, ValidationError

from centre.clients import allowlist
from channels.provider import Provider
from channels.registry import find_provider, providers_of
from core.base import Model
from core.errors import FieldError, Invalid, NotFound
from core.words import Channel

Value = str | int | None

# Where a secret goes: with another address it must be given anew, or whoever
# may set an address could have the secret sent to a place of their own.
_WHERE = frozenset({"base_url", "host", "port", "security", "cafile"})


class AccountField(Model):
    """One field of a provider's account, for a form."""

    name: str
    secret: bool
    required: bool
    number: bool
    choices: tuple[str, ...] = ()
    default: Value = None


def provider_names(channel: Channel) -> tuple[str, ...]:
    """Return who can carry a channel, the usual one first."""
    return tuple(provider.name for provider in providers_of(channel))


def provider_of(channel: Channel, name: str | None = None) -> Provider[Any]:
    """Return a channel's provider, the usual one for None.

    Raises NotFound where the channel has none, Invalid where it has none of
    this name.
    """
    if not providers_of(channel):
        raise NotFound("This channel has no account at a provider.")
    found = find_provider(channel, name)
    if found is None:
        text = f"Must be one of: {', '.join(provider_names(channel))}."
        raise Invalid("There is no such provider.", [FieldError("/provider", text)])
    return found


def account_fields(
    channel: Channel, provider: str | None = None
) -> tuple[AccountField, ...]:
    """Return what an account at this provider is made of."""
    return fields_of(provider_of(channel, provider).account)


def fields_of(model: type[Model]) -> tuple[AccountField, ...]:
    """Return the fields of an account's model."""
    return tuple(_fields(model))


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


def with_kept_secrets(
    model: type[Model], given: Mapping[str, object], old: Mapping[str, object], at: str
) -> dict[str, object]:
    """Return the values given, and the old secrets where none were.

    Raises Invalid, its pointers beginning with `at`, where the account leads to
    another address now.
    """
    values = dict(given)
    fields = fields_of(model)
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
                [FieldError(f"{at}/{field.name}", text)],
            )
        values[field.name] = old[field.name]
    return values


def validated(model: type[Model], values: Mapping[str, object], at: str) -> Model:
    """Return the account these values make; Invalid with every wrong field."""
    try:
        account = model.model_validate(values)
    except ValidationError as error:
        field_errors = [
            _wrong(dict(found), at) for found in error.errors(include_input=False)
        ]
        raise Invalid("The account was refused; see `errors`.", field_errors) from None
    field_errors = list(_empty_or_astray(account, at))
    if field_errors:
        raise Invalid("The account was refused; see `errors`.", field_errors)
    return account


def _wrong(found: Mapping[str, Any], at: str) -> FieldError:
    return FieldError("/".join((at, *map(str, found["loc"]))), f"{found['msg']}.")


def _empty_or_astray(account: Model, at: str) -> Iterator[FieldError]:
    for name, value in account:
        if isinstance(value, SecretStr) and not value.get_secret_value():
            yield FieldError(f"{at}/{name}", "Must not be empty.")
        if name == "base_url" and isinstance(value, str):
            try:
                allowlist.target(value)
            except ValueError as error:
                yield FieldError(f"{at}/base_url", str(error))


def public_fields(account: Model) -> dict[str, Value]:
    """Return the fields of an account that are no secrets."""
    values = account.model_dump(mode="json")
    fields = fields_of(type(account))
    return {f.name: values[f.name] for f in fields if not f.secret}


def secrets_set(account: Model) -> tuple[str, ...]:
    """Return the names of the secrets that an account has."""
    values = account.model_dump(mode="json")
    fields = fields_of(type(account))
    return tuple(f.name for f in fields if f.secret and values[f.name])


def plain(account: Model) -> dict[str, Any]:
    """Return an account with its secrets, to be sealed."""
    values = account.model_dump(mode="json")
    for name, value in account:
        if isinstance(value, SecretStr):
            values[name] = value.get_secret_value()
    return values
