"""The tables of what administrators set up: types, templates, dictionaries."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, Text, true
from sqlmodel import Field

from db.columns import UtcDateTime
from db.rows import Row


class MessageTypeRow(Row, table=True):
    """A kind of message and its current policy."""

    __tablename__ = "message_types"

    code: str = Field(primary_key=True)
    name: str
    name_en: str
    priority: str
    type_class: str = Field(
        default="service", sa_column_kwargs={"server_default": "service"}
    )
    enabled: bool
    acknowledge: bool = False
    read_back_param: str | None = None
    correction: str | None = None
    digest: str | None = None
    retry_seconds: int | None = None
    resend_when_back: bool = Field(
        default=True, sa_column_kwargs={"server_default": true()}
    )
    policy: dict[str, Any] = Field(sa_type=JSON)
    created_at: datetime = Field(sa_type=UtcDateTime)
    updated_at: datetime = Field(sa_type=UtcDateTime)


class PolicyRow(Row, table=True):
    """One version of a type's policy; never changed."""

    __tablename__ = "policies"

    type_code: str = Field(primary_key=True, foreign_key="message_types.code")
    version: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})
    policy: dict[str, Any] = Field(sa_type=JSON)
    set_by: str
    set_at: datetime = Field(sa_type=UtcDateTime)


class TemplateRow(Row, table=True):
    """One version of what a channel says for a type; never changed."""

    __tablename__ = "templates"

    type_code: str = Field(primary_key=True, foreign_key="message_types.code")
    channel: str = Field(primary_key=True)
    version: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})
    title: str = Field(sa_type=Text)
    body: str = Field(sa_type=Text)
    provider_template: str | None
    fields: dict[str, str] = Field(sa_type=JSON)
    created_by: str
    created_at: datetime = Field(sa_type=UtcDateTime)


class TypeChannelRow(Row, table=True):
    """Which version a channel says now for a type, and whether it may."""

    __tablename__ = "type_channels"

    type_code: str = Field(primary_key=True, foreign_key="message_types.code")
    channel: str = Field(primary_key=True)
    version: int
    enabled: bool


class ChannelRow(Row, table=True):
    """The channel dictionary (the paper's table 1)."""

    __tablename__ = "channels"

    code: str = Field(primary_key=True)
    position: int
    name: str
    name_en: str
    cost_per_message: float
    limits: dict[str, int] = Field(sa_type=JSON)
    provider_account: str | None
    enabled: bool


class IdentityTypeRow(Row, table=True):
    """The dictionary of identity types (the paper's table 2)."""

    __tablename__ = "identity_types"

    code: str = Field(primary_key=True)
    position: int
    name: str
    name_en: str
    sensitive: bool
    enabled: bool
