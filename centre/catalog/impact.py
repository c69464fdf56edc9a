"""What a change of a type's texts or channels would mean to those who send it."""

from centre.catalog.models import Breaking, Review
from centre.catalog.placeholders import required_params
from centre.clients import queries as clients
from core.errors import Conflict
from core.policies import MessageType
from db.session import Session

CHANGED_SINCE = "Somebody else has changed this since you opened it."
BREAKS = "After this change, requests that go through now would be refused."


def check_base(base: int | None, holding: int) -> None:
    """Raise Conflict where a change is based on another version than holds now."""
    if base is not None and base != holding:
        raise Conflict(CHANGED_SINCE)


async def impact(
    session: Session, before: MessageType, after: MessageType, names: tuple[str, ...]
) -> Review:
    """Return what becomes of requests; `names` are the new placeholders to show."""
    old, new = required_params(before), required_params(after)
    # Nobody can have sent a type that had no channels, or that is new.
    breaks = old != new and bool(before.policy.channels)
    return Review(
        placeholders=names,
        added=tuple(sorted(new - old)) if breaks else (),
        dropped=tuple(sorted(old - new)) if breaks else (),
        senders=await clients.senders_of(session, before.code) if breaks else (),
    )


def refuse_breaking(review: Review, breaking: Breaking) -> None:
    """Raise Conflict where a change breaks requests and its maker did not mean to."""
    if review.breaking and breaking is Breaking.REFUSE:
        raise Conflict(BREAKS)
