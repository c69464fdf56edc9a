"""Take messages back: what is out, off which channels, and what says so instead."""

from dataclasses import dataclass
from uuid import UUID, uuid5

from temporalio import activity

from centre.catalog import type_queries
from centre.catalog.placeholders import required_params
from centre.delivery import attempt_queries
from centre.delivery.contracts import (
    Correction,
    RecallNote,
    RecallTargets,
    SentDelivery,
    WithdrawTask,
)
from centre.messages import queries as messages
from centre.messages import status as progress
from centre.messages import writes as message_writes
from centre.messages.acceptance import MessageRequest, Sender, accept
from centre.messages.contracts import StoredMessage
from centre.workstations import inbox_queries as inbox
from centre.workstations import popup_queries as popups
from centre.workstations import removal_queries as removals
from centre.workstations.contracts import OWN, Withdrawal
from channels.base import Recalling
from channels.router import Router
from core.clock import utc_now
from core.errors import Invalid, StillUnderWay
from core.models import Message, MessageStatus, RecallOrder, delivery_id
from core.policies import MessageType
from core.words import Channel, Outcome, Status
from db.sql import lock
from db.store import Store

_OVER = frozenset({Status.DELIVERED, Status.FAILED, Status.CANCELLED, Status.EXPIRED})
_IS_OUT = frozenset(
    {Outcome.UNKNOWN, Outcome.ACCEPTED, Outcome.DELIVERED, Outcome.READ}
)


@dataclass(frozen=True)
class RecallActivities:
    """The store, and the channels whose provider can take a message back."""

    store: Store
    router: Router

    @activity.defn
    async def what_is_out(self, order: RecallOrder) -> RecallTargets:
        """Return the deliveries that may have reached somebody.

        Raises StillUnderWay while more may go out.
        """
        stored = await self._stored(order.message_id)
        if stored is None or _goes_on(stored.status):
            raise StillUnderWay("the message is still under way")
        doc = stored.status
        out = (d for d in doc.deliveries if d.outcome in _IS_OUT)
        return RecallTargets(
            deliveries=tuple(
                SentDelivery(
                    channel=delivery.channel,
                    run=doc.run,
                    provider_message_id=delivery.provider_message_id,
                )
                for delivery in out
            )
        )

    @activity.defn
    async def withdraw(self, task: WithdrawTask) -> bool:
        """Take one delivery back; False where its channel does not."""
        channel = task.out.channel
        delivery = delivery_id(task.message_id, channel, task.out.run)
        if channel in OWN:
            return await self._by_ourselves(task, delivery)
        return await self._by_provider(channel, delivery, task.out)

    async def _by_ourselves(self, task: WithdrawTask, delivery: UUID) -> bool:
        """Take it off our screens, where the order itself has not done so.

        What a gateway of the hospital's own shows was never on them.
        """
        async with self.store.sessions.begin() as session:
            if task.out.channel is Channel.INBOX:
                gone = await inbox.withdraw(session, delivery)
                return gone or await removals.removed(session, task.message_id)
            await popups.withdraw(session, delivery, Withdrawal(why="recalled"))
            return await popups.withdrawn(session, delivery)

    async def _by_provider(
        self, channel: Channel, delivery: UUID, out: SentDelivery
    ) -> bool:
        if out.provider_message_id is None:
            return False
        async with self.store.sessions() as session:
            made = await attempt_queries.attempts_of(session, delivery)
        route = self.router.route(channel, made[-1].account if made else None)
        if route is None or not isinstance(route.sender, Recalling):
            return False
        return await route.sender.recall(out.provider_message_id)

    @activity.defn
    async def correction(self, wanted: Correction) -> Message | None:
        """Return the message that corrects one, the same at every call.

        None where the type names no correction, or one that can't be sent with
        what the message has.
        """
        stored = await self._stored(wanted.message_id)
        async with self.store.sessions() as session:
            message_type = stored and await type_queries.find_message_type(
                session, stored.message.type
            )
            code = message_type.correction if message_type else None
            other = (
                await type_queries.find_message_type(session, code) if code else None
            )
        if stored is None or other is None:
            return None
        return _corrected(stored.message, other, wanted.channels)

    @activity.defn
    async def note_recall(self, note: RecallNote) -> None:
        """Write who took the message back, and from where it is gone."""
        async with self.store.sessions.begin() as session:
            await lock(session, f"message-{note.message_id}")
            stored = await messages.find(session, note.message_id)
            if stored is not None:
                now = utc_now()
                doc = progress.with_recall(
                    stored.status, note.recall, note.withdrawn, now
                )
                await message_writes.record(session, stored.message, doc)

    async def _stored(self, message_id: UUID) -> StoredMessage | None:
        async with self.store.sessions() as session:
            return await messages.find(session, message_id)


def _goes_on(doc: MessageStatus) -> bool:
    """Tell whether more may go out: a critical message goes on beside its end."""
    sending = any(d.outcome is Outcome.SENDING for d in doc.deliveries)
    return doc.status not in _OVER or sending


def _corrected(
    first: Message, message_type: MessageType, channels: tuple[Channel, ...]
) -> Message | None:
    known = {c.channel for c in message_type.policy.channels}
    asked = MessageRequest.model_validate(
        {
            "type": message_type.code,
            "recipient": first.recipient.model_dump(mode="json"),
            "params": {
                name: value
                for name, value in first.params.items()
                if name in required_params(message_type)
            },
            "channels": [c for c in channels if c in known] or None,
            "reference": first.reference,
        }
    )
    if asked.channels is None:
        return None
    try:
        return accept(
            asked,
            Sender(first.client, None, first.notify_client),
            message_type,
            message_id=uuid5(first.id, "correction"),
            now=utc_now(),
            resend_window=first.resend_window,
        )
    except Invalid:
        return None
