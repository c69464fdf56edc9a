"""Providers' receipts: each finds its attempt, and moves its delivery forward.

In any order, repeated, before the attempt's end is written or after the message
has ended: one change, and only forward.
"""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

import structlog

from centre.audit.audit import Actor
from centre.context import Context
from centre.delivery import attempt_queries, attempt_writes, parts
from centre.delivery.models import Attempt
from centre.delivery.parked import ParkedReceipt, park, parked, unpark
from centre.messages import queries as messages
from centre.messages import writes as message_writes
from centre.messages.acknowledge import AcknowledgeOrder, acknowledge
from centre.messages.lookup import find_message
from centre.messages.status import outcome_moves, with_late_receipt
from centre.receipts.replies import ReplyIntake
from centre.receipts.reports import note_report
from channels.receipts import ProviderReceipt, Reported
from channels.uplinks import Uplink
from core.base import evolve
from core.errors import Conflict, Invalid, NotFound
from core.models import Receipt
from core.words import Channel, Outcome
from db.columns import utc_now
from db.session import Session
from db.sql import lock

# A time further away is a mistake, or no time that a database could hold.
_NEAR = timedelta(days=30)
BY_KEY = "voice key press"

log = structlog.get_logger("receipts")


class Taking(StrEnum):
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

    async def take(self, receipt: ProviderReceipt) -> Taking:
        """Take in one receipt, and say what became of it."""
        return (await self.take_all([receipt]))[0]

    async def take_all(self, receipts: Sequence[ProviderReceipt]) -> list[Taking]:
        """Take in several, and say what became of each.

        What nobody knows yet is kept together: a thousand are one transaction.
        """
        known = iter(await self._take_known([r for r in receipts if r.understood]))
        return [next(known) if r.understood else _not_understood(r) for r in receipts]

    async def _take_known(self, receipts: Sequence[ProviderReceipt]) -> list[Taking]:
        now = utc_now()
        dated = [_dated(receipt, now) for receipt in receipts]
        found = await self._find_all(dated)
        early = [
            r
            for r, attempt in zip(dated, found, strict=True)
            if attempt is None and r.provider_message_id is not None
        ]
        if early:
            await self._park(early)
            # The attempt looks for what is parked after its end is written, we
            # look for the attempt after parking: one of the two finds the other.
            found = await self._find_all(dated)
        pairs = zip(dated, found, strict=True)
        return [await self._take(receipt, attempt) for receipt, attempt in pairs]

    async def _take(self, receipt: ProviderReceipt, attempt: Attempt | None) -> Taking:
        if attempt is None:
            numbered = receipt.provider_message_id is not None
            return Taking.PARKED if numbered else Taking.UNKNOWN
        if receipt.sending_id and attempt.state == "unknown":
            await self._name(attempt, receipt)
        whole = await self._of_the_whole(attempt, receipt)
        return await self._apply(attempt, whole) if whole else Taking.APPLIED

    async def _name(self, attempt: Attempt, receipt: ProviderReceipt) -> None:
        """Give an attempt the number that came too late, and what came under it."""
        number = receipt.provider_message_id
        if number is None:
            return
        async with self.context.store.sessions.begin() as session:
            await attempt_writes.end_attempt(
                session, attempt.id, "accepted", provider_message_id=number
            )
            early = await parked(session, receipt.provider, number)
        for each in early:
            await self.take(ProviderReceipt.model_validate(each.model_dump()))

    async def _find_all(
        self, receipts: Sequence[ProviderReceipt]
    ) -> list[Attempt | None]:
        """Return the attempt of each; another account's is nobody's."""
        async with self.context.store.sessions() as session:
            return [await _own_attempt(session, receipt) for receipt in receipts]

    async def _of_the_whole(
        self, attempt: Attempt, receipt: ProviderReceipt
    ) -> ProviderReceipt | None:
        """Return what a part's receipt tells of its text, None while parts lack."""
        number = receipt.provider_message_id
        async with self.context.store.sessions() as session:
            known = await parts.numbers_of(session, attempt.id)
        if number is None or number not in known:
            return receipt
        async with self.context.store.sessions.begin() as session:
            whole = await parts.note_part(session, attempt.id, number, receipt.outcome)
            await unpark(session, receipt.provider, number)
        first = attempt.provider_message_id
        if whole is None:
            return None
        return evolve(receipt, outcome=whole, provider_message_id=first)

    async def _park(self, early: Sequence[ProviderReceipt]) -> None:
        names = set(ParkedReceipt.model_fields)
        kept = [
            ParkedReceipt.model_validate(r.model_dump(include=names)) for r in early
        ]
        async with self.context.store.sessions.begin() as session:
            await park(session, *kept)

    async def _apply(self, attempt: Attempt, receipt: ProviderReceipt) -> Taking:
        """Tell the workflow first: a call that ends half-way is made again."""
        known = attempt.receipt_outcome
        if known is not None and not outcome_moves(known, receipt.outcome):
            return await self._told_why(attempt, receipt)
        await self._tell(attempt, receipt)
        if receipt.channel is Channel.VOICE and receipt.outcome is Outcome.READ:
            await self._heard(attempt)
        async with self.context.store.sessions.begin() as session:
            news = await attempt_writes.note_receipt(
                session, attempt.id, receipt.outcome, receipt.code, receipt.at
            )
            if receipt.provider_message_id is not None:
                await unpark(session, receipt.provider, receipt.provider_message_id)
        if not news:
            return await self._told_why(attempt, receipt)
        await note_report(self.context.store, attempt, receipt)
        return Taking.APPLIED

    async def _told_why(self, attempt: Attempt, receipt: ProviderReceipt) -> Taking:
        """Keep why it failed where that comes after the failure: of Tencent's calls."""
        if not receipt.refused or receipt.outcome is not Outcome.FAILED:
            return Taking.REPEATED
        async with self.context.store.sessions.begin() as session:
            news = await attempt_writes.note_why(session, attempt.id, receipt.code)
        if not news:
            return Taking.REPEATED
        await note_report(self.context.store, attempt, receipt)
        return Taking.APPLIED

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


def _dated(receipt: ProviderReceipt, now: datetime) -> ProviderReceipt:
    """Return a receipt whose time can be its time; else now is."""
    far = abs(receipt.at - now) > _NEAR
    return evolve(receipt, at=now) if far else receipt


async def _own_attempt(session: Session, receipt: ProviderReceipt) -> Attempt | None:
    found = await _attempt(session, receipt)
    if found is None or found.channel is not receipt.channel:
        return None
    if found.provider != receipt.provider:
        return None
    same = receipt.account in (None, found.account) or found.account is None
    return found if same else None


def _not_understood(receipt: ProviderReceipt) -> Taking:
    """Log a word that is in no table: whoever reads the log adds it to one."""
    log.warning("receipts.not_understood", provider=receipt.provider, code=receipt.code)
    return Taking.NOT_UNDERSTOOD


async def _attempt(session: Session, receipt: ProviderReceipt) -> Attempt | None:
    """Our own id is exact, where the provider gave it back."""
    if receipt.sending_id is not None:
        made = await attempt_queries.attempts_of(session, receipt.sending_id)
        if made:
            return made[-1]
    for number in (receipt.provider_message_id, receipt.reference):
        found = number and await attempt_queries.attempt_of_receipt(
            session, receipt.provider, number, receipt.account
        )
        if found:
            return found
    return None
