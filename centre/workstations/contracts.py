"""Screens of the wards and what they show; messages in the centre's own inbox."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field, StringConstraints

from core.base import Model
from core.text.plain_text import PlainText
from core.words import Channel, Priority

# What these show lies in our own store.
OWN = frozenset({Channel.WORKSTATION, Channel.INBOX})

# Begins with no dot: `.` and `..` can't stand in an address.
StationId = Annotated[
    str, StringConstraints(pattern=r"^[A-Za-z0-9_\-][A-Za-z0-9_\-.]{0,63}$")
]
StaffNumbers = Annotated[tuple[str, ...], Field(max_length=500, repr=False)]


class Workstation(Model):
    """A screen on a ward; `staff` are the numbers of those who work at it."""

    id: str
    name: str
    department: str
    staff: tuple[str, ...] = Field(default=(), repr=False)
    enabled: bool = True
    online: bool = False
    created_at: datetime
    last_seen_at: datetime | None = None


class WorkstationDraft(Model):
    """A workstation to add."""

    id: StationId
    name: PlainText = Field(min_length=1, max_length=128)
    department: str = Field(min_length=1, max_length=64)
    staff: StaffNumbers = ()


class WorkstationChanges(Model):
    """What to change of a workstation; fields left out stay."""

    name: PlainText = Field(default="", min_length=1, max_length=128)
    department: str = Field(default="", min_length=1, max_length=64)
    staff: StaffNumbers = ()
    enabled: bool = True


class NewWorkstation(Model):
    """A workstation with its secret, which is shown this once."""

    workstation: Workstation
    secret: str = Field(repr=False)


class SignedInScreen(Model):
    """What a held connection must still agree with."""

    id: str
    enabled: bool
    secret_hash: str = Field(repr=False)


class PopupStage(StrEnum):
    """How far a workstation has come with a pop-up; it only moves forward."""

    SENT = "sent"
    RECEIVED = "received"
    DISPLAYED = "displayed"
    REJECTED = "rejected"
    CONFIRMED = "confirmed"
    WITHDRAWN = "withdrawn"


OVER = frozenset({PopupStage.REJECTED, PopupStage.CONFIRMED, PopupStage.WITHDRAWN})


class Popup(Model):
    """What a workstation shows."""

    level: Priority
    title: str
    body: str
    need_ack: bool
    read_back: bool = False


Why = Literal["recalled", "cancelled", "expired"]


class Withdrawal(Model):
    """Why a workstation no longer shows a pop-up.

    `confirmed`: elsewhere. All else: nobody shall see any more what it said.
    """

    why: Literal["confirmed"] | Why


class Event(Model):
    """One number of the sequence."""

    seq: int
    workstation_id: str
    delivery_id: UUID
    message_id: UUID
    stage: PopupStage
    expire_at: datetime
    popup: Popup | None = None
    withdrawal: Withdrawal | None = None


class InboxItem(Model):
    """One message in a person's inbox; `told`: its delivery is known to be read."""

    delivery_id: UUID
    message_id: UUID
    type: str = ""
    title: str
    body: str
    link: str | None = None
    created_at: datetime
    read_at: datetime | None = None
    told: bool = False
