"""Messages as lines of a list: what, to whom (masked), how it stands, by what."""

from centre.messages.contracts import AddressedMessage
from console.kit.names import Names
from console.kit.table import Row
from console.kit.texts import t
from console.kit.widgets import when
from console.kit.words import status_tone
from console.messages.summary import through
from core.models import MessageStatus, Recipient
from core.words import IdentityType


def row_of(doc: MessageStatus, known: Names) -> Row:
    """Return a message as a line of a list."""
    return {
        "id": str(doc.id),
        "address": f"/messages/{doc.id}",
        "created": when(doc.created_at),
        "type": known.type(doc.type),
        "status": t(f"status.{doc.status}"),
        "tone": status_tone(doc.status),
        "client": known.client(doc.client),
        "reference": doc.reference or "",
        "channel": through(doc, known),
    }


def addressed_row(one: AddressedMessage, known: Names) -> Row:
    """Return the same with whom it is for."""
    return {**row_of(one.status, known), "recipient": _in_short(one.recipient)}


def _in_short(recipient: Recipient | None) -> str:
    """Return a name and one number."""
    if recipient is None:
        return t("work.none")
    first = next(iter(recipient.identities.values()))
    number = recipient.identities.get(IdentityType.MOBILE, first)
    return f"{recipient.name} {number}" if recipient.name else number
