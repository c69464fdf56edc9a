"""The tables of calls to providers, of their parts, and of receipts that came early."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import UniqueConstraint
from sqlmodel import Field, Index

from db.columns import UtcDateTime, index_present, index_where
from db.rows import Row


class AttemptRow(Row, table=True):
    """One call to a provider."""

    __tablename__ = "attempts"
    __table_args__ = (
        Index(None, "delivery_id", "number"),
        Index(None, "message_id"),
        index_present("ix_attempts_receipt", "provider_message_id"),
        index_where(
            "ix_attempts_misconfigured", "reason = 'misconfigured'", "ended_at"
        ),
    )

    id: UUID = Field(primary_key=True)
    delivery_id: UUID
    message_id: UUID
    channel: str
    provider: str
    account: str | None = None
    number: int
    state: str
    code: str | None
    reason: str | None = None
    provider_message_id: str | None
    started_at: datetime = Field(sa_type=UtcDateTime)
    ended_at: datetime | None = Field(sa_type=UtcDateTime)
    receipt_outcome: str | None = None
    receipt_code: str | None = None
    receipt_at: datetime | None = Field(default=None, sa_type=UtcDateTime)


class ParkedReceiptRow(Row, table=True):
    """A receipt that no attempt is known of yet; kept for some days."""

    __tablename__ = "parked_receipts"
    __table_args__ = (
        UniqueConstraint(
            "provider",
            "provider_message_id",
            "outcome",
            name="uq_parked_receipts_provider",
        ),
    )

    id: UUID = Field(primary_key=True)
    channel: str
    provider: str
    account: str | None
    provider_message_id: str
    outcome: str
    code: str
    at: datetime = Field(sa_type=UtcDateTime)
    parked_at: datetime = Field(sa_type=UtcDateTime, index=True)


class AttemptPartRow(Row, table=True):
    """One part of an attempt, and what the provider reported of it."""

    __tablename__ = "attempt_parts"

    attempt_id: UUID = Field(primary_key=True)
    number: str = Field(primary_key=True, index=True)
    outcome: str | None = None
