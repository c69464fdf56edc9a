"""What queues are watched for, as people write it: one thing a line."""

from collections.abc import Iterator

from centre.watch.rules import Expected
from core.errors import FieldError, Invalid
from core.models import Address
from core.words import IdentityType


def read_types(text: str) -> dict[str, float]:
    """Return seconds by type from lines `type=seconds`; Invalid names the line."""
    found: dict[str, float] = {}
    for number, name, value in _pairs(text, "types"):
        try:
            found[name] = float(value)
        except ValueError:
            raise _refused("types", number) from None
    return found


def write_types(rules: Expected) -> str:
    """Return the types' own times as lines."""
    return "\n".join(f"{kind}={seconds:g}" for kind, seconds in rules.types.items())


def read_recipients(text: str) -> tuple[Address, ...]:
    """Return identities from lines `kind=value`; Invalid names the line."""
    found: list[Address] = []
    for number, kind, value in _pairs(text, "recipients"):
        if kind not in set(IdentityType):
            raise _refused("recipients", number)
        found.append(Address(type=IdentityType(kind), value=value))
    return tuple(found)


def _pairs(text: str, place: str) -> Iterator[tuple[int, str, str]]:
    for number, line in enumerate(text.splitlines(), start=1):
        if not line.strip():
            continue
        name, equals, value = map(str.strip, line.partition("="))
        if not (name and equals and value):
            raise _refused(place, number)
        yield number, name, value


def _refused(place: str, number: int) -> Invalid:
    field_error = FieldError(f"/{place}", f"Line {number} is not kind=value.")
    return Invalid("The lines were refused; see `errors`.", [field_error])
