"""The accounts that hold where none is kept: the sandbox's, or those of a file."""

from pathlib import Path
from typing import Literal

from channels.account_file import load_accounts
from channels.provider import Accounts, SandboxPorts
from channels.registry import sandbox_accounts
from core.errors import Unavailable
from core.settings import Settings

Source = Literal["store", "file", "sandbox", "none"]


def fallback(settings: Settings) -> tuple[Source, Accounts]:
    """Return the accounts that hold where the store has none."""
    if settings.accounts_file is None:
        url = f"http://127.0.0.1:{settings.sandbox_port}"
        ports = SandboxPorts(
            url, settings.smtp_port, settings.cmpp_port, settings.smpp_port
        )
        return "sandbox", sandbox_accounts(ports)
    return "file", _from_file(settings.accounts_file)


def _from_file(path: Path) -> Accounts:
    """Return the accounts of a file; Unavailable, with what is wrong, else."""
    try:
        return load_accounts(path)
    except ValueError as error:
        raise Unavailable(f"The accounts file can't be used: {error}") from None
