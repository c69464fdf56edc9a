"""The table that shows whether the database can be written."""

from datetime import datetime

from sqlalchemy import LargeBinary
from sqlmodel import Field

from db.columns import UtcDateTime
from db.rows import Row


class WriteProbeRow(Row, table=True):
    """One row that is written again and again, to see that writing works."""

    __tablename__ = "write_probes"

    id: int = Field(primary_key=True)
    at: datetime = Field(sa_type=UtcDateTime)
    filler: bytes = Field(sa_type=LargeBinary)
