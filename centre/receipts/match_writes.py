"""What a receipt tells of its call and its person, written down."""

from centre.delivery import attempt_writes, parked_queries, part_queries
from centre.delivery.models import Attempt
from centre.receipts.match_queries import Match
from centre.receipts.reports import note_report
from channels.receipts import ProviderReceipt
from core.base import evolve
from core.words import Outcome
from db.session import Session


async def name(
    session: Session, attempt: Attempt, receipt: ProviderReceipt
) -> tuple[ProviderReceipt, ...]:
    """Store the number that came too late; return what was kept under it."""
    number = receipt.provider_message_id
    if number is None:
        return ()
    await attempt_writes.end_attempt(
        session, attempt.id, "accepted", provider_message_id=number
    )
    return await parked_queries.parked(session, receipt.provider, number)


async def note_part(
    session: Session, found: Match, receipt: ProviderReceipt
) -> ProviderReceipt | None:
    """Return the receipt for the whole text once every part tells; None until then."""
    attempt, number = found.attempt, receipt.provider_message_id
    assert number is not None
    whole = await part_queries.note_part(session, attempt.id, number, receipt.outcome)
    await parked_queries.unpark(session, receipt.provider, number)
    if whole is None:
        return None
    first = attempt.provider_message_id
    return evolve(receipt, outcome=whole, provider_message_id=first)


async def note(session: Session, attempt: Attempt, receipt: ProviderReceipt) -> bool:
    """Write what was reported of a call, and of its person; False: all is known.

    News is an outcome further along, or why it failed where that comes after the
    failure: of Tencent's calls.
    """
    news = await _note_call(session, attempt, receipt)
    if news:
        await note_report(session, attempt, receipt)
    return news


async def _note_call(
    session: Session, attempt: Attempt, receipt: ProviderReceipt
) -> bool:
    news = await attempt_writes.note_receipt(
        session, attempt.id, receipt.outcome, receipt.code, receipt.at
    )
    await parked_queries.unpark(session, receipt.provider, receipt.provider_message_id)
    if news or not tells_why(receipt):
        return news
    return await attempt_writes.note_why(session, attempt.id, receipt.code)


def tells_why(receipt: ProviderReceipt) -> bool:
    """Tell whether a receipt gives the reason of a failure, which may come later."""
    return receipt.refused and receipt.outcome is Outcome.FAILED
