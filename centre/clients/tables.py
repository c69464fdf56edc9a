"""The tables of client systems; a callback's secret is sealed."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import JSON, Text
from sqlmodel import Field

from db.columns import UtcDateTime
from db.rows import Row


class ClientRow(Row, table=True):
    """A client system."""

    __tablename__ = "clients"

    code: str = Field(primary_key=True)
    appkey: str = Field(unique=True)
    name: str
    enabled: bool
    scopes: list[str] = Field(sa_type=JSON)
    message_types: list[str] | None = Field(sa_type=JSON)
    cidrs: list[str] = Field(sa_type=JSON)
    rate_per_minute: int | None
    callback_url: str | None
    callback_allow: list[str] = Field(sa_type=JSON)
    callback_secret: str | None = Field(sa_type=Text)
    epoch: int
    created_at: datetime = Field(sa_type=UtcDateTime)
    updated_at: datetime = Field(sa_type=UtcDateTime)
    last_used_at: datetime | None = Field(default=None, sa_type=UtcDateTime)


class ClientSecretRow(Row, table=True):
    """A client's appsecret as SHA-256: 256 random bits need no slow hash."""

    __tablename__ = "client_secrets"

    id: UUID = Field(primary_key=True)
    client_code: str = Field(foreign_key="clients.code", index=True)
    secret_hash: str
    created_at: datetime = Field(sa_type=UtcDateTime)
    expires_at: datetime | None = Field(sa_type=UtcDateTime)
    revoked_at: datetime | None = Field(sa_type=UtcDateTime)
