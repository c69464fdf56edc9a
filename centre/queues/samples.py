"""What was seen of the clients' queues, every few seconds, for a day."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import func, insert, tuple_
from sqlalchemy import select as core_select
from sqlmodel import col, delete, select

from centre.queues.tables import QueueSampleRow
from core.base import Model
from db.session import Session
from db.sql import table_of

KEPT = timedelta(hours=24)


class QueueSample(Model):
    """One queue at one moment; the rates are over the last half minute."""

    client: str
    at: datetime
    backlog: int
    oldest_age_seconds: float
    added_per_second: float
    dispatched_per_second: float
    pollers: int


async def add_samples(
    session: Session, samples: Sequence[QueueSample], now: datetime
) -> None:
    """Write what was seen, and forget what is a day old."""
    old = delete(QueueSampleRow).where(col(QueueSampleRow.at) < now - KEPT)
    await session.exec(old)
    if samples:
        rows = [sample.model_dump() for sample in samples]
        connection = await session.connection()
        await connection.execute(insert(table_of(QueueSampleRow)), rows)


async def newest_samples(session: Session, since: datetime) -> dict[str, QueueSample]:
    """Return the last that was seen of each queue since then."""
    client, at = col(QueueSampleRow.client), col(QueueSampleRow.at)
    last = select(client, func.max(at)).where(at >= since).group_by(client)
    wanted = select(QueueSampleRow).where(tuple_(client, at).in_(last))
    rows = await session.exec(wanted)
    return {row.client: QueueSample.model_validate(row.model_dump()) for row in rows}


async def samples_of(
    session: Session, client: str, since: datetime
) -> tuple[QueueSample, ...]:
    """Return what was seen of a queue since then, the earliest first."""
    wanted = select(QueueSampleRow).where(
        QueueSampleRow.client == client, QueueSampleRow.at >= since
    )
    rows = await session.exec(wanted.order_by(col(QueueSampleRow.at)))
    return tuple(QueueSample.model_validate(row.model_dump()) for row in rows)


async def backlogs_since(session: Session, since: datetime) -> dict[str, list[int]]:
    """Return every queue's backlogs since then, the earliest first; figures only."""
    table = table_of(QueueSampleRow)
    wanted = core_select(table.c.client, table.c.backlog).where(table.c.at >= since)
    connection = await session.connection()
    found: dict[str, list[int]] = {}
    for client, backlog in await connection.execute(wanted.order_by(table.c.at)):
        found.setdefault(client, []).append(backlog)
    return found
