"""The tables of people who sign in: users, second factors, sessions."""

from datetime import datetime

from sqlalchemy import Text, false
from sqlmodel import Field

from db.columns import UtcDateTime
from db.rows import Row


class UserRow(Row, table=True):
    """A person who may sign in; `totp_secret` is sealed."""

    __tablename__ = "users"

    username: str = Field(primary_key=True)
    name: str
    role: str
    password_hash: str
    enabled: bool
    epoch: int
    created_at: datetime = Field(sa_type=UtcDateTime)
    password_set_at: datetime = Field(sa_type=UtcDateTime)
    totp_secret: str | None = Field(default=None, sa_type=Text)
    totp_step: int | None = None
    must_change_password: bool = Field(
        default=False, sa_column_kwargs={"server_default": false()}
    )
    signed_in_at: datetime | None = Field(default=None, sa_type=UtcDateTime)


class RecoveryCodeRow(Row, table=True):
    """A code that stands in for the second factor once; 80 random bits."""

    __tablename__ = "recovery_codes"

    username: str = Field(primary_key=True, foreign_key="users.username")
    code_hash: str = Field(primary_key=True)


class OldPasswordRow(Row, table=True):
    """A password a user had, so that it is not taken up again."""

    __tablename__ = "old_passwords"

    username: str = Field(primary_key=True, foreign_key="users.username")
    set_at: datetime = Field(sa_type=UtcDateTime, primary_key=True)
    password_hash: str


class ConsoleSessionRow(Row, table=True):
    """Somebody signed in at the console; holds while the user's epoch does."""

    __tablename__ = "console_sessions"

    token_hash: str = Field(primary_key=True)
    username: str = Field(foreign_key="users.username", index=True)
    epoch: int
    address: str | None
    began_at: datetime = Field(sa_type=UtcDateTime)
    seen_at: datetime = Field(sa_type=UtcDateTime, index=True)


class SignInRow(Row, table=True):
    """Failed sign-ins in a row under one name from one place.

    `username` stands where a person of this name has never been at the place.
    """

    __tablename__ = "sign_ins"

    name_index: str = Field(primary_key=True)
    failures: int
    last_at: datetime = Field(sa_type=UtcDateTime, index=True)
    locked_until: datetime | None = Field(sa_type=UtcDateTime)
    username: str | None = None


class SignInPaceRow(Row, table=True):
    """When the turns that were taken under a name or from an address are used up."""

    __tablename__ = "sign_in_paces"

    key: str = Field(primary_key=True)
    free_at: datetime = Field(sa_type=UtcDateTime, index=True)


class SignInPlaceRow(Row, table=True):
    """An address or a browser, as an HMAC, that a person has signed in from."""

    __tablename__ = "sign_in_places"

    username: str = Field(primary_key=True, foreign_key="users.username")
    place: str = Field(primary_key=True)
    seen_at: datetime = Field(sa_type=UtcDateTime)
