"""The tables of the daily work: how queues are steered, and what was seen of them."""

from datetime import datetime

from sqlmodel import Field

from db.columns import UtcDateTime
from db.rows import Row


class QueueSettingRow(Row, table=True):
    """How a client's queue is steered; no row: it runs, without a limit.

    `critical_queue`: it once had a second queue, in which something may wait.
    """

    __tablename__ = "queue_settings"

    client: str = Field(primary_key=True)
    paused: bool
    per_second: float | None
    critical_passes_pause: bool = False
    critical_queue: bool = False
    set_by: str
    set_at: datetime = Field(sa_type=UtcDateTime)


class QueueSampleRow(Row, table=True):
    """What was seen of a client's queue at one moment; kept for a day."""

    __tablename__ = "queue_samples"

    client: str = Field(primary_key=True)
    at: datetime = Field(sa_type=UtcDateTime, primary_key=True, index=True)
    backlog: int
    oldest_age_seconds: float
    added_per_second: float
    dispatched_per_second: float
    pollers: int
