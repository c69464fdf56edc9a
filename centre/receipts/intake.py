"""Providers' receipts: each finds its attempt, and moves its delivery forward.

In any order, repeated, before the attempt's end is written or after the message
has ended: one change, and only forward.
"""

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

import structlog

from centre.audit.audit import Actor
from centre.context import Context
from centre.delivery.models import Attempt
from centre.delivery.parked_queries import park
from centre.messages import queries as messages
from centre.messages import writes as message_writes
from centre.messages.acknowledge import AcknowledgeOrder, acknowledge
from centre.messages.lookup import find_message
from centre.messages.status import outcome_moves, with_late_receipt
from centre.receipts import match_writes
from centre.receipts.events import note_events
from centre.receipts.match_queries import Match, matches
from centre.receipts.replies import ReplyIntake
from channels.receipts import Parsed, ProviderReceipt, Reported
from channels.uplinks import Uplink
from core.base import evolve
from core.clock import utc_now
from core.errors import Conflict, Invalid, NotFound
from core.models import Receipt
from core.words import Channel, Outcome
from db.sql import lock

# A time further away is a mistake, or no time that a database could hold.
_NEAR = timedelta(days=30)
BY_KEY = "voice key press"
Count = Callable[[str, str, str], None]

log = structlog.get_logger("receipts")


class IntakeResult(StrEnum):
    """What became of a receipt."""

    APPLIED = "applied"
    REPEATED = "repeated"
    PARKED = "parked"
    UNKNOWN = "unknown"
    NOT_UNDERSTOOD = "not_understood"


@dataclass(frozen=True)
class ReceiptIntake:
    """Takes in receipts, from addresses as from providers' connections."""

    context: Context

    async def __call__(self, receipts: Sequence[Reported]) -> None:
        """Take in several; Unavailable where Temporal or the store is away."""
        known = [r for r in receipts if not isinstance(r, Uplink)]
        await self.take_all(known)
        for uplink in receipts:
            if isinstance(uplink, Uplink):
                await ReplyIntake(self.context).take(uplink)

    async def take_push(self, push: Parsed, account: str, count: Count) -> None:
        """Take in all that one call to an account's address says.

        `count` hears of each: channel, provider, what became of it.
        """
        receipts = [evolve(receipt, account=account) for receipt in push.receipts]
        taken = await self.take_all(receipts)
        for receipt, taking in zip(receipts, taken, strict=True):
            count(receipt.channel, receipt.provider, taking)
        replies = ReplyIntake(self.context)
        for uplink in push.uplinks:
            heard = await replies.take(evolve(uplink, account=account))
            count(Channel.SMS, uplink.provider, heard)
        await note_events(self.context, push.events)

    async def take(self, receipt: ProviderReceipt) -> IntakeResult:
        """Take in one receipt, and say what became of it."""
        return (await self.take_all([receipt]))[0]

    async def take_all(self, receipts: Sequence[ProviderReceipt]) -> list[IntakeResult]:
        """Take in several, and say what became of each.

        What nobody knows yet is kept together: a thousand are one transaction.
        """
        known = iter(await self._take_known([r for r in receipts if r.understood]))
        return [next(known) if r.understood else _not_understood(r) for r in receipts]

    async def _take_known(
        self, receipts: Sequence[ProviderReceipt]
    ) -> list[IntakeResult]:
        now = utc_now()
        dated = [_dated(receipt, now) for receipt in receipts]
        found = await self._find_all(dated)
        pairs = zip(dated, found, strict=True)
        early = [r for r, known in pairs if known is None and _numbered(r)]
        if early:
            async with self.context.store.sessions.begin() as session:
                await park(session, *early)
            # The attempt looks for what is parked after its end is written, we
            # look for the attempt after parking: one of the two finds the other.
            found = await self._find_all(dated)
        pairs = zip(dated, found, strict=True)
        return [await self._take(receipt, known) for receipt, known in pairs]

    async def _find_all(
        self, receipts: Sequence[ProviderReceipt]
    ) -> list[Match | None]:
        async with self.context.store.sessions() as session:
            return await matches(session, receipts)

    async def _take(
        self, receipt: ProviderReceipt, found: Match | None
    ) -> IntakeResult:
        if found is None:
            return IntakeResult.PARKED if _numbered(receipt) else IntakeResult.UNKNOWN
        if receipt.sending_id and found.attempt.state == "unknown":
            await self._name(found.attempt, receipt)
        whole: ProviderReceipt | None = receipt
        if found.of_a_part(receipt):
            async with self.context.store.sessions.begin() as session:
                whole = await match_writes.note_part(session, found, receipt)
        return (
            await self._apply(found.attempt, whole) if whole else IntakeResult.APPLIED
        )

    async def _name(self, attempt: Attempt, receipt: ProviderReceipt) -> None:
        """Store the number that came too late, and apply what came under it."""
        async with self.context.store.sessions.begin() as session:
            early = await match_writes.name(session, attempt, receipt)
        for each in early:
            await self.take(each)

    async def _apply(self, attempt: Attempt, receipt: ProviderReceipt) -> IntakeResult:
        """Tell the workflow first: a call that ends half-way is made again.

        Then all that the store keeps of it, in one transaction.
        """
        known = attempt.receipt_outcome
        if known is None or outcome_moves(known, receipt.outcome):
            await self._tell(attempt, receipt)
            if receipt.channel is Channel.VOICE and receipt.outcome is Outcome.READ:
                await self._heard(attempt)
        elif not match_writes.tells_why(receipt):
            return IntakeResult.REPEATED
        async with self.context.store.sessions.begin() as session:
            news = await match_writes.note(session, attempt, receipt)
        return IntakeResult.APPLIED if news else IntakeResult.REPEATED

    async def _heard(self, attempt: Attempt) -> None:
        """Confirm a message whose call was answered with the key that confirms.

        A value that must be read back is not: a key says only that one was heard.
        """
        found = await find_message(self.context, attempt.message_id)
        if found is None or not found.doc.acknowledge:
            return
        actor = Actor(who=f"receipts/{attempt.provider}", role="system")
        order = AcknowledgeOrder(by=BY_KEY)
        with suppress(Invalid, NotFound):
            await acknowledge(self.context, found.doc.id, order, actor, Channel.VOICE)

    async def _tell(self, attempt: Attempt, receipt: ProviderReceipt) -> None:
        """Signal the message's workflow, or write for it once it has ended."""
        order = Receipt(
            channel=receipt.channel,
            outcome=receipt.outcome,
            at=receipt.at,
            provider_message_id=receipt.provider_message_id,
            delivery_id=attempt.delivery_id,
        )
        # An open workflow records what it is told, whatever it is about to end with;
        # once it has ended nobody writes but we.
        try:
            await self.context.flows.receipt(attempt.message_id, order)
        except Conflict:
            await self._write(attempt.message_id, order)

    async def _write(self, message_id: UUID, order: Receipt) -> None:
        """Write the news of an ended message; its client hears of a new end.

        Telling comes first, for one end once: a call that ends half-way is made again.
        """
        async with self.context.store.sessions() as session:
            before = await messages.find(session, message_id)
        if before is None:
            return
        after = with_late_receipt(before.status, order, utc_now())
        if after.status is not before.status.status and before.message.notify_client:
            await self.context.flows.tell(before.message, after)
        async with self.context.store.sessions.begin() as session:
            await lock(session, f"message-{message_id}")
            stored = await messages.find(session, message_id)
            if stored is None:
                return
            moved = with_late_receipt(stored.status, order, utc_now())
            if moved is not stored.status:
                await message_writes.record(session, stored.message, moved)


def _numbered(receipt: ProviderReceipt) -> bool:
    return receipt.provider_message_id is not None


def _dated(receipt: ProviderReceipt, now: datetime) -> ProviderReceipt:
    """Return a receipt whose time can be its time; else now is."""
    far = abs(receipt.at - now) > _NEAR
    return evolve(receipt, at=now) if far else receipt


def _not_understood(receipt: ProviderReceipt) -> IntakeResult:
    """Log a word that is in no table: whoever reads the log adds it to one."""
    log.warning("receipts.not_understood", provider=receipt.provider, code=receipt.code)
    return IntakeResult.NOT_UNDERSTOOD
