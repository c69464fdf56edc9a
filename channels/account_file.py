"""Reads the accounts file: under each channel's code one account, or a list of them."""

from collections.abc import Iterator, Mapping
from typing import Any

from pydantic import ValidationError

from channels import find_provider
from channels.provider import Account, Accounts
from core.words import Channel

# What stands beside the provider's own fields.
BESIDE = frozenset(Account.model_fields) - {"channel", "values"}


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
        raise ValueError("Accounts: not a channel's code")
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
        raise ValueError(f"{channel}.provider: no such provider of this channel")
    try:
        read = provider.account.model_validate(values)
        return Account.model_validate(
            {**beside, "channel": channel, "provider": provider.name, "values": read}
        )
    except ValidationError as error:
        found = error.errors(include_input=False, include_url=False)
        wrong = "; ".join(
            f"{'.'.join(map(str, (channel, *e['loc'])))}: {e['msg']}" for e in found
        )
        raise ValueError(wrong) from None
