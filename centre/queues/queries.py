"""Reads and writes queues: what people set, and what was seen of them for a day."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import func, insert, tuple_
from sqlalchemy import select as core_select
from sqlmodel import col, delete, select

from centre.queues.models import QueueSample, QueueSettings
from centre.queues.tables import QueueSampleRow, QueueSettingRow
from db.session import Session
from db.sql import dialect_of, insert_into, table_of

KEPT = timedelta(hours=24)


async def queue_settings(session: Session) -> dict[str, QueueSettings]:
    """Return the settings of every queue that somebody has steered."""
    rows = await session.exec(select(QueueSettingRow))
    return {row.client: _settings(row) for row in rows}


async def settings_of(session: Session, client: str) -> QueueSettings:
    """Return one queue's settings; a new queue runs, without a limit."""
    row = await session.get(QueueSettingRow, client, populate_existing=True)
    return _settings(row) if row else QueueSettings(client=client)


async def put_settings(session: Session, settings: QueueSettings) -> None:
    """Write how a queue is steered."""
    new = insert_into(dialect_of(session), table_of(QueueSettingRow))
    values = settings.model_dump()
    new = new.values(values)
    written = new.on_conflict_do_update(index_elements=["client"], set_=values)
    await session.exec(written)


def _settings(row: QueueSettingRow) -> QueueSettings:
    return QueueSettings.model_validate(row.model_dump())


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
