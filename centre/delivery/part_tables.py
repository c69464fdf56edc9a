"""The table of long texts' parts: carriers number and report each."""

from uuid import UUID

from sqlmodel import Field

from db.rows import Row


class AttemptPartRow(Row, table=True):
    """One part of an attempt, and what the provider reported of it."""

    __tablename__ = "attempt_parts"

    attempt_id: UUID = Field(primary_key=True)
    number: str = Field(primary_key=True, index=True)
    outcome: str | None = None
