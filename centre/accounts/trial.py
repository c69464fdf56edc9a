"""One test message straight through a channel's provider, and what it answered.

Not a message of a client: no workflow, no policy, no repetition. What is tried
is the account that holds now and the words of a type, so that the answer is the
provider's own and comes at once.
"""

from collections.abc import Mapping
from typing import Literal
from uuid import UUID

from pydantic import Field
from uuid_utils.compat import uuid7

from centre.accounts.current_queries import current_accounts
from centre.accounts.live_channels import InboxShelf
from centre.accounts.rules import named
from centre.accounts.tokens import SharedTokens
from centre.audit import audit
from centre.audit.audit import Actor
from centre.audit.roles import ADMINS
from centre.catalog import type_queries
from centre.catalog.placeholders import template_placeholders
from centre.catalog.samples import sample_params
from centre.context import Context
from centre.providers.fallback import fallback
from channels.base import Acceptance, Closing, Content, Sender, Sending
from channels.hospital.inbox import InboxSender
from channels.kit.http import open_http
from channels.provider import Account, Tools, of_channel
from channels.registry import open_sender
from core import identities
from core.base import Model
from core.errors import (
    ContentRefused,
    DeliveryError,
    FieldError,
    Invalid,
    Misconfigured,
    NotFound,
    OutcomeUnknown,
    ProviderDown,
    RateLimited,
    RecipientRefused,
)
from core.fields import MAX_PARAMS, Code, ParamName
from core.identities import ADDRESSES, mask
from core.models import Address
from core.policies import Template
from core.settings import Settings
from core.words import Channel, IdentityType, Priority
from db.session import Session

Verdict = Literal[
    "delivered",
    "taken",
    "no_account",
    "provider_down",
    "unknown",
    "rate_limited",
    "recipient_refused",
    "content_refused",
    "misconfigured",
]
_VERDICTS: tuple[tuple[type[DeliveryError], Verdict], ...] = (
    (ProviderDown, "provider_down"),
    (OutcomeUnknown, "unknown"),
    (RateLimited, "rate_limited"),
    (RecipientRefused, "recipient_refused"),
    (ContentRefused, "content_refused"),
    (Misconfigured, "misconfigured"),
)
_TITLE = "测试消息 Test message"
_BODY = "这是医院消息中心的测试消息，请忽略。This is a test; please ignore it."


class Trial(Model):
    """Whom a test goes to, and in which type's words (plain ones without)."""

    identity_type: IdentityType
    value: str = Field(min_length=1, max_length=255, repr=False)
    message_type: Code | None = None
    params: dict[ParamName, str] = Field(default={}, max_length=MAX_PARAMS, repr=False)


class TrialResult(Model):
    """What the provider said; `code` is its own."""

    id: UUID
    channel: Channel
    verdict: Verdict
    provider: str | None = None
    code: str | None = None
    provider_message_id: str | None = None


async def send_trial(
    context: Context,
    channel: Channel,
    trial: Trial,
    actor: Actor,
    code: str | None = None,
) -> TrialResult:
    """Send a test now; whatever the provider says is an answer, not an error.

    It goes by the account of this code, enabled or not; by the heaviest enabled
    one where none is named.
    """
    actor.must_be(*ADMINS)
    address = _address(channel, trial)
    async with context.store.sessions() as session:
        account = await _account(session, context.settings, channel, code)
        kind = trial.message_type
        found = await type_queries.find_message_type(session, kind) if kind else None
    content = _content(channel, trial, found.templates if found else {})
    sending = Sending(
        id=uuid7(),
        message_id=uuid7(),
        channel=channel,
        priority=Priority.NORMAL,
        address=address,
        content=content,
    )
    async with open_http() as http:
        store = context.store
        tools = Tools(http, InboxShelf(store), SharedTokens(store))
        result = await _sent(account, tools, sending)
    tried = {"account": account.code} if account else {}
    await _note(context, actor, trial, result, address, tried)
    return result


async def _note(
    context: Context,
    actor: Actor,
    trial: Trial,
    result: TrialResult,
    address: Address,
    account: Mapping[str, str],
) -> None:
    """Write down what was tried and what was answered; the number only masked."""
    after = result.model_dump(mode="json", exclude_none=True)
    after |= {"to": mask(address.type, address.value)}
    after |= {"message_type": trial.message_type, **account}
    async with context.store.sessions.begin() as session:
        target = f"channels/{result.channel}"
        await audit.write(session, actor, "send-test", target, None, after)


async def _account(
    session: Session, settings: Settings, channel: Channel, code: str | None
) -> Account | None:
    """Return the account to try; NotFound where there is none of this code."""
    current = await current_accounts(session, fallback(settings)[1])
    fits = of_channel(current, channel)
    if code is None:
        enabled = (account for account in fits if account.enabled)
        return max(enabled, key=lambda account: account.weight, default=None)
    return named(fits, code)


def _address(channel: Channel, trial: Trial) -> Address:
    kind = trial.identity_type
    if kind not in ADDRESSES[channel]:
        usable = ", ".join(ADDRESSES[channel])
        text = f"This channel reaches people by: {usable}."
        raise Invalid(text, [FieldError("/identity_type", text)])
    try:
        return Address(type=kind, value=identities.normalise(kind, trial.value))
    except ValueError as error:
        raise Invalid(
            f"The value {error}.", [FieldError("/value", str(error))]
        ) from None


def _content(
    channel: Channel, trial: Trial, templates: Mapping[Channel, Template]
) -> Content:
    if trial.message_type is None:
        return Content(title=_TITLE, body=_BODY, params={"content": _TITLE})
    template = templates.get(channel)
    if template is None:
        raise NotFound("This message type has no template for this channel.")
    params = sample_params(template_placeholders(template)) | trial.params
    return Content.of(template, params)


async def _sent(account: Account | None, tools: Tools, sending: Sending) -> TrialResult:
    channel, id = sending.channel, sending.id
    if channel is not Channel.INBOX and account is None:
        return TrialResult(id=id, channel=channel, verdict="no_account")
    try:
        taken = await _sent_by(account, tools, sending)
    except DeliveryError as error:
        return TrialResult(
            id=id, channel=channel, verdict=_verdict(error), code=error.code or None
        )
    except (OSError, ValueError):  # a certificate's file that is not there
        return TrialResult(id=id, channel=channel, verdict="misconfigured")
    return _taken(id, channel, taken)


async def _sent_by(
    account: Account | None, tools: Tools, sending: Sending
) -> Acceptance:
    """Send once, by a sender opened for it alone."""
    sender: Sender = (
        open_sender(account, tools) if account else InboxSender(tools.deposit)
    )
    try:
        return await sender.send(sending)
    finally:
        if isinstance(sender, Closing):
            await sender.aclose()


def _verdict(error: DeliveryError) -> Verdict:
    fits = (verdict for kind, verdict in _VERDICTS if isinstance(error, kind))
    return next(fits, "unknown")


def _taken(id: UUID, channel: Channel, taken: Acceptance) -> TrialResult:
    return TrialResult(
        id=id,
        channel=channel,
        verdict="delivered" if taken.delivered else "taken",
        provider=taken.provider,
        provider_message_id=taken.provider_message_id,
    )
