"""Receipts that came before the provider's answer did."""

from datetime import UTC, datetime

from activities.models import DeliveryResult
from core.progress import outcome_moves
from core.words import Outcome, Reason
from store import Store, attempts, receipts
from store.attempts import Attempt


async def with_early_receipt(
    store: Store, attempt: Attempt, result: DeliveryResult
) -> DeliveryResult:
    """Return the result with what the provider reported before it answered.

    Looked for once the attempt's end is written: operations/receipts.py looks the
    other way round, so that no receipt falls between.
    """
    number = result.provider_message_id
    if number is None:
        return result
    async with store.sessions() as session:
        early = await receipts.parked(session, attempt.provider, number)
    ours = (None, attempt.account) if attempt.account else ()
    mine = [r for r in early if not ours or r.account in ours]
    if not mine or not outcome_moves(result.outcome, mine[-1].outcome):
        return result
    last = mine[-1]
    async with store.sessions.begin() as session:
        await attempts.note_receipt(
            session, attempt.id, last.outcome, last.code, last.at
        )
        await receipts.unpark(session, attempt.provider, number)
    failed = last.outcome is Outcome.FAILED
    reason = Reason.RECEIPT_FAILED if failed else None
    return result.model_copy(update={"outcome": last.outcome, "reason": reason})


async def note_answer(
    store: Store, attempt: Attempt, outcome: Outcome, code: str = ""
) -> None:
    """Keep what the provider answered when it was asked: as good as a receipt."""
    async with store.sessions.begin() as session:
        await attempts.note_receipt(
            session, attempt.id, outcome, code, datetime.now(UTC)
        )
