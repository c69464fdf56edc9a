"""Whether a request becomes a message, and which: pure, shared by every edge."""

import hashlib
import json
import unicodedata
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
)

from centre.catalog.placeholders import required_params
from centre.catalog.plan import plan
from core.errors import FieldError, Forbidden, Invalid
from core.fields import MAX_PARAM, MAX_PARAMS, Code, ParamName, Time
from core.identities import normalise
from core.models import Detail, Message, Recipient
from core.policies import MessageType
from core.text.letters import Words, visible
from core.text.plain_text import MaybePlainText
from core.words import Channel, IdentityType

# Nothing is booked further ahead; timers and dates stay in range.
MAX_AHEAD = timedelta(days=3660)


class RecipientRequest(BaseModel):
    """Who shall be reached, by at least one identity."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)

    identities: dict[IdentityType, str] = Field(min_length=1, repr=False)
    name: MaybePlainText = Field(default=None, max_length=128, repr=False)


class MessageRequest(BaseModel):
    """The body of `POST /v1/messages`."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)

    type: Code
    recipient: RecipientRequest
    params: dict[ParamName, Words] = Field(
        default={}, max_length=MAX_PARAMS, repr=False
    )
    link: str | None = Field(default=None, max_length=2048, repr=False)
    detail: Detail | None = None
    channels: list[Channel] | None = Field(default=None, min_length=1, max_length=16)
    send_at: Time | None = None
    expires_at: Time | None = None
    reference: MaybePlainText = Field(default=None, min_length=1, max_length=64)


@dataclass(frozen=True)
class Sender:
    """The client system that asks; `None` allows it every type."""

    code: str
    message_types: frozenset[str] | None = None
    notify: bool = False


def fingerprint(request: MessageRequest) -> str:
    """Return the hash that tells one request body from another."""
    body: dict[str, Any] = request.model_dump(mode="json")
    canonical = json.dumps(body, sort_keys=True)
    return hashlib.sha256(canonical.encode()).hexdigest()


def accept(
    request: MessageRequest,
    sender: Sender,
    message_type: MessageType | None,
    *,
    message_id: UUID,
    now: datetime,
    resend_window: timedelta,
    passes_pause: bool = False,
) -> Message:
    """Return the message, its plan fixed; Forbidden or Invalid where it can't be."""
    kind = usable_type(request.type, sender, message_type)
    return Message(
        id=message_id,
        client=sender.code,
        type=kind.code,
        priority=kind.priority,
        recipient=_checked(request, kind, now),
        params=request.params,
        link=request.link,
        detail=request.detail,
        plan=plan(kind.policy, only=request.channels),
        confirm=kind.policy.confirm,
        unknown=kind.policy.unknown_of_each,
        templates={channel: t.version for channel, t in kind.templates.items()},
        policy_version=kind.policy.version,
        reference=request.reference,
        send_at=request.send_at and request.send_at.astimezone(UTC),
        expires_at=request.expires_at and request.expires_at.astimezone(UTC),
        created_at=now,
        fingerprint=fingerprint(request),
        resend_window=resend_window,
        notify_client=sender.notify,
        acknowledge=kind.acknowledge,
        read_back_param=kind.read_back_param,
        passes_pause=passes_pause,
        retry_seconds=kind.waits_seconds,
        resend_when_back=kind.resend_when_back,
    )


def _checked(
    request: MessageRequest, message_type: MessageType, now: datetime
) -> Recipient:
    """Return who is meant, each identity in its one spelling, if nothing is wrong."""
    identities: dict[IdentityType, str] = {}
    field_errors = [
        *recipient_wrongs(request, required_params(message_type), identities),
        *shared_field_errors(request, message_type, now),
    ]
    if field_errors:
        raise Invalid("The message was refused; see `errors`.", field_errors)
    return Recipient(identities=identities, name=request.recipient.name)


def recipient_wrongs(
    request: MessageRequest,
    required: Collection[str],
    identities: dict[IdentityType, str],
) -> Iterator[FieldError]:
    """Yield what is wrong with one person's part; fill in the identities."""
    yield from _identities(request, identities)
    yield from _params(request, required)
    yield from _characters(request)


def shared_field_errors(
    request: MessageRequest, message_type: MessageType, now: datetime
) -> Iterator[FieldError]:
    """Yield what is wrong with the rest: channels, link, times."""
    yield from _channels(request, message_type)
    yield from _link(request)
    yield from _times(request, now)


def usable_type(code: str, sender: Sender, found: MessageType | None) -> MessageType:
    """Return the type, if this client may send it now; Forbidden or Invalid."""
    if found is None:
        raise refused("/type", "There is no such message type.")
    if sender.message_types is not None and found.code not in sender.message_types:
        raise Forbidden("This client may not send this message type.")
    if not found.enabled:
        raise refused("/type", "This message type is disabled.")
    if not found.policy.channels:
        raise refused("/type", "This message type has no channels in its policy yet.")
    return found


def refused(pointer: str, detail: str) -> Invalid:
    """Return the error for one wrong place."""
    return Invalid(detail, [FieldError(pointer, detail)])


def _identities(
    request: MessageRequest, into: dict[IdentityType, str]
) -> Iterator[FieldError]:
    for kind, value in request.recipient.identities.items():
        try:
            into[kind] = normalise(kind, value)
        except ValueError as error:
            yield FieldError(f"/recipient/identities/{kind}", str(error))


def _channels(
    request: MessageRequest, message_type: MessageType
) -> Iterator[FieldError]:
    known = {c.channel for c in message_type.policy.channels}
    seen: set[Channel] = set()
    for index, channel in enumerate(request.channels or ()):
        if channel not in known:
            yield FieldError(
                f"/channels/{index}", "The type's policy lacks this channel."
            )
        if channel in seen:
            yield FieldError(f"/channels/{index}", "This channel is named twice.")
        seen.add(channel)


def _params(request: MessageRequest, required: Collection[str]) -> Iterator[FieldError]:
    for name in sorted(set(required) - request.params.keys()):
        yield FieldError(f"/params/{name}", "This parameter is missing.")
    for name, value in request.params.items():
        if name not in required:
            yield FieldError(_pointer(name), "No template has this parameter.")
        elif not any(map(visible, value)):
            yield FieldError(f"/params/{name}", "This parameter is empty.")
        elif len(value) > MAX_PARAM:
            yield FieldError(f"/params/{name}", f"Longer than {MAX_PARAM} characters.")


def _pointer(name: str) -> str:
    """Return the JSON pointer of a parameter (RFC 6901 escapes)."""
    return "/params/" + name.replace("~", "~0").replace("/", "~1")


def _characters(request: MessageRequest) -> Iterator[FieldError]:
    """Refuse what neither a database nor a phone can hold (NUL, half characters)."""
    for pointer, text in _texts(request):
        if any(
            unicodedata.category(c) in ("Cc", "Cs") for c in text if c not in "\t\n\r"
        ):
            yield FieldError(pointer, "Holds a control character.")


def _texts(request: MessageRequest) -> Iterator[tuple[str, str]]:
    yield "/recipient/name", request.recipient.name or ""
    yield "/reference", request.reference or ""
    for name, value in request.params.items():
        yield _pointer(name), value
    if request.detail is not None:
        yield "/detail/title", request.detail.title
        for index, item in enumerate(request.detail.items):
            yield f"/detail/items/{index}/label", item.label
            yield f"/detail/items/{index}/value", item.value


def _link(request: MessageRequest) -> Iterator[FieldError]:
    if request.link is None:
        return
    if request.detail is not None:
        yield FieldError("/detail", "Give a link or a detail, not both.")
    if not _is_https(request.link):
        yield FieldError("/link", "Must be an https address.")


def _is_https(link: str) -> bool:
    """Tell whether a phone would open this at the host that it shows."""
    if "\\" in link or any(c.isspace() or not c.isprintable() for c in link):
        return False
    try:
        parts = urlsplit(link)
        parts.port  # noqa: B018, raises where it is not a number
    except ValueError:
        return False
    return parts.scheme == "https" and bool(parts.hostname) and "@" not in parts.netloc


def _times(request: MessageRequest, now: datetime) -> Iterator[FieldError]:
    times: Mapping[str, datetime | None] = {
        "send_at": request.send_at,
        "expires_at": request.expires_at,
    }
    for name, at in times.items():
        if at is not None and at <= now:
            yield FieldError(f"/{name}", "Lies in the past.")
        elif at is not None and at > now + MAX_AHEAD:
            yield FieldError(f"/{name}", "Lies more than ten years ahead.")
    if request.send_at and request.expires_at and request.expires_at <= request.send_at:
        yield FieldError("/expires_at", "Lies before send_at.")
