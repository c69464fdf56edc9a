"""Batches: what all messages of one share, who receives them, how far each is."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import case, func, insert, literal, tuple_, update
from sqlalchemy import select as core_select
from sqlmodel import col, delete, select

from centre.batches.rules import Addressed, batch_message_id
from centre.batches.tables import BatchRecipientRow, BatchRow
from centre.flows.batches import Batch, BatchState, Steering
from centre.messages.tables import MessageRow
from core.base import Model
from core.models import Message
from core.repeats import Repeats
from core.words import Status
from db.pages import Page, clamp, cut, decode_time_cursor, time_cursor
from db.session import Session
from db.sql import dialect_of, insert_into, keyring_of, table_of

_FRAME = "batches.frame"
_CONTENT = "batch_recipients.content"
# Rows of one INSERT: between two, others have their turn.
_ROWS = 500
# Nobody was told that these were accepted, and nobody asked again with their key.
_PREPARED_KEPT = timedelta(days=1)
# What waits is not in the messages' table.
WAITING = "waiting"
COUNTED = (WAITING, *(status.value for status in Status))


class Waiting(Model):
    """One recipient whose message has not begun; `known` if it has, unmarked."""

    position: int
    addressed: Addressed
    known: bool = False


async def add(
    session: Session, batch: Batch, frame: Message, people: Sequence[Addressed]
) -> bool:
    """Write a batch and its recipients; False where there is one of this id."""
    keyring, table = keyring_of(session), table_of(BatchRow)
    row = batch.model_dump(exclude={"steering"}) | batch.steering.model_dump()
    row |= {
        "repeats": batch.repeats.model_dump_json(),
        "state": batch.steering.state.value,
        "frame": keyring.seal_text(frame.model_dump_json(), _FRAME),
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
                "content": keyring.seal_text(one.model_dump_json(), _CONTENT),
                "started_at": None,
            }
            for position, one in enumerate(people[start : start + _ROWS], start)
        ]
        await connection.execute(insert(table_of(BatchRecipientRow)), rows)
    return True


async def find(session: Session, batch_id: UUID) -> Batch | None:
    """Return a batch."""
    row = await session.get(BatchRow, batch_id, populate_existing=True)
    return None if row is None else _batch(row)


async def frame_of(session: Session, batch_id: UUID) -> Message:
    """Return the message that all of a batch are copies of."""
    wanted = select(BatchRow.frame).where(BatchRow.id == batch_id)
    sealed = (await session.exec(wanted)).one()
    plain = keyring_of(session).unseal_text(sealed, _FRAME)
    return Message.model_validate_json(plain)


def _batch(row: BatchRow) -> Batch:
    fields = row.model_dump(exclude={"frame", "repeats"})
    if row.repeats is not None:
        fields["repeats"] = Repeats.model_validate_json(row.repeats)
    steering = {name: fields.pop(name) for name in Steering.model_fields}
    return Batch.model_validate(fields | {"steering": steering})


async def list_batches(
    session: Session,
    client: str | None = None,
    cursor: str | None = None,
    limit: int = 50,
) -> Page[Batch]:
    """Return batches, the newest first: one client's, or everybody's."""
    limit, at, key = clamp(limit), col(BatchRow.created_at), col(BatchRow.id)
    wanted = select(BatchRow).where(BatchRow.state != BatchState.PREPARING.value)
    if client is not None:
        wanted = wanted.where(BatchRow.client == client)
    if cursor is not None:
        moment, last = decode_time_cursor(cursor)
        table = table_of(BatchRow)
        place = literal(moment, table.c.created_at.type), literal(last, table.c.id.type)
        wanted = wanted.where(tuple_(at, key) < tuple_(*place))
    wanted = wanted.order_by(at.desc(), key.desc()).limit(limit + 1)
    shown, more = cut((await session.exec(wanted)).all(), limit)
    end = time_cursor(shown[-1].created_at, shown[-1].id) if more else None
    return Page(items=tuple(map(_batch, shown)), next=end)


async def counts_of(session: Session, batch_id: UUID) -> dict[str, int]:
    """Count a batch's messages by how they stand."""
    people, stands = table_of(BatchRecipientRow), table_of(MessageRow)
    unwritten = case(
        (people.c.started_at.is_(None), WAITING), else_=Status.ACCEPTED.value
    )
    state = func.coalesce(stands.c.status, unwritten).label("state")
    counted = (
        core_select(state, func.count())
        .select_from(people.outerjoin(stands, stands.c.id == people.c.message_id))
        .where(people.c.batch_id == batch_id)
        .group_by(state)
    )
    connection = await session.connection()
    counts = dict.fromkeys(COUNTED, 0)
    for name, count in await connection.execute(counted):
        counts[name] = count
    return counts


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


async def called_off(session: Session, batch_id: UUID | None, run: int) -> bool:
    """Tell whether a message's batch was stopped; a person's resend goes out."""
    if batch_id is None or run > 1:
        return False
    wanted = select(BatchRow.state).where(BatchRow.id == batch_id)
    return (await session.exec(wanted)).first() == BatchState.CANCELLED.value


async def waiting(
    session: Session, batch_id: UUID, first: int, end: int
) -> list[Waiting]:
    """Return who of these positions (`end` excluded) waits for their message."""
    people, stands = table_of(BatchRecipientRow), table_of(MessageRow)
    wanted = (
        core_select(people.c.position, people.c.content, stands.c.id)
        .select_from(people.outerjoin(stands, stands.c.id == people.c.message_id))
        .where(people.c.batch_id == batch_id, people.c.content.is_not(None))
        .where(people.c.position >= first, people.c.position < end)
        .order_by(people.c.position)
    )
    keyring, connection = keyring_of(session), await session.connection()
    return [
        Waiting(
            position=position,
            addressed=Addressed.model_validate_json(
                keyring.unseal_text(content, _CONTENT)
            ),
            known=message_id is not None,
        )
        for position, content, message_id in await connection.execute(wanted)
    ]


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


def told(batch: Batch, counts: Mapping[str, int]) -> dict[str, int]:
    """Return the counts; what waits in a batch that is stopped waits no more."""
    shown = dict(counts)
    if batch.steering.state in (BatchState.CANCELLED, BatchState.EXPIRED):
        shown[batch.steering.state.value] += shown[WAITING]
        shown[WAITING] = 0
    return shown
