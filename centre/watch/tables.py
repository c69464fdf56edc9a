"""The tables of the watch over queues: what it looks for, what it has raised."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import Index, Text
from sqlmodel import Field

from db.columns import UtcDateTime
from db.rows import Row


class WatchRulesRow(Row, table=True):
    """What is watched for, as JSON; the scope of whom to tell is sealed."""

    __tablename__ = "watch_rules"

    scope: str = Field(primary_key=True)
    rules: str = Field(sa_type=Text)
    set_by: str
    set_at: datetime = Field(sa_type=UtcDateTime)


class AlarmRow(Row, table=True):
    """One incident of a client's queue or a person's name; open until cleared."""

    __tablename__ = "alarms"
    __table_args__ = (Index(None, "raised_at", "id"),)

    id: UUID = Field(primary_key=True)
    client: str
    kind: str
    value: float
    threshold: float
    raised_at: datetime = Field(sa_type=UtcDateTime)
    cleared_at: datetime | None = Field(default=None, sa_type=UtcDateTime, index=True)
    told_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    acknowledged_by: str | None = None
    acknowledged_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    username: str | None = None
