"""One message in place of several: which type says it, and with what. Pure."""

from collections.abc import Iterator

from centre.catalog.placeholders import template_placeholders
from core.errors import FieldError, Invalid
from core.policies import MessageType

# What the centre itself puts into a digest's templates.
COUNT, TYPE_NAME = "count", "type_name"
FILLED = frozenset({COUNT, TYPE_NAME})


def values(message_type: MessageType, count: int) -> dict[str, str]:
    """Return what a digest of so many messages of a type says."""
    return {COUNT: str(count), TYPE_NAME: message_type.name}


def check_digest(message_type: MessageType, digest: MessageType | None) -> None:
    """Raise Invalid where a type's digest could not be sent in its place."""
    found = [FieldError("/digest", detail) for detail in _wrong(message_type, digest)]
    if found:
        raise Invalid("The digest was refused; see `errors`.", found)


def _wrong(message_type: MessageType, digest: MessageType | None) -> Iterator[str]:
    if digest is None:
        yield "There is no such message type."
        return
    if digest.code == message_type.code:
        yield "A type can't be its own digest."
    if message_type.acknowledge:
        yield "What must be confirmed one by one can't be told in one."
    asked = {c.channel for c in message_type.policy.channels}
    if not digest.templates or asked - digest.templates.keys():
        yield "The digest has no template for a channel of this type."
    said = (template_placeholders(t) for t in digest.templates.values())
    if any(set(names) - FILLED for names in said):
        yield "A digest is filled with {{count}} and {{type_name}} only."
