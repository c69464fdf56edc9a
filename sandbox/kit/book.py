"""The list of what the doubles took."""

from collections import deque
from collections.abc import Callable, Hashable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from core.words import Channel
from sandbox.kit.addresses import spelling
from sandbox.kit.memory import Memory
from sandbox.kit.outcomes import Outcome


@dataclass(slots=True)
class Entry:
    """One message a provider took; `repeats` counts the duplicates it dropped."""

    channel: Channel
    provider: str
    recipient: str
    at: datetime
    provider_message_id: str
    outcome: Outcome
    request: dict[str, object]
    repeats: int = 0
    recalled: bool = False

    def shown(self) -> dict[str, object]:
        """Return the item as `GET /_sandbox/messages` lists it."""
        return {
            "channel": self.channel,
            "provider": self.provider,
            "recipient": self.recipient,
            "at": self.at.isoformat(),
            "provider_message_id": self.provider_message_id,
            "outcome": self.outcome,
            "repeats": self.repeats,
            "recalled": self.recalled,
            "request": self.request,
        }


class Book:
    """The newest entries, and the duplicate keys of the providers that have one."""

    def __init__(self, room: int, clock: Callable[[], datetime]) -> None:
        self._entries: deque[Entry] = deque(maxlen=room)
        self._keys: Memory[Entry] = Memory(room, clock)

    def enter(self, entry: Entry) -> Entry:
        """List a message."""
        self._entries.append(entry)
        return entry

    def enter_once(self, entry: Entry, key: Hashable, lasts: timedelta) -> Entry:
        """List a message, unless its provider drops it as a duplicate.

        Returns the entry that stands for both: the first with this key.
        """
        whole_key = (entry.provider, entry.recipient, key)
        first = self._keys.recall(whole_key)
        if first is not None:
            first.repeats += 1
            return first
        self._keys.keep(whole_key, entry, lasts)
        return self.enter(entry)

    def entries(
        self, channel: Channel | None = None, recipient: str | None = None
    ) -> Iterator[Entry]:
        """Yield what was taken, the oldest first."""
        for entry in self._entries:
            if channel is not None and entry.channel is not channel:
                continue
            if recipient is None or (
                spelling(entry.channel, entry.recipient)
                == spelling(entry.channel, recipient)
            ):
                yield entry

    def empty(self) -> None:
        """Forget every message, and with them the duplicate keys."""
        self._entries.clear()
        self._keys.clear()
