"""Writes batches: taken in, steered, begun, forgotten."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import case, insert, update
from sqlalchemy import select as core_select
from sqlmodel import col, delete

from centre.batches.queries import CONTENT, FRAME
from centre.batches.rules import AddressedPerson, batch_message_id
from centre.batches.tables import BatchRecipientRow, BatchRow
from centre.flows.batches import Batch, BatchState
from core.models import Message
from db.session import Session
from db.sql import dialect_of, insert_into, keyring_of, table_of

# Rows of one INSERT: between two, others have their turn.
_ROWS = 500
# Nobody was told that these were accepted, and nobody asked again with their key.
_PREPARED_KEPT = timedelta(days=1)


async def add(
    session: Session, batch: Batch, frame: Message, people: Sequence[AddressedPerson]
) -> bool:
    """Write a batch and its recipients; False where there is one of this id."""
    keyring, table = keyring_of(session), table_of(BatchRow)
    row = batch.model_dump(exclude={"steering"}) | batch.steering.model_dump()
    row |= {
        "repeats": batch.repeats.model_dump_json(),
        "state": batch.steering.state.value,
        "frame": keyring.seal_text(frame.model_dump_json(), FRAME),
    }
    connection = await session.connection()
    statement = insert_into(dialect_of(session), table).values(row)
    written = await connection.execute(statement.on_conflict_do_nothing())
    if written.rowcount != 1:
        return False
    for start in range(0, len(people), _ROWS):
        rows = [
            {
                "batch_id": batch.id,
                "position": position,
                "message_id": batch_message_id(batch.id, position),
                "content": keyring.seal_text(one.model_dump_json(), CONTENT),
                "started_at": None,
            }
            for position, one in enumerate(people[start : start + _ROWS], start)
        ]
        await connection.execute(insert(table_of(BatchRecipientRow)), rows)
    return True


async def steer(
    session: Session,
    batch_id: UUID,
    among: Iterable[BatchState],
    **changes: BatchState | float,
) -> bool:
    """Change the state or the rate of a batch that is in one of these states."""
    table = table_of(BatchRow)
    values: dict[str, Any] = {k: _plain(v) for k, v in changes.items()}
    changed = (
        update(table)
        .where(table.c.id == batch_id)
        .where(table.c.state.in_([state.value for state in among]))
        .values(**values, revision=table.c.revision + 1)
    )
    connection = await session.connection()
    return (await connection.execute(changed)).rowcount == 1


def _plain(value: BatchState | float) -> str | float:
    return value.value if isinstance(value, BatchState) else value


async def mark_started(
    session: Session, batch_id: UUID, first: int, end: int, at: datetime
) -> None:
    """Note that the messages of these positions have begun; forget what they said."""
    people = table_of(BatchRecipientRow)
    begun = (
        update(people)
        .where(people.c.batch_id == batch_id, people.c.content.is_not(None))
        .where(people.c.position >= first, people.c.position < end)
        .values(content=None, started_at=at)
    )
    table, connection = table_of(BatchRow), await session.connection()
    await connection.execute(begun)
    whole = case((table.c.count < end, table.c.count), else_=end)
    far = update(table).where(table.c.id == batch_id, table.c.started < end)
    await connection.execute(far.values(started=whole))


async def forget_people(session: Session, batch_id: UUID) -> None:
    """Forget who a batch that is stopped would still have written to."""
    people = table_of(BatchRecipientRow)
    waits = update(people).where(
        people.c.batch_id == batch_id, people.c.content.is_not(None)
    )
    await (await session.connection()).execute(waits.values(content=None))


async def forget_unaccepted(session: Session, now: datetime) -> None:
    """Drop the batches that Temporal never heard of."""
    old = core_select(col(BatchRow.id)).where(
        col(BatchRow.state) == BatchState.PREPARING.value,
        col(BatchRow.created_at) < now - _PREPARED_KEPT,
    )
    ids = list((await (await session.connection()).execute(old)).scalars())
    if ids:
        await session.exec(
            delete(BatchRecipientRow).where(col(BatchRecipientRow.batch_id).in_(ids))
        )
        await session.exec(delete(BatchRow).where(col(BatchRow.id).in_(ids)))
