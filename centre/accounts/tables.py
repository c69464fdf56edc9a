"""The tables by which processes share accounts' traffic and access tokens."""

from datetime import datetime

from sqlalchemy import Text
from sqlmodel import Field

from db.columns import UtcDateTime
from db.rows import Row


class AccountTrafficRow(Row, table=True):
    """What was taken from an account's share, and until when it rests.

    No row: it has its whole share. `deducted` is in hundredths of the channel's
    traffic; `open_until` is when its breaker lets a probe through.
    """

    __tablename__ = "account_traffic"

    channel: str = Field(primary_key=True)
    code: str = Field(primary_key=True)
    deducted: int
    cause: str | None
    changed_at: datetime | None = Field(sa_type=UtcDateTime)
    open_until: datetime | None = Field(sa_type=UtcDateTime)


class RoutingRulesRow(Row, table=True):
    """The rules that administrators have set, as JSON; no row: those of the start."""

    __tablename__ = "routing_rules"

    id: int = Field(primary_key=True)
    rules: str = Field(sa_type=Text)
    set_by: str
    set_at: datetime = Field(sa_type=UtcDateTime)


class ProviderTokenRow(Row, table=True):
    """The access token of an account, sealed; `account` names it by its index."""

    __tablename__ = "provider_tokens"

    account: str = Field(primary_key=True)
    content: str = Field(sa_type=Text)
    renew_at: datetime = Field(sa_type=UtcDateTime)
    expires_at: datetime = Field(sa_type=UtcDateTime)
