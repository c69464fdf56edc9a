"""The table of the audit log."""

from datetime import datetime

from sqlalchemy import Index, Text
from sqlmodel import Field

from db.columns import UtcDateTime
from db.rows import Row


class AuditRow(Row, table=True):
    """One change; `hash` covers this row and the hash before it."""

    __tablename__ = "audit"
    __table_args__ = (Index(None, "target", "number"), Index(None, "who", "number"))

    number: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})
    at: datetime = Field(sa_type=UtcDateTime)
    who: str
    role: str
    address: str | None
    action: str
    target: str
    before: str | None = Field(sa_type=Text)
    after: str | None = Field(sa_type=Text)
    hash: str
