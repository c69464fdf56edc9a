"""The table of accounts at the providers; what they hold is sealed."""

from datetime import datetime

from sqlalchemy import Text
from sqlmodel import Field

from db.columns import UtcDateTime
from db.rows import Row


class ProviderAccountRow(Row, table=True):
    """An account at a channel's provider; `content` is sealed."""

    __tablename__ = "provider_accounts"

    channel: str = Field(primary_key=True)
    code: str = Field(primary_key=True)
    provider: str
    weight: int
    enabled: bool
    max_concurrent: int | None
    per_second: float | None
    content: str = Field(sa_type=Text)
    set_by: str
    set_at: datetime = Field(sa_type=UtcDateTime)
