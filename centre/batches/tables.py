"""The tables of batches: what all messages of one share, and each recipient."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import Index, Text
from sqlmodel import Field

from db.columns import UtcDateTime
from db.rows import Row


class BatchRow(Row, table=True):
    """One batch; `frame` is the message that all are copies of, sealed."""

    __tablename__ = "batches"
    __table_args__ = (
        Index(None, "created_at", "id"),
        Index(None, "client", "created_at", "id"),
    )

    id: UUID = Field(primary_key=True)
    client: str
    type: str
    count: int
    state: str
    rate_per_second: float
    revision: int
    started: int
    send_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    expires_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    created_at: datetime = Field(sa_type=UtcDateTime)
    created_by: str
    fingerprint: str
    frame: str = Field(sa_type=Text)
    # Who was named more than once, by place; null in batches of before.
    repeats: str | None = Field(default=None, sa_type=Text)


class BatchRecipientRow(Row, table=True):
    """One recipient; `content` is sealed, and empty once their message has begun."""

    __tablename__ = "batch_recipients"

    batch_id: UUID = Field(primary_key=True, foreign_key="batches.id")
    position: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})
    message_id: UUID
    content: str | None = Field(default=None, sa_type=Text)
    started_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
