"""A batch: messages of one type to many people, checked whole before any is sent."""

import math
from collections.abc import Collection, Iterator, Mapping
from datetime import datetime, timedelta
from typing import Annotated
from uuid import NAMESPACE_OID, UUID, uuid5

from pydantic import BaseModel, ConfigDict, Field

from centre.flows.batches import Batch, BatchState
from centre.messages.acceptance import (
    MessageRequest,
    RecipientRequest,
    Sender,
    accept,
    recipient_wrongs,
    refused,
    shared_field_errors,
    usable_type,
)
from core.base import Model, evolve
from core.errors import FieldError, Invalid
from core.fields import MAX_PARAMS, Code, ParamName, Time
from core.models import Message, Recipient
from core.policies import MessageType
from core.rate_limits import SLOWEST
from core.sheets.lines import MAX_LINES
from core.text.letters import Words
from core.text.plain_text import MaybePlainText
from core.words import Channel, IdentityType, Priority, Status

MAX_RECIPIENTS = MAX_LINES
MAX_RATE = 1000.0
# So many wrong places are told; a file with a wrong column has ten thousand.
MOST_TOLD = 100
# A page is what goes out in this time, so that an order to stop is met soon.
_PAGE = timedelta(seconds=2)
_LARGEST_PAGE = 200

Rate = Annotated[float, Field(ge=SLOWEST, le=MAX_RATE, strict=True)]


# What waits is not in the messages' table.
WAITING = "waiting"
COUNTED = (WAITING, *(status.value for status in Status))


class BatchRecipient(BaseModel):
    """One person of a batch, and what their message says."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)

    identities: dict[IdentityType, str] = Field(min_length=1, repr=False)
    params: dict[ParamName, Words] = Field(
        default={}, max_length=MAX_PARAMS, repr=False
    )
    name: MaybePlainText = Field(default=None, max_length=128, repr=False)
    reference: MaybePlainText = Field(default=None, min_length=1, max_length=64)


class BatchRequest(BaseModel):
    """The body of `POST /v1/batches`."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)

    type: Code
    recipients: list[BatchRecipient] = Field(min_length=1, max_length=MAX_RECIPIENTS)
    channels: list[Channel] | None = Field(default=None, min_length=1, max_length=16)
    send_at: Time | None = None
    expires_at: Time | None = None
    rate_per_second: Rate | None = None
    once_each: bool = Field(
        default=False,
        strict=True,
        description="Leave out whoever an earlier recipient names already.",
    )


class AddressedPerson(Model):
    """One recipient as checked: what their message has of its own."""

    recipient: Recipient
    params: dict[str, str] = Field(default={}, repr=False)
    reference: str | None = None

    def message(self, frame: Message, position: int, now: datetime) -> Message:
        """Return this recipient's message of a batch; `frame` is what all share."""
        assert frame.batch is not None
        return evolve(
            frame,
            id=batch_message_id(frame.batch, position),
            recipient=self.recipient,
            params=self.params,
            reference=self.reference,
            created_at=now,
        )


class Waiting(Model):
    """One recipient whose message has not begun; `known` if it has, unmarked."""

    position: int
    addressed: AddressedPerson
    known: bool = False


def keyed_batch_id(client: str, idempotency_key: str) -> UUID:
    """Return the id that a client's idempotency key always gives (version 5)."""
    return uuid5(NAMESPACE_OID, f"hmc:batch:{client}:{idempotency_key}")


def batch_message_id(batch_id: UUID, position: int) -> UUID:
    """Return the id of one message, the same however often it is begun."""
    return uuid5(batch_id, str(position))


def first_state(send_at: datetime | None, now: datetime) -> BatchState:
    """Return where a batch stands that nobody has steered."""
    late = send_at is not None and send_at > now
    return BatchState.SCHEDULED if late else BatchState.SENDING


def is_rate(per_second: float) -> bool:
    """Tell whether so many messages of a batch may begin in a second."""
    return SLOWEST <= per_second <= MAX_RATE


def page_size(rate_per_second: float) -> int:
    """Return how many messages are begun together at a rate."""
    wanted = math.ceil(rate_per_second * _PAGE.total_seconds())
    return max(1, min(wanted, _LARGEST_PAGE))


def batch_type(
    request: BatchRequest, sender: Sender, found: MessageType | None
) -> MessageType:
    """Return the type, as urgent as a batch may be; Forbidden or Invalid.

    A batch goes out behind everything else, which a critical value must not.
    """
    message_type = usable_type(request.type, sender, found)
    if message_type.priority is Priority.CRITICAL:
        raise refused("/type", "Critical messages are sent one by one.")
    return evolve(message_type, priority=Priority.BULK)


def batch_wrongs(
    request: BatchRequest, message_type: MessageType, now: datetime
) -> Iterator[FieldError]:
    """Yield what is wrong with what all recipients share."""
    yield from shared_field_errors(
        _message(request, request.recipients[0]), message_type, now
    )


def address(
    asked: BatchRecipient,
    index: int,
    required: Collection[str],
    field_errors: list[FieldError],
) -> AddressedPerson:
    """Return a checked recipient; add what is wrong with it to `wrong`."""
    identities: dict[IdentityType, str] = {}
    message = MessageRequest.model_construct(
        type="",
        recipient=RecipientRequest.model_construct(
            identities=asked.identities, name=asked.name
        ),
        params=asked.params,
        reference=asked.reference,
        detail=None,
    )
    for found in recipient_wrongs(message, required, identities):
        field_errors.append(FieldError(pointer_in(index, found.pointer), found.detail))
    recipient = Recipient.model_construct(identities=identities, name=asked.name)
    return AddressedPerson.model_construct(
        recipient=recipient, params=asked.params, reference=asked.reference
    )


def refuse(field_errors: list[FieldError], most: int | None = MOST_TOLD) -> None:
    """Raise Invalid with the first wrong places, if there are any; None: with all."""
    if not field_errors:
        return
    told, detail = field_errors[:most], "The batch was refused; see `errors`."
    if len(told) < len(field_errors):
        detail = (
            f"The batch was refused; see `errors`, the first of {len(field_errors)}."
        )
    raise Invalid(detail, told)


def frame(
    request: BatchRequest,
    sender: Sender,
    message_type: MessageType,
    *,
    batch_id: UUID,
    now: datetime,
    resend_window: timedelta,
) -> Message:
    """Return the message that all of a checked batch are copies of.

    Its plan and the versions of its texts are those of now.
    """
    first = accept(
        _message(request, request.recipients[0]),
        sender,
        message_type,
        message_id=batch_id,
        now=now,
        resend_window=resend_window,
    )
    return evolve(
        first,
        recipient=Recipient(identities={}),
        params={},
        reference=None,
        batch=batch_id,
        fingerprint="",
    )


def _message(request: BatchRequest, asked: BatchRecipient) -> MessageRequest:
    recipient = RecipientRequest(identities=asked.identities, name=asked.name)
    return MessageRequest(
        type=request.type,
        recipient=recipient,
        params=asked.params,
        channels=request.channels,
        send_at=request.send_at,
        expires_at=request.expires_at,
        reference=asked.reference,
    )


def pointer_in(index: int, pointer: str) -> str:
    """Return where in a batch a wrong place of one message is."""
    return f"/recipients/{index}" + pointer.removeprefix("/recipient")


def counts_in_state(batch: Batch, counts: Mapping[str, int]) -> dict[str, int]:
    """Return the counts; what waits in a batch that is stopped waits no more."""
    shown = dict(counts)
    if batch.steering.state in (BatchState.CANCELLED, BatchState.EXPIRED):
        shown[batch.steering.state.value] += shown[WAITING]
        shown[WAITING] = 0
    return shown
