"""What lists of messages are asked for, and what they hold."""

from uuid import UUID

from pydantic import AwareDatetime

from core.base import Model
from core.models import Address, Message, MessageStatus, Recipient
from core.words import Channel, Status


class StoredMessage(Model):
    """A message and how it stands."""

    message: Message
    status: MessageStatus


class AddressedMessage(Model):
    """How a message stands and whom it is for; None where that can't be read."""

    status: MessageStatus
    recipient: Recipient | None


class MessageFilter(Model):
    """Which messages to list; `since` is included, `until` is not.

    `recipient` is any identity of whoever they are for, `person` an entry of the
    index. `unacknowledged`: only those that somebody still has to confirm.
    """

    client: str | None = None
    status: Status | None = None
    type: str | None = None
    reference: str | None = None
    recipient: Address | None = None
    person: UUID | None = None
    since: AwareDatetime | None = None
    until: AwareDatetime | None = None
    unacknowledged: bool = False
    batch: UUID | None = None


class MessageExport(Model):
    """Messages for a file, the newest first; `more` where others fit too."""

    items: tuple[MessageStatus, ...]
    more: bool


class AwayFrom(Model):
    """How many messages wait for a channel's provider.

    `account` is the one that was tried last; None where none could be.
    """

    channel: Channel
    account: str | None
    count: int
