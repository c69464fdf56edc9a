"""The calls to providers, by delivery, by message, and by what a receipt names."""

from collections import Counter
from datetime import datetime
from uuid import UUID

from sqlalchemy import func, or_, text
from sqlalchemy import select as core_select
from sqlmodel import col, select

from centre.delivery.models import Attempt
from centre.delivery.tables import AttemptPartRow, AttemptRow
from centre.messages.tables import MessageRow
from db.session import Session
from db.sql import table_of


async def attempts_of(session: Session, delivery_id: UUID) -> tuple[Attempt, ...]:
    """Return the attempts at one delivery, the first one first."""
    wanted = select(AttemptRow).where(AttemptRow.delivery_id == delivery_id)
    rows = await session.exec(wanted.order_by(col(AttemptRow.number)))
    return tuple(map(_attempt, rows))


async def attempts_of_message(
    session: Session, message_id: UUID
) -> tuple[Attempt, ...]:
    """Return the attempts at every delivery of a message, in order of time."""
    wanted = select(AttemptRow).where(AttemptRow.message_id == message_id)
    order = col(AttemptRow.started_at), col(AttemptRow.id)
    return tuple(map(_attempt, await session.exec(wanted.order_by(*order))))


async def attempt_of_receipt(
    session: Session,
    provider: str,
    provider_message_id: str,
    account: str | None = None,
) -> Attempt | None:
    """Return the attempt that a receipt speaks of, or of a part of which it does.

    Of this account's where one is given: each may number from one on.
    """
    part = select(AttemptPartRow.attempt_id).where(
        AttemptPartRow.number == provider_message_id
    )
    wanted = select(AttemptRow).where(
        or_(
            col(AttemptRow.provider_message_id) == provider_message_id,
            col(AttemptRow.id).in_(part),
        ),
        AttemptRow.provider == provider,
    )
    if account is not None:
        of_account = col(AttemptRow.account)
        wanted = wanted.where(or_(of_account.is_(None), of_account == account))
    newest = wanted.order_by(col(AttemptRow.started_at).desc())
    row = (await session.exec(newest)).first()
    return None if row is None else _attempt(row)


def _attempt(row: AttemptRow) -> Attempt:
    return Attempt.model_validate(row.model_dump())


async def misconfigured_since(session: Session, since: datetime) -> Counter[str]:
    """Count by client the calls that failed for our own configuration since then."""
    calls, owners = table_of(AttemptRow), table_of(MessageRow)
    counted = core_select(owners.c.client, func.count().label("calls"))
    counted = counted.select_from(
        calls.join(owners, owners.c.id == calls.c.message_id)
    ).where(text("attempts.reason = 'misconfigured'"), calls.c.ended_at >= since)
    connection = await session.connection()
    rows = await connection.execute(counted.group_by(owners.c.client))
    return Counter({row.client: row.calls for row in rows})
