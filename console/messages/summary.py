"""What became of a message, in a sentence or two."""

from collections.abc import Iterable, Iterator

from console.kit.names import Names
from console.kit.texts import t
from console.kit.widgets import when
from core.models import MessageStatus
from core.words import Channel, Outcome, Status

_THROUGH = (Outcome.READ, Outcome.DELIVERED, Outcome.ACCEPTED)


def in_words(doc: MessageStatus, known: Names) -> Iterator[str]:
    """Yield how a message stands, and what can be done about it."""
    if doc.status is Status.DELIVERED:
        yield t("story.delivered", channels=through(doc, known))
    elif doc.status is Status.FAILED:
        yield from _failed(doc, known)
    else:
        yield t(f"story.{doc.status}")
    if doc.waiting is not None and doc.waiting.channel is not None:
        key = "away_beside" if doc.status is Status.DELIVERED else "away"
        channel = known.channel(doc.waiting.channel)
        yield t(f"story.{key}", channel=channel, at=when(doc.waiting.until))
    if doc.run > 1:
        itself = doc.automatic_resends == doc.run - 1
        yield t("story.again_itself" if itself else "story.again", number=doc.run)


def through(doc: MessageStatus, known: Names) -> str:
    """Return the channels that took a message on, or reached its recipient."""
    return _list((d.channel for d in doc.deliveries if d.outcome in _THROUGH), known)


def _failed(doc: MessageStatus, known: Names) -> Iterator[str]:
    tried = [d.channel for d in doc.deliveries if d.attempts]
    if tried:
        yield t("story.failed", channels=_list(tried, known))
    else:
        yield t("story.failed_none")
    if doc.resendable_until is not None:
        if doc.resends_on:
            yield t("story.resends_itself", channels=_list(doc.resends_on, known))
        yield t("story.resendable", until=when(doc.resendable_until))


def _list(channels: Iterable[Channel], known: Names) -> str:
    return t("story.and").join(known.channel(channel) for channel in channels)
