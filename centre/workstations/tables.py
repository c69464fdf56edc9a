"""The tables of the workstations: which there are, and what each is to show."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, Column, Index, Integer, Text, UniqueConstraint
from sqlmodel import Field

from db.columns import UtcDateTime, index_present
from db.rows import Row


class WorkstationRow(Row, table=True):
    """A screen on a ward, and the secret it signs in with, as SHA-256.

    `staff` are the sealed numbers of those who work there. `connected_until` is
    a lease that the process holding its socket renews.
    """

    __tablename__ = "workstations"

    id: str = Field(primary_key=True)
    name: str
    department: str
    staff: str = Field(sa_type=Text)
    secret_hash: str
    enabled: bool
    created_at: datetime = Field(sa_type=UtcDateTime)
    updated_at: datetime = Field(sa_type=UtcDateTime)
    last_seen_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    connected_until: datetime | None = Field(default=None, sa_type=UtcDateTime)


class WorkstationAddressRow(Row, table=True):
    """One address that a workstation answers to: its own, its department's, staff's."""

    __tablename__ = "workstation_addresses"

    workstation_id: str = Field(primary_key=True, foreign_key="workstations.id")
    index_hmac: str = Field(primary_key=True, index=True)


class PopupRow(Row, table=True):
    """One thing that a workstation is told, in the order of `seq`.

    `kind` is "msg", or "withdraw" for a message it shall no longer show. The
    texts are sealed; `stage` is how far the workstation has come with it.
    """

    __tablename__ = "popups"
    __table_args__ = (
        UniqueConstraint("delivery_id", "workstation_id", "kind"),
        Index(None, "workstation_id", "seq"),
        {"sqlite_autoincrement": True},
    )

    seq: int | None = Field(
        default=None,
        sa_column=Column(
            BigInteger().with_variant(Integer(), "sqlite"),
            primary_key=True,
            autoincrement=True,
        ),
    )
    workstation_id: str
    kind: str
    delivery_id: UUID
    message_id: UUID = Field(index=True)
    content: str = Field(sa_type=Text)
    stage: str
    staged_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    created_at: datetime = Field(sa_type=UtcDateTime, index=True)
    expire_at: datetime = Field(sa_type=UtcDateTime)


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
