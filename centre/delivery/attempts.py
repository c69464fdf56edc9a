"""One row per call to a provider, written before the call."""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from functools import cache
from typing import Any, Literal
from uuid import UUID

from sqlalchemy import BindParameter, Update, bindparam, func, insert, or_, text, update
from sqlalchemy import select as core_select
from sqlalchemy.sql.dml import ReturningInsert
from sqlmodel import col, select
from uuid_utils.compat import uuid7

from centre.delivery.part_tables import AttemptPartRow
from centre.delivery.tables import AttemptRow
from centre.messages.status import outcome_moves
from centre.messages.tables import MessageRow
from core.base import Model
from core.words import Channel, Outcome, Reason
from db.columns import UtcDateTime, utc_now
from db.session import Session
from db.sql import table_of

AttemptState = Literal["sending", "accepted", "failed", "unknown"]
_IN_DOUBT = ("sending", "unknown")


class Attempt(Model):
    """One call to a provider; `sending` still after a crash means unknown.

    `account` is the code of the account that was used; the receipt's fields are
    what the provider reported of it later.
    """

    id: UUID
    delivery_id: UUID
    message_id: UUID
    channel: Channel
    provider: str
    account: str | None = None
    number: int
    state: AttemptState
    code: str | None = None
    reason: Reason | None = None
    provider_message_id: str | None = None
    started_at: datetime
    ended_at: datetime | None = None
    receipt_outcome: Outcome | None = None
    receipt_code: str | None = None
    receipt_at: datetime | None = None

    @property
    def in_doubt(self) -> bool:
        """Whether the provider may have taken it."""
        return self.state in _IN_DOUBT


def in_doubt(made: Sequence[Attempt]) -> Attempt | None:
    """Return the last call of a delivery that its provider may have taken, if any.

    One that never left, made after it, says nothing of it.
    """
    return next((attempt for attempt in reversed(made) if attempt.in_doubt), None)


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
            table.c.state.in_(_IN_DOUBT),
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
