"""Receipts that came before the provider's answer did."""

from collections.abc import Sequence

from centre.delivery import attempt_writes, parked_queries, part_queries
from centre.delivery.contracts import DeliveryResult
from centre.delivery.models import Attempt
from centre.messages.status import outcome_moves
from channels.receipts import ProviderReceipt
from core.base import evolve
from core.clock import utc_now
from core.words import Outcome, Reason
from db.store import Store


async def with_early_receipt(
    store: Store,
    attempt: Attempt,
    result: DeliveryResult,
    part_ids: Sequence[str] = (),
) -> DeliveryResult:
    """Return the result with what the provider reported before it answered.

    Looked for once the attempt's end is written: centre/receipts/intake.py looks the
    other way round, so that no receipt falls between.
    """
    if len(part_ids) > 1:
        early = await _of_parts(store, attempt, part_ids)
    else:
        early = await _parked(store, attempt, result.provider_message_id)
    if early is None or not outcome_moves(result.outcome, early.outcome):
        return result
    async with store.sessions.begin() as session:
        await attempt_writes.note_receipt(
            session, attempt.id, early.outcome, early.code, early.at
        )
        await parked_queries.unpark(
            session, attempt.provider, early.provider_message_id
        )
    failed = early.outcome is Outcome.FAILED
    reason = Reason.RECEIPT_FAILED if failed else None
    return evolve(result, outcome=early.outcome, reason=reason)


async def _parked(
    store: Store, attempt: Attempt, number: str | None
) -> ProviderReceipt | None:
    """Return the furthest that came early under a number."""
    if number is None:
        return None
    async with store.autocommit() as session:
        early = await parked_queries.parked(session, attempt.provider, number)
    ours = (None, attempt.account) if attempt.account else ()
    mine = [r for r in early if not ours or r.account in ours]
    return mine[-1] if mine else None


async def _of_parts(
    store: Store, attempt: Attempt, part_ids: Sequence[str]
) -> ProviderReceipt | None:
    """Return what the parts' early receipts make of the text, if all is known."""
    told = None
    for number in part_ids:
        early = await _parked(store, attempt, number)
        if early is None:
            continue
        async with store.sessions.begin() as session:
            whole = await part_queries.note_part(
                session, attempt.id, number, early.outcome
            )
            await parked_queries.unpark(session, attempt.provider, number)
        if whole is not None:
            told = evolve(early, outcome=whole)
    return told


async def note_answer(
    store: Store, attempt: Attempt, outcome: Outcome, code: str = ""
) -> None:
    """Keep what the provider answered when it was asked: as good as a receipt."""
    async with store.sessions.begin() as session:
        await attempt_writes.note_receipt(session, attempt.id, outcome, code, utc_now())
