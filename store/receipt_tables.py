"""The tables of what providers report: addresses, and what came too early."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import UniqueConstraint
from sqlmodel import Field

from store.columns import UtcDateTime
from store.rows import Row


class ReceiptAddressRow(Row, table=True):
    """How often the address of an account was changed; no row: never."""

    __tablename__ = "receipt_addresses"

    channel: str = Field(primary_key=True)
    account: str = Field(primary_key=True)
    generation: int
    set_by: str
    set_at: datetime = Field(sa_type=UtcDateTime)


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
