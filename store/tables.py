"""The tables; personal fields are sealed, and found by an HMAC beside them.

`store.setup_tables` holds what administrators set up, `store.access_tables` who
may sign in; all are offered here.
"""

from datetime import datetime
from uuid import UUID

from sqlalchemy import JSON, Index, Text
from sqlmodel import Field

from store.access_tables import (
    ConsoleSessionRow,
    OldPasswordRow,
    RecoveryCodeRow,
    SignInPaceRow,
    SignInPlaceRow,
    SignInRow,
    UserRow,
)
from store.alarm_tables import AlarmRow, WatchRulesRow
from store.attempt_tables import AttemptRow
from store.batch_tables import BatchRecipientRow, BatchRow
from store.columns import UtcDateTime, index_present
from store.key_tables import KeyProofRow, WriteProbeRow
from store.part_tables import AttemptPartRow
from store.receipt_tables import ParkedReceiptRow, ReceiptAddressRow
from store.route_tables import (
    AccountTrafficRow,
    ProviderTokenRow,
    RoutingRulesRow,
)
from store.rows import Row
from store.setup_tables import (
    ChannelRow,
    IdentityTypeRow,
    MessageTypeRow,
    PolicyRow,
    ProviderAccountRow,
    TemplateRow,
    TypeChannelRow,
)
from store.standing_tables import ConsentRow, StandingRow
from store.when_tables import (
    CapHitRow,
    DigestMemberRow,
    HolidayRow,
    LimitAlarmRow,
    LimitCounterRow,
    SendingRulesRow,
)
from store.work_tables import CatchUpRow, LeaseRow, QueueSampleRow, QueueSettingRow
from store.workstation_tables import PopupRow, WorkstationAddressRow, WorkstationRow

__all__ = [
    "AccountTrafficRow",
    "AlarmRow",
    "AttemptPartRow",
    "AttemptRow",
    "AuditRow",
    "BatchRecipientRow",
    "BatchRow",
    "CapHitRow",
    "CatchUpRow",
    "ChannelRow",
    "ClientRow",
    "ClientSecretRow",
    "ConsentRow",
    "ConsoleSessionRow",
    "DigestMemberRow",
    "HolidayRow",
    "IdentityTypeRow",
    "InboxRow",
    "KeyProofRow",
    "LeaseRow",
    "LimitAlarmRow",
    "LimitCounterRow",
    "MessageIdentityRow",
    "MessageRow",
    "MessageTypeRow",
    "OldPasswordRow",
    "ParkedReceiptRow",
    "PersonIdentityRow",
    "PersonRow",
    "PolicyRow",
    "PopupRow",
    "PreferenceRow",
    "ProviderAccountRow",
    "ProviderTokenRow",
    "QueueSampleRow",
    "QueueSettingRow",
    "ReceiptAddressRow",
    "RecoveryCodeRow",
    "RemovalRow",
    "RoutingRulesRow",
    "Row",
    "SendingRulesRow",
    "SignInPaceRow",
    "SignInPlaceRow",
    "SignInRow",
    "StandingRow",
    "TemplateRow",
    "TypeChannelRow",
    "UserRow",
    "WatchRulesRow",
    "WorkstationAddressRow",
    "WorkstationRow",
    "WriteProbeRow",
]


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


class PersonRow(Row, table=True):
    """A patient or a member of staff; `key_index` is of the EMPI or staff number."""

    __tablename__ = "people"

    id: UUID = Field(primary_key=True)
    kind: str
    key_index: str = Field(unique=True)
    name: str = Field(sa_type=Text)
    created_at: datetime = Field(sa_type=UtcDateTime)
    updated_at: datetime = Field(sa_type=UtcDateTime)


class PersonIdentityRow(Row, table=True):
    """One identity of a person."""

    __tablename__ = "person_identities"

    person_id: UUID = Field(primary_key=True, foreign_key="people.id")
    type: str = Field(primary_key=True)
    index_hmac: str = Field(index=True)
    value: str = Field(sa_type=Text)


class PreferenceRow(Row, table=True):
    """An opt-out of one identity; "" stands for every channel or type.

    `source` is how it was said; none: somebody of the hospital wrote it down.
    """

    __tablename__ = "preferences"

    index_hmac: str = Field(primary_key=True)
    channel: str = Field(primary_key=True)
    message_type: str = Field(primary_key=True)
    identity_type: str
    since: datetime = Field(sa_type=UtcDateTime)
    source: str | None = None


class MessageRow(Row, table=True):
    """How a message stands. `message` is sealed whole, `doc` is its status."""

    __tablename__ = "messages"
    # Each list of messages the API offers reads one of these in order.
    __table_args__ = (
        Index(None, "created_at", "id"),
        Index(None, "status", "created_at", "id"),
        Index(None, "type", "created_at", "id"),
        Index(None, "client", "created_at", "id"),
        Index(None, "client", "status", "created_at", "id"),
        Index(None, "client", "type", "created_at", "id"),
        index_present("ix_messages_reference", "reference", "created_at", "id"),
        index_present("ix_messages_batch", "batch", "created_at", "id"),
        index_present("ix_messages_resendable", "resendable_until"),
        index_present("ix_messages_unacknowledged", "unacknowledged_since", "id"),
        index_present("ix_messages_away", "away", "status", "created_at"),
    )

    id: UUID = Field(primary_key=True)
    client: str
    type: str
    priority: str
    status: str
    reference: str | None
    batch: UUID | None = None
    run: int
    created_at: datetime = Field(sa_type=UtcDateTime)
    updated_at: datetime = Field(sa_type=UtcDateTime)
    resendable_until: datetime | None = Field(default=None, sa_type=UtcDateTime)
    unacknowledged_since: datetime | None = Field(default=None, sa_type=UtcDateTime)
    away: str | None = None
    away_account: str | None = None
    doc: str = Field(sa_type=Text)
    acknowledgement: str | None = Field(sa_type=Text)
    message: str = Field(sa_type=Text)
    writes: int


class MessageIdentityRow(Row, table=True):
    """By which identities a message can be searched."""

    __tablename__ = "message_identities"

    index_hmac: str = Field(primary_key=True)
    created_at: datetime = Field(sa_type=UtcDateTime, primary_key=True)
    message_id: UUID = Field(primary_key=True)


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


class InboxRow(Row, table=True):
    """A message in a person's inbox; the texts are sealed.

    `told_at` is when the message was told that its delivery is read.
    """

    __tablename__ = "inbox"
    __table_args__ = (
        Index(None, "owner_index", "created_at", "delivery_id"),
        index_present("ix_inbox_expires_at", "expires_at"),
    )

    delivery_id: UUID = Field(primary_key=True)
    message_id: UUID = Field(index=True)
    owner_index: str
    content: str = Field(sa_type=Text)
    created_at: datetime = Field(sa_type=UtcDateTime, index=True)
    expires_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    read_at: datetime | None = Field(sa_type=UtcDateTime)
    told_at: datetime | None = Field(default=None, sa_type=UtcDateTime)


class RemovalRow(Row, table=True):
    """A message of which nothing is shown any more: taken back, or over."""

    __tablename__ = "removals"

    message_id: UUID = Field(primary_key=True)
    why: str
    at: datetime = Field(sa_type=UtcDateTime)
