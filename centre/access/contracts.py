"""People who may sign in, as they are shown and changed, and what they give for it."""

from datetime import datetime

from pydantic import Field

from core.base import Model
from core.fields import USERNAME
from core.text.plain_text import PlainText
from core.words import Role

MIN_PASSWORD = 8
MAX_PASSWORD = 256


class User(Model):
    """A person who may sign in. Tokens of an older `epoch` are revoked.

    `renewed_at` is when the password was set; `must_renew` asks for another.
    """

    username: str
    name: str
    role: Role
    enabled: bool = True
    created_at: datetime
    epoch: int = 1
    two_factor: bool = False
    must_renew: bool = False
    renewed_at: datetime
    signed_in_at: datetime | None = None


class UserDraft(Model):
    """A person to let in."""

    username: str = Field(pattern=USERNAME)
    name: PlainText = Field(default="", max_length=128)
    role: Role
    password: str = Field(min_length=MIN_PASSWORD, max_length=MAX_PASSWORD, repr=False)


class UserChanges(Model):
    """What to change of a user; fields left out stay."""

    name: PlainText = Field(default="", max_length=128)
    role: Role = Role.AUDITOR
    enabled: bool = True


class SignInAttempt(Model):
    """What somebody gave to sign in, and where from.

    `device` is a known browser's (centre/access/devices.py).
    """

    username: str = Field(repr=False)
    password: str = Field(repr=False)
    code: str | None = Field(default=None, repr=False)
    address: str | None = None
    device: str | None = Field(default=None, repr=False)
