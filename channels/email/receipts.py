"""What mail servers report: delivery status notifications (RFC 3464).

The hospital's mail server hands each mail to the bounce address on to us, whole
(docs/receipts.md). Which sending it speaks of stands in the address it came to
(`bounce+<id>@`), else in the envelope id, else in the Message-ID it returns.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from email import message_from_string
from email.message import Message
from email.utils import parsedate_to_datetime
from typing import ClassVar
from uuid import UUID

from channels.email.codes import ADDRESS_CODES
from channels.email.mails import read_mail
from channels.email.sender import EmailAccount
from channels.kit.times import Clock
from channels.receipts import (
    CallbackReply,
    Inbound,
    Parsed,
    ProviderReceipt,
    ReceiptKeys,
)
from core.clock import utc_now
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
_ACTION = re.compile(r"[A-Za-z]+")
# Comments of a field (RFC 5322, 3.2.2), innermost first; deeper ones are none of ours.
_COMMENT = re.compile(r"\([^()]*\)")
_DEEPEST_COMMENT = 3
_LONGEST_FIELD = 512
_MOST_PARTS = 20
_MOST_RECIPIENTS = 100
# RFC 3464, and the same for addresses beyond ASCII (RFC 6533, 3).
_STATUSES = ("message/delivery-status", "message/global-delivery-status")
_ENCODED = ("base64", "quoted-printable")
_HEADERS = ("text/rfc822-headers", "message/global-headers")
# Exchange names the mail it could not deliver by the first of these.
_RETURNED = ("X-Original-Message-ID", "Message-ID")
_ANSWERED = ("X-Original-Message-ID", "In-Reply-To", "References")


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
        return Parsed(CallbackReply(), tuple(self._receipts(read_mail(call.body))))

    def _receipts(self, mail: Message) -> Iterator[ProviderReceipt]:
        parts = [part for part, _ in zip(mail.walk(), range(_MOST_PARTS), strict=False)]
        # A gateway that adds a line to each mail puts the report into another.
        if not any(_kind(part) == "multipart/report" for part in parts):
            return
        status = next((p for p in parts if _kind(p) in _STATUSES), None)
        fields = _blocks(status) if status is not None else []
        sending = _sending_of(mail, fields, parts)
        if sending is None:
            return
        for block in fields:
            outcome = _ACTIONS.get(_action(block))
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
            refused=failed and code in ADDRESS_CODES,
            at=at,
        )


def _sending_of(
    mail: Message, fields: list[Message], parts: list[Message]
) -> UUID | None:
    """Return the sending that a report speaks of, by the surest way there is."""
    returned = [h for p in parts[1:] for h in _ids(p, _RETURNED)]
    returned += [_text(part) for part in parts if _kind(part) in _HEADERS]
    returned += [h for block in fields for h in _ids(block, _RETURNED)]
    envelopes = [_field(block, "Original-Envelope-Id") for block in fields]
    came_to = [h for name in _CAME_TO for h in mail.get_all(name, [])]
    for pattern, texts in (
        (_VERP, came_to),
        (_ENVELOPE, envelopes),
        (_MESSAGE_ID, returned + _ids(mail, _ANSWERED)),
    ):
        for text in texts:
            found = pattern.search(str(text))
            if found:
                return UUID(found[1])
    return None


def _kind(part: Message) -> str:
    return part.get_content_type()


def _ids(part: Message, names: Iterable[str]) -> list[str]:
    return [str(value) for name in names for value in part.get_all(name, [])]


def _blocks(status: Message) -> list[Message]:
    """Return the groups of fields of a report: of the mail, then of each recipient."""
    payload = status.get_payload()
    found = payload if isinstance(payload, list) else []
    if _kind(status) != _STATUSES[0] or _encoding(status) in _ENCODED:
        # Python reads what RFC 6533 added, and what is encoded, as one mail.
        found = [message_from_string(b) for b in _paragraphs(status)]
    return [block for block in found if isinstance(block, Message)]


def _paragraphs(status: Message) -> list[str]:
    """Return the groups of fields of a part that may be encoded, as texts."""
    payload = status.get_payload()
    inner = payload[0] if isinstance(payload, list) and payload else payload
    whole = inner.as_string() if isinstance(inner, Message) else str(inner)
    encoding = _encoding(status)
    if encoding in _ENCODED:
        holder = Message()
        holder["Content-Transfer-Encoding"] = encoding
        holder.set_payload(whole.strip())
        whole = _text(holder)
    return re.split(r"\r?\n[ \t]*\r?\n", whole.strip())[:_MOST_RECIPIENTS]


def _encoding(part: Message) -> str:
    return _field(part, "Content-Transfer-Encoding").strip().lower()


def _action(block: Message) -> str:
    """Return what a report says was done, without blanks and comments."""
    said = _field(block, "Action")[:_LONGEST_FIELD]
    for _ in range(_DEEPEST_COMMENT):
        said = _COMMENT.sub(" ", said)
    found = _ACTION.search(said)
    return found[0].lower() if found else ""


def _field(block: Message, name: str) -> str:
    return str(block.get(name, ""))


def _text(part: Message) -> str:
    payload = part.get_payload(decode=True)
    return payload.decode("latin-1") if isinstance(payload, bytes) else ""
