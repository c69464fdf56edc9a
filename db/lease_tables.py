"""The table of leases: which process does what only one may do."""

from datetime import datetime

from sqlmodel import Field

from db.columns import UtcDateTime
from db.rows import Row


class LeaseRow(Row, table=True):
    """Who of several processes does a piece of work, and until when."""

    __tablename__ = "leases"

    name: str = Field(primary_key=True)
    holder: str
    until: datetime = Field(sa_type=UtcDateTime)
