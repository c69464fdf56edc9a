"""The settings a process starts with: each fault is a line, without its value."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from pydantic import ValidationError
from pydantic_settings import SettingsError

from channels.account_file import load_accounts
from core.process.faults import CannotStart, or_exit
from core.settings import Settings

# A key of the caller's is repeated where it looks like a name of ours.
_NAME = re.compile(r"[a-z][a-z_]{0,63}")


def read_settings() -> Settings:
    """Read the environment; CannotStart names each variable that is wrong."""
    try:
        return Settings()
    except SettingsError as error:
        raise CannotStart(_unreadable(error)) from None
    except ValidationError as error:
        raise CannotStart("\n".join(_wrong(error))) from None


def _unreadable(error: SettingsError) -> str:
    """Say of a variable that should be JSON where it is not."""
    field = re.search(r'field "(\w+)"', str(error))
    variable = f"HMC_{field[1].upper()}" if field else "A variable"
    column = getattr(error.__cause__, "colno", None)
    place = f" from character {column} on" if column else ""
    return f'{variable}: not JSON{place}; an example is {{"slow_call_seconds": 3}}'


def _wrong(error: ValidationError) -> Iterator[str]:
    for found in error.errors(include_input=False, include_url=False):
        variable, *inner = found["loc"]
        place = "".join(f": {_name(part)}" for part in inner)
        yield f"HMC_{variable}".upper() + f"{place}: {_told(dict(found))}"


def _name(part: int | str) -> str:
    known = isinstance(part, int) or _NAME.fullmatch(part)
    return str(part) if known else "(a key that is no name)"


def _told(found: dict[str, Any]) -> str:
    if found["type"] == "extra_forbidden":
        return "there is no such key"
    return str(found["msg"]).removeprefix("Value error, ")


def check_accounts(path: Path | None) -> int | None:
    """Return how many accounts a file has, None for no file.

    CannotStart names the file, and what is wrong with it.
    """
    if path is None:
        return None
    try:
        return len(load_accounts(path))
    except ValueError as error:
        raise CannotStart(f"HMC_ACCOUNTS_FILE: {path}: {error}") from None


def doubt_of_accounts(settings: Settings) -> str | None:
    """Return why a centre's accounts are no good where others reach it."""
    if settings.accounts_file is not None or settings.is_local:
        return None
    return (
        f"HMC_HOST={settings.host} is open to the network, and channels without an "
        "account use the sandbox's, whose receipts anybody can forge; "
        "set HMC_ACCOUNTS_FILE"
    )


def settings_to_send_by() -> Settings:
    """Read the settings, and make sure of the accounts at the providers."""
    settings = read_settings()
    check_accounts(settings.accounts_file)
    return settings


def settings_or_exit(read: Callable[[], Settings] = settings_to_send_by) -> Settings:
    """Return the settings of a process that begins; else a line, and status 2."""
    return or_exit(read)
