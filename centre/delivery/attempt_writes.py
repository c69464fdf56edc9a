"""Writes one row per call to a provider, before the call, and how each ended."""

from datetime import datetime
from functools import cache
from typing import Any
from uuid import UUID

from sqlalchemy import BindParameter, Update, bindparam, func, insert, or_, update
from sqlalchemy import select as core_select
from sqlalchemy.sql.dml import ReturningInsert
from uuid_utils.compat import uuid7

from centre.delivery.models import IN_DOUBT, Attempt, AttemptState
from centre.delivery.tables import AttemptRow
from centre.messages.status import outcome_moves
from core.clock import utc_now
from core.words import Channel, Outcome, Reason
from db.columns import UtcDateTime
from db.session import Session
from db.sql import table_of


async def begin_attempt(
    session: Session,
    *,
    delivery_id: UUID,
    message_id: UUID,
    channel: Channel,
    provider: str,
    account: str | None = None,
    reference: str | None = None,
) -> Attempt:
    """Write the next attempt at a delivery; commit before calling the provider.

    A receipt finds the attempt by `reference` until the provider's own number
    is known.
    """
    attempt: dict[str, Any] = {
        "id": uuid7(),
        "delivery_id": delivery_id,
        "message_id": message_id,
        "channel": channel.value,
        "provider": provider,
        "account": account,
        "provider_message_id": reference,
        "state": "sending",
        "started_at": utc_now(),
    }
    connection = await session.connection()
    written = await connection.execute(
        _begin(), {**attempt, "of_delivery": delivery_id}
    )
    return Attempt(**attempt, number=written.scalar_one())


@cache
def _begin() -> ReturningInsert[int]:
    """One statement: the number is one more than the delivery has."""
    table = table_of(AttemptRow)
    same: BindParameter[UUID] = bindparam("of_delivery", type_=table.c.delivery_id.type)
    number = core_select(func.coalesce(func.max(table.c.number), 0) + 1)
    number = number.where(table.c.delivery_id == same)
    return (
        insert(table).values(number=number.scalar_subquery()).returning(table.c.number)
    )


async def end_attempt(
    session: Session,
    attempt_id: UUID,
    state: AttemptState,
    *,
    code: str | None = None,
    reason: Reason | None = None,
    provider_message_id: str | None = None,
) -> None:
    """Write how an attempt ended; only one still open or unknown changes."""
    connection = await session.connection()
    end = {
        "attempt": attempt_id,
        "new_state": state,
        "new_code": code,
        "new_reason": reason,
        "new_provider_id": provider_message_id,
        "now": utc_now(),
    }
    await connection.execute(_end(), end)


@cache
def _end() -> Update:
    table = table_of(AttemptRow)
    return (
        update(table)
        .where(
            table.c.id == bindparam("attempt"),
            table.c.state.in_(IN_DOUBT),
        )
        .values(
            state=bindparam("new_state"),
            code=bindparam("new_code"),
            reason=bindparam("new_reason"),
            provider_message_id=func.coalesce(
                bindparam("new_provider_id"), table.c.provider_message_id
            ),
            ended_at=bindparam("now", type_=UtcDateTime),
        )
    )


async def note_receipt(
    session: Session, attempt_id: UUID, outcome: Outcome, code: str, at: datetime
) -> bool:
    """Write what a provider reported of an attempt; False where it is no news."""
    table = table_of(AttemptRow)
    earlier = [then for then in Outcome if outcome_moves(then, outcome)]
    known = table.c.receipt_outcome
    news = update(table).where(
        table.c.id == attempt_id, or_(known.is_(None), known.in_(earlier))
    )
    connection = await session.connection()
    done = await connection.execute(
        news.values(receipt_outcome=outcome, receipt_code=code or None, receipt_at=at)
    )
    return done.rowcount == 1


async def note_why(session: Session, attempt_id: UUID, code: str) -> bool:
    """Write why an attempt failed that had failed before; False where it is no news."""
    table = table_of(AttemptRow)
    known = table.c.receipt_code
    failed = update(table).where(
        table.c.id == attempt_id,
        table.c.receipt_outcome == Outcome.FAILED.value,
        or_(known.is_(None), known != code),
    )
    connection = await session.connection()
    done = await connection.execute(failed.values(receipt_code=code))
    return done.rowcount == 1
