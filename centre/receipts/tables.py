"""The tables of what providers report: addresses, and what came too early."""

from datetime import datetime

from sqlmodel import Field

from db.columns import UtcDateTime
from db.rows import Row


class ReceiptAddressRow(Row, table=True):
    """How often the address of an account was changed; no row: never."""

    __tablename__ = "receipt_addresses"

    channel: str = Field(primary_key=True)
    account: str = Field(primary_key=True)
    generation: int
    set_by: str
    set_at: datetime = Field(sa_type=UtcDateTime)
