"""The tables of when: counters of limits, sending times, holidays, caps."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import JSON, Index
from sqlmodel import Field

from db.columns import UtcDateTime
from db.rows import Row


class SendingRulesRow(Row, table=True):
    """One version of when a scope may send; the newest holds."""

    __tablename__ = "sending_rules"

    scope: str = Field(primary_key=True)
    version: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})
    rules: dict[str, Any] = Field(sa_type=JSON)
    set_by: str
    set_at: datetime = Field(sa_type=UtcDateTime)


class HolidayRow(Row, table=True):
    """A day that counts as another day of the week."""

    __tablename__ = "holidays"

    day: date = Field(primary_key=True)
    name: str
    counts_as: int


class CapHitRow(Row, table=True):
    """A message that counted for one number of a person; never the number itself."""

    __tablename__ = "cap_hits"
    __table_args__ = (Index(None, "key", "at"), Index(None, "at"))

    key: str = Field(primary_key=True)
    message_id: UUID = Field(primary_key=True)
    type: str
    type_class: str
    at: datetime = Field(sa_type=UtcDateTime)


class DigestMemberRow(Row, table=True):
    """A message that a cap held back; `carrier` tells of it, itself where it went.

    `key` is an index of its recipient, type and client; `at` since when it stands so.
    """

    __tablename__ = "digest_members"

    message_id: UUID = Field(primary_key=True)
    key: str = Field(index=True)
    carrier: UUID | None = Field(default=None, index=True)
    at: datetime = Field(sa_type=UtcDateTime, index=True)
