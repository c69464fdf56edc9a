"""What people answer to short messages: an opt-out, or nothing that we know.

It holds for SMS to that number, and for what is of the same class as the last text
that went there: the one it answers. Where no text is known it holds for all of them.
Critical messages go out all the same.
"""

from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID, uuid5

import structlog

from centre.audit.audit import Actor
from centre.catalog import type_queries
from centre.context import Context
from centre.delivery.text_queries import texts_to
from centre.messages.acceptance import MessageRequest, Sender, accept
from centre.people import opt_outs as preferences
from centre.people.contracts import Preference
from centre.people.replies import CONFIRMATION, asks_to_stop
from centre.seeds.seeds import add_confirmation
from channels.uplinks import Uplink
from core.clock import utc_now
from core.errors import Invalid
from core.identities import normalise
from core.models import Message
from core.policies import MessageType
from core.words import Channel, IdentityType, OptOutSource
from db.session import Session

# Whose texts are free: elsewhere each needs a template that was approved.
_FREE = frozenset({"cmpp", "smpp"})
_NAMESPACE = UUID("3d6c1c8e-7f0b-4d58-9d53-0a9a4f1f6b1e")

log = structlog.get_logger("replies")


class ReplyResult(StrEnum):
    """What became of a reply."""

    OPTED_OUT = "opted_out"
    REPEATED = "repeated"
    UNKNOWN = "unknown_reply"


@dataclass(frozen=True)
class ReplyIntake:
    """Takes in what people send back."""

    context: Context

    async def take(self, uplink: Uplink) -> ReplyResult:
        """Take in one text; Unavailable where the store or Temporal is away."""
        mobile = _mobile(uplink.number)
        if mobile is None or not asks_to_stop(uplink.text):
            # Never its words: they may say anything of anybody.
            log.info("reply.unknown", provider=uplink.provider, account=uplink.account)
            return ReplyResult.UNKNOWN
        async with self.context.store.sessions.begin() as session:
            last = await _last(session, mobile)
            message_type = last and await type_queries.find_message_type(
                session, last.type
            )
            said, new = await preferences.note_opt_out(
                session,
                IdentityType.MOBILE,
                mobile,
                Channel.SMS,
                Actor(who=f"replies/{uplink.provider}", role="system"),
                type_class=message_type.type_class if message_type else None,
                source=OptOutSource.SMS_REPLY,
            )
            confirmation = last and await _confirmation(session, uplink.provider)
        if last and confirmation:
            await self._answer(last, confirmation, mobile, said)
        return ReplyResult.OPTED_OUT if new else ReplyResult.REPEATED

    async def _answer(
        self, last: Message, message_type: MessageType, mobile: str, said: Preference
    ) -> None:
        """Say once that it was taken in, as the client whose text was answered.

        However often the reply comes: the message has one id for each opt-out.
        """
        once = f"{last.id} {said.type_class} {said.since.isoformat()}"
        asked = MessageRequest.model_validate(
            {
                "type": message_type.code,
                "recipient": {"identities": {"mobile": mobile}},
                "channels": ["sms"],
            }
        )
        try:
            message = accept(
                asked,
                Sender(last.client),
                message_type,
                message_id=uuid5(_NAMESPACE, once),
                now=utc_now(),
                resend_window=last.resend_window,
            )
        except Invalid:
            # The type has no SMS now, or its text asks for values.
            log.warning("reply.not_answered", type=message_type.code)
            return
        await self.context.flows.start(message)


def _mobile(number: str) -> str | None:
    try:
        return normalise(IdentityType.MOBILE, number)
    except ValueError:
        return None


async def _last(session: Session, mobile: str) -> Message | None:
    """Return what a number was sent last; a confirmation of ours is no subject."""
    async for message in texts_to(session, mobile):
        if message.type != CONFIRMATION:
            return message
    return None


async def _confirmation(session: Session, provider: str) -> MessageType | None:
    """Return what an opt-out is answered with; None where that is not wanted."""
    message_type = await type_queries.find_message_type(session, CONFIRMATION)
    if message_type is None and provider in _FREE:
        await add_confirmation(session)
        message_type = await type_queries.find_message_type(session, CONFIRMATION)
    return message_type if message_type and message_type.enabled else None
