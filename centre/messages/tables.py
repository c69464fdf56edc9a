"""The tables of messages; what belongs to a person is sealed."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import Index, Text
from sqlmodel import Field

from db.columns import UtcDateTime, index_present
from db.rows import Row


class MessageRow(Row, table=True):
    """How a message stands. `message` is sealed whole, `doc` is its status."""

    __tablename__ = "messages"
    # Each list of messages the API offers reads one of these in order.
    __table_args__ = (
        Index(None, "created_at", "id"),
        Index(None, "status", "created_at", "id"),
        Index(None, "type", "created_at", "id"),
        Index(None, "client", "created_at", "id"),
        Index(None, "client", "status", "created_at", "id"),
        Index(None, "client", "type", "created_at", "id"),
        index_present("ix_messages_reference", "reference", "created_at", "id"),
        index_present("ix_messages_batch", "batch", "created_at", "id"),
        index_present("ix_messages_resendable", "resendable_until"),
        index_present("ix_messages_unacknowledged", "unacknowledged_since", "id"),
        index_present("ix_messages_away", "away", "status", "created_at"),
    )

    id: UUID = Field(primary_key=True)
    client: str
    type: str
    priority: str
    status: str
    reference: str | None
    batch: UUID | None = None
    run: int
    created_at: datetime = Field(sa_type=UtcDateTime)
    updated_at: datetime = Field(sa_type=UtcDateTime)
    resendable_until: datetime | None = Field(default=None, sa_type=UtcDateTime)
    unacknowledged_since: datetime | None = Field(default=None, sa_type=UtcDateTime)
    away: str | None = None
    away_account: str | None = None
    doc: str = Field(sa_type=Text)
    acknowledgement: str | None = Field(sa_type=Text)
    message: str = Field(sa_type=Text)
    writes: int


class MessageIdentityRow(Row, table=True):
    """By which identities a message can be searched."""

    __tablename__ = "message_identities"

    index_hmac: str = Field(primary_key=True)
    created_at: datetime = Field(sa_type=UtcDateTime, primary_key=True)
    message_id: UUID = Field(primary_key=True)


class CatchUpRow(Row, table=True):
    """How far a piece of work on old rows has come; no row: nothing is left.

    What lies after the place (`at`, `id`) is done.
    """

    __tablename__ = "catch_ups"

    name: str = Field(primary_key=True)
    at: datetime = Field(sa_type=UtcDateTime)
    id: UUID
    done: int
