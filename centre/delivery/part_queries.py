"""The parts of long texts: a text has arrived when all of them have."""

from collections.abc import Sequence
from uuid import UUID

from sqlmodel import select

from centre.delivery.tables import AttemptPartRow
from centre.messages.status import outcome_moves
from core.words import Outcome
from db.session import Session
from db.sql import lock


async def write_parts(
    session: Session, attempt_id: UUID, numbers: Sequence[str]
) -> None:
    """Write under which numbers a provider took the parts of an attempt."""
    for number in dict.fromkeys(numbers):
        session.add(AttemptPartRow(attempt_id=attempt_id, number=number))


async def numbers_of(session: Session, attempt_id: UUID) -> tuple[str, ...]:
    """Return the parts' numbers, none where it was one text."""
    rows = select(AttemptPartRow.number).where(AttemptPartRow.attempt_id == attempt_id)
    return tuple(await session.exec(rows))


async def note_part(
    session: Session, attempt_id: UUID, number: str, outcome: Outcome
) -> Outcome | None:
    """Write what was reported of a part, and return what that makes of the whole.

    Failed with the first part that failed, delivered with the last that arrived,
    None while some are awaited.
    """
    await lock(session, f"parts-{attempt_id}")
    wanted = select(AttemptPartRow).where(AttemptPartRow.attempt_id == attempt_id)
    parts = {part.number: part for part in await session.exec(wanted)}
    part = parts.get(number)
    if part and (not part.outcome or outcome_moves(Outcome(part.outcome), outcome)):
        part.outcome = outcome
        session.add(part)
    known = {part.outcome for part in parts.values()}
    if Outcome.FAILED in known:
        return Outcome.FAILED
    arrived = known and known <= {Outcome.DELIVERED, Outcome.READ}
    return Outcome.DELIVERED if arrived else None
