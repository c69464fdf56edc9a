"""What is refused of a client: source addresses and callbacks that can't stand."""

from collections.abc import Iterator
from ipaddress import ip_network

from pydantic import Field

from centre.clients import allowlist
from core.base import Model
from core.errors import FieldError, Invalid


class Callback(Model):
    """Where status changes are posted: inside the allow-list (core.allowlist)."""

    url: str = Field(max_length=2048)
    allow: tuple[str, ...] = Field(default=(), max_length=32)


def check(cidrs: tuple[str, ...], callback: Callback | None) -> None:
    """Raise Invalid with every address, line or callback that is wrong."""
    field_errors = [
        FieldError(f"/cidrs/{index}", "Must be an IP address or a CIDR.")
        for index, cidr in enumerate(cidrs)
        if not _is_network(cidr)
    ]
    if callback is not None:
        field_errors += _wrong_callback(callback)
    if field_errors:
        raise Invalid("The client was refused; see `errors`.", field_errors)


def _wrong_callback(callback: Callback) -> Iterator[FieldError]:
    """Yield what is wrong: its list, its address, or that they do not agree."""
    entries_stand = True
    for index, text in enumerate(callback.allow):
        try:
            allowlist.entry(text)
        except ValueError as error:
            entries_stand = False
            yield FieldError(f"/callback/allow/{index}", str(error))
    try:
        where = allowlist.target(callback.url)
    except ValueError as error:
        yield FieldError("/callback/url", str(error))
        return
    if entries_stand and not allowlist.admits_name(callback.allow, where):
        yield FieldError("/callback/url", "is not in the client's allow-list")


def _is_network(text: str) -> bool:
    try:
        ip_network(text, strict=False)
    except ValueError:
        return False
    return True
