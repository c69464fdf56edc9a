"""What mail servers report: delivery status notifications (RFC 3464).

The hospital's mail server hands each mail to the bounce address on to us, whole
(docs/receipts.md). Which sending it speaks of stands in the address it came to
(`bounce+<id>@`), else in the envelope id, else in the Message-ID it returns.
"""

import re
from collections.abc import Iterator, Mapping
from email import message_from_bytes
from email.message import Message
from email.policy import compat32
from email.utils import parsedate_to_datetime
from typing import ClassVar
from uuid import UUID

from channels.accounts import EmailAccount
from channels.receipts import Inbound, Parsed, ProviderReceipt, ReceiptKeys, Reply
from channels.times import Clock, utc_now
from core.errors import Malformed
from core.words import Channel, Outcome, Reason

_ID = r"([0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})"
_VERP = re.compile(rf"\+{_ID}@", re.IGNORECASE)
_ENVELOPE = re.compile(rf"^\s*{_ID}\s*$", re.IGNORECASE)
_MESSAGE_ID = re.compile(rf"<{_ID}@", re.IGNORECASE)
_CAME_TO = ("To", "Delivered-To", "X-Original-To", "Envelope-To")
_STATUS = re.compile(r"[245]\.[0-9]{1,3}\.[0-9]{1,3}")
# "delayed" and "relayed" are no news of the person.
_ACTIONS: Mapping[str, Outcome] = {
    "failed": Outcome.FAILED,
    "delivered": Outcome.DELIVERED,
}
# Addressing errors, and a mailbox that is closed (RFC 3463).
_REFUSED = ("5.1.", "5.2.1")
_MOST_PARTS = 20


class EmailReceipts:
    """Reads bounces; a mail that is none says nothing."""

    channel: ClassVar[Channel] = Channel.EMAIL
    provider: ClassVar[str] = "smtp"

    def __init__(
        self, account: EmailAccount, keys: ReceiptKeys, clock: Clock = utc_now
    ) -> None:
        self._clock = clock

    def read(self, call: Inbound) -> Parsed:
        """Return what one mail says of a sending; Malformed where it can't be read."""
        try:
            mail = message_from_bytes(call.body, policy=compat32)
        except RecursionError:
            raise Malformed("The mail is nested too deep.") from None
        return Parsed(Reply(), tuple(self._receipts(mail)))

    def _receipts(self, mail: Message) -> Iterator[ProviderReceipt]:
        if mail.get_content_type() != "multipart/report":
            return
        parts = [part for part, _ in zip(mail.walk(), range(_MOST_PARTS), strict=False)]
        status = next((p for p in parts if _kind(p) == "message/delivery-status"), None)
        fields = _blocks(status) if status is not None else []
        sending = _sending_of(mail, fields, parts)
        if sending is None:
            return
        for block in fields:
            outcome = _ACTIONS.get(_field(block, "Action").lower())
            if outcome is not None:
                yield self._receipt(mail, block, sending, outcome)

    def _receipt(
        self, mail: Message, block: Message, sending: UUID, outcome: Outcome
    ) -> ProviderReceipt:
        found = _STATUS.search(_field(block, "Status"))
        code = found[0] if found else ""
        failed = outcome is Outcome.FAILED
        at = self._clock()
        try:
            written = parsedate_to_datetime(_field(mail, "Date"))
            at = written if written.tzinfo else at
        except (ValueError, TypeError, IndexError, OverflowError):
            pass
        return ProviderReceipt(
            channel=self.channel,
            provider=self.provider,
            sending_id=sending,
            outcome=outcome,
            reason=Reason.RECEIPT_FAILED if failed else None,
            code=code,
            refused=failed and code.startswith(_REFUSED),
            at=at,
        )


def _sending_of(
    mail: Message, fields: list[Message], parts: list[Message]
) -> UUID | None:
    """Return the sending that a report speaks of, by the surest way there is."""
    returned = [h for part in parts[1:] for h in part.get_all("Message-ID", [])]
    returned += [_text(part) for part in parts if _kind(part) == "text/rfc822-headers"]
    envelopes = [_field(block, "Original-Envelope-Id") for block in fields]
    came_to = [h for name in _CAME_TO for h in mail.get_all(name, [])]
    for pattern, texts in (
        (_VERP, came_to),
        (_ENVELOPE, envelopes),
        (_MESSAGE_ID, returned),
    ):
        for text in texts:
            found = pattern.search(str(text))
            if found:
                return UUID(found[1])
    return None


def _kind(part: Message) -> str:
    return part.get_content_type()


def _blocks(status: Message) -> list[Message]:
    """Return the groups of fields of a report: of the mail, then of each recipient."""
    payload = status.get_payload()
    found = payload if isinstance(payload, list) else []
    return [block for block in found if isinstance(block, Message)]


def _field(block: Message, name: str) -> str:
    return str(block.get(name, ""))


def _text(part: Message) -> str:
    payload = part.get_payload(decode=True)
    return payload.decode("latin-1") if isinstance(payload, bytes) else ""
