"""People as the index knows them, as they are entered, and what they opted out of."""

from collections.abc import Mapping
from datetime import datetime
from typing import Literal
from uuid import UUID

from pydantic import Field

from core.base import Model
from core.errors import FieldError, Invalid
from core.identities import normalise
from core.text.plain_text import PlainText
from core.words import Channel, IdentityType, OptOutSource, TypeClass

Kind = Literal["patient", "staff"]

KEYS: Mapping[Kind, IdentityType] = {
    "patient": IdentityType.EMPI_ID,
    "staff": IdentityType.STAFF_NO,
}


class PersonDraft(Model):
    """A person as an administrator gives it; identities are normalised later."""

    name: PlainText = Field(min_length=1, max_length=128)
    identities: dict[IdentityType, str] = Field(default={}, max_length=16)


class PatientDraft(PersonDraft):
    """A patient as an administrator gives it; identities are normalised here."""


class Person(Model):
    """A person of the index; `identities` holds the person's own number too."""

    id: UUID
    name: str
    identities: dict[IdentityType, str]
    updated_at: datetime


class Patient(Model):
    """A patient of the index."""

    id: UUID
    empi_id: str
    name: str
    identities: dict[IdentityType, str]
    updated_at: datetime


class Preference(Model):
    """An opt-out of one identity; None stands for every channel or type.

    A class stands for all its message types; it and a type are never both given.
    """

    identity_type: IdentityType
    channel: Channel | None = None
    message_type: str | None = None
    type_class: TypeClass | None = None
    since: datetime
    source: OptOutSource | None = None


def all_identities(kind: Kind, key: str, draft: PersonDraft) -> dict[IdentityType, str]:
    """Return a draft's identities in their one spelling, the person's number first.

    Invalid names those that are none.
    """
    given = {KEYS[kind]: key, **draft.identities}
    found: dict[IdentityType, str] = {}
    field_errors: list[FieldError] = []
    for identity_type, value in given.items():
        try:
            found[identity_type] = normalise(identity_type, value)
        except ValueError as error:
            field_errors.append(FieldError(f"/identities/{identity_type}", str(error)))
    if not field_errors and found[KEYS[kind]] != key.strip():
        pointer = f"/identities/{KEYS[kind]}"
        field_errors.append(
            FieldError(pointer, "Differs from the number in the address.")
        )
    if field_errors:
        raise Invalid("The person was refused; see `errors`.", field_errors)
    return found
