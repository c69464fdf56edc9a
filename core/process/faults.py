"""Why a process of the centre does not start, and how it says so."""

import sys
from collections.abc import Callable
from typing import NoReturn, TypeVar

from core.errors import Unavailable

T = TypeVar("T")


class CannotStart(Exception):
    """Something has to be changed first; the text says what, in one line."""


def or_exit(begin: Callable[[], T]) -> T:
    """Return what a process begins with; else a line, and status 2 (1: later)."""
    try:
        return begin()
    except CannotStart as error:
        _end(str(error), 2)
    except Unavailable as error:
        text = str(error).removesuffix(".")
        _end(f"{text}; is HMC_DATABASE_URL right, and does the database run?", 1)


def _end(text: str, status: int) -> NoReturn:
    sys.stderr.write(f"{text}\n")
    raise SystemExit(status) from None
