"""The tables of what providers said of people, and of people's consents."""

from datetime import datetime

from sqlmodel import Field

from db.columns import UtcDateTime
from db.rows import Row


class StandingRow(Row, table=True):
    """How an address stands with a channel; "" stands for every message type."""

    __tablename__ = "standings"

    index_hmac: str = Field(primary_key=True)
    channel: str = Field(primary_key=True)
    message_type: str = Field(primary_key=True)
    identity_type: str
    state: str
    since: datetime = Field(sa_type=UtcDateTime)
    last_at: datetime = Field(sa_type=UtcDateTime)
    code: str
    count: int


class ConsentRow(Row, table=True):
    """How many messages of a provider's template a person still allows.

    An openid belongs to one app, so the identity names the account too.
    """

    __tablename__ = "consents"

    index_hmac: str = Field(primary_key=True)
    template: str = Field(primary_key=True)
    identity_type: str
    quota: int
    unlimited: bool
    updated_at: datetime = Field(sa_type=UtcDateTime)
