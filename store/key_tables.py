"""The tables that show whether a store's keys fit, and whether it can be written."""

from datetime import datetime

from sqlalchemy import LargeBinary, Text
from sqlmodel import Field

from store.columns import UtcDateTime
from store.rows import Row


class KeyProofRow(Row, table=True):
    """By what a key is known again: `index`, `token`, `keys.<name>`."""

    __tablename__ = "key_proofs"

    role: str = Field(primary_key=True)
    proof: str = Field(sa_type=Text)


class WriteProbeRow(Row, table=True):
    """One row that is written again and again, to see that writing works."""

    __tablename__ = "write_probes"

    id: int = Field(primary_key=True)
    at: datetime = Field(sa_type=UtcDateTime)
    filler: bytes = Field(sa_type=LargeBinary)
