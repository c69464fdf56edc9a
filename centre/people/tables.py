"""The tables of people; names and numbers are sealed, found by an HMAC beside them."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import Text
from sqlmodel import Field

from db.columns import UtcDateTime
from db.rows import Row


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
