"""The one link of a message: the client's own, or the centre's detail page."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from centre.messages.links import LINK_LIFE, detail_link


@dataclass(frozen=True, repr=False)
class Links:
    """Makes links that are the same for every attempt at a message."""

    base_url: str
    token_key: bytes

    def link(
        self,
        message_id: UUID,
        created_at: datetime,
        given: str | None,
        expires_at: datetime | None = None,
    ) -> str:
        """Return a link that no other message has; the page's ends with its message.

        WeCom drops a second message whose whole request is alike, so two
        messages with the same client's link must still differ.
        """
        if given is None:
            ends = created_at + LINK_LIFE
            expires = min(ends, expires_at) if expires_at else ends
            return detail_link(self.base_url, self.token_key, message_id, expires)
        return given if "#" in given else f"{given}#{message_id.hex}"
