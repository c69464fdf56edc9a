"""What a request is that came with its key before: the same one again, or refused."""

from centre.flows.ports import Started
from core.errors import Invalid
from core.models import Message


def replay(first: Message, fingerprint: str) -> Started:
    """Return the first message for a request that came again with its key."""
    refuse_other_body(first.fingerprint, fingerprint)
    return Started(message=first, replayed=True)


def refuse_other_body(first: str, again: str) -> None:
    """Raise Invalid where a key came again with a body of another fingerprint."""
    if first != again:
        raise Invalid("This Idempotency-Key was used with another body.")
