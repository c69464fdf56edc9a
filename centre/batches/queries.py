"""Batches: what all messages of one share, who receives them, how far each is."""

from uuid import UUID

from sqlalchemy import case, func, literal, tuple_
from sqlalchemy import select as core_select
from sqlmodel import col, select

from centre.batches.rules import COUNTED, WAITING, AddressedPerson, Waiting
from centre.batches.tables import BatchRecipientRow, BatchRow
from centre.flows.batches import Batch, BatchState, Steering
from centre.messages.tables import MessageRow
from core.models import Message
from core.repeats import Repeats
from core.words import Status
from db.pages import Page, clamp, cut, decode_time_cursor, time_cursor
from db.session import Session
from db.sql import keyring_of, table_of

# What a sealed text is bound to.
FRAME, CONTENT = "batches.frame", "batch_recipients.content"


async def find(session: Session, batch_id: UUID) -> Batch | None:
    """Return a batch."""
    row = await session.get(BatchRow, batch_id, populate_existing=True)
    return None if row is None else _batch(row)


async def frame_of(session: Session, batch_id: UUID) -> Message:
    """Return the message that all of a batch are copies of."""
    wanted = select(BatchRow.frame).where(BatchRow.id == batch_id)
    sealed = (await session.exec(wanted)).one()
    plain = keyring_of(session).unseal_text(sealed, FRAME)
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
            addressed=AddressedPerson.model_validate_json(
                keyring.unseal_text(content, CONTENT)
            ),
            known=message_id is not None,
        )
        for position, content, message_id in await connection.execute(wanted)
    ]
