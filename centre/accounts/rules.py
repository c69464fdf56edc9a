"""One of several accounts, by its code."""

from collections.abc import Iterable
from typing import Protocol, TypeVar

from core.errors import NotFound


class _Coded(Protocol):
    """Whatever is an account's."""

    @property
    def code(self) -> str: ...


T = TypeVar("T", bound=_Coded)


def named(accounts: Iterable[T], code: str) -> T:
    """Return the account of this code; NotFound where the channel has none."""
    for account in accounts:
        if account.code == code:
            return account
    raise no_such_account()


def no_such_account() -> NotFound:
    """Return what is raised for a code that no account of a channel has."""
    return NotFound("This channel has no such account.")
