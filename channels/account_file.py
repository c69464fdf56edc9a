"""Reads the accounts file: under each channel's code one account, or a list of them."""

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml
from pydantic import ValidationError

from channels.provider import Account, Accounts
from channels.registry import find_provider, providers_of
from core.words import Channel

# What stands beside the provider's own fields.
BESIDE = frozenset(Account.model_fields) - {"channel", "values"}
# What looks like a name is repeated; anything else may be a secret gone astray.
_NAME = re.compile(r"[A-Za-z][A-Za-z_\-]{0,39}")


def load_accounts(path: Path) -> Accounts:
    """Return the accounts of a file; ValueError says what is wrong, in one line.

    The text has names and places of the file, never a value, nor its own path.
    """
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ValueError(f"can't be read: {error.strerror}") from None
    except UnicodeDecodeError:
        raise ValueError("not a text in UTF-8") from None
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise ValueError(f"not YAML{_place(error)}") from None
    return read_accounts(content)


def _place(error: Exception) -> str:
    mark = getattr(error, "problem_mark", None)
    return f": see line {mark.line + 1}, column {mark.column + 1}" if mark else ""


def _named(name: object) -> str:
    """Return a name as a fault may repeat it."""
    shown = isinstance(name, int) or _NAME.fullmatch(str(name))
    return str(name) if shown else "(no name)"


def read_accounts(content: object) -> Accounts:
    """Return the accounts of a file's content.

    Raises ValueError that names what is wrong and where, never a value.
    """
    if not isinstance(content, Mapping):
        raise ValueError("Accounts: an account, or a list of them, by channel")
    found = tuple(account for name in content for account in _of(name, content[name]))
    names = [(account.channel, account.code) for account in found]
    for channel, code in names:
        if names.count((channel, code)) > 1:
            raise ValueError(f"{channel}: two accounts have the code {code}")
    return found


def _of(name: object, given: object) -> Iterator[Account]:
    if name not in set(Channel):
        raise ValueError(f"{_named(str(name))}: there is no such channel")
    channel = Channel(str(name))
    for entry in given if isinstance(given, list) else [given]:
        if entry is None:
            continue
        if not isinstance(entry, Mapping):
            raise ValueError(f"{channel}: not an account")
        yield _account(channel, entry)


def _account(channel: Channel, entry: Mapping[str, Any]) -> Account:
    beside = {name: entry[name] for name in BESIDE if name in entry}
    values = {str(name): entry[name] for name in entry if name not in BESIDE}
    provider = find_provider(channel, beside.get("provider"))
    if provider is None:
        names = ", ".join(p.name for p in providers_of(channel)) or "none"
        raise ValueError(f"{channel}.provider: not one of this channel's ({names})")
    try:
        read = provider.account.model_validate(values)
        return Account.model_validate(
            {**beside, "channel": channel, "provider": provider.name, "values": read}
        )
    except ValidationError as error:
        found = error.errors(include_input=False, include_url=False)
        wrong = "; ".join(
            f"{'.'.join((channel, *map(_named, e['loc'])))}: {e['msg']}" for e in found
        )
        raise ValueError(wrong) from None
