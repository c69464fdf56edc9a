"""The tables of limits: how much went out, and who was told that it was too much."""

from datetime import datetime

from sqlalchemy import JSON
from sqlmodel import Field

from db.columns import UtcDateTime
from db.rows import Row


class LimitCounterRow(Row, table=True):
    """What was taken of one limit; `counts` is slot number to count."""

    __tablename__ = "limit_counters"

    key: str = Field(primary_key=True)
    counts: dict[str, int] = Field(sa_type=JSON)
    expires_at: datetime = Field(sa_type=UtcDateTime, index=True)


class LimitAlarmRow(Row, table=True):
    """How often critical messages went out over a limit of ours."""

    __tablename__ = "limit_alarms"

    channel: str = Field(primary_key=True)
    name: str = Field(primary_key=True)
    count: int
    last_at: datetime = Field(sa_type=UtcDateTime)
