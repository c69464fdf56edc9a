"""The embedded index of patients and staff (EMPI), and what they opted out of."""

from datetime import datetime
from uuid import UUID

from centre.audit.audit import Actor
from centre.people.persons import (
    Person,
    PersonDraft,
    find_people,
    find_person,
    person_of,
    put_person,
)
from core.base import Model
from core.words import IdentityType
from db.session import Session


class PatientDraft(PersonDraft):
    """A patient as an administrator gives it; identities are normalised here."""


class StaffDraft(PersonDraft):
    """A member of staff as an administrator gives it."""


class Patient(Model):
    """A patient of the index."""

    id: UUID
    empi_id: str
    name: str
    identities: dict[IdentityType, str]
    updated_at: datetime


class Staff(Model):
    """A member of staff."""

    id: UUID
    staff_no: str
    name: str
    identities: dict[IdentityType, str]
    updated_at: datetime


async def put_patient(
    session: Session, empi_id: str, draft: PatientDraft, actor: Actor
) -> Patient:
    """Create a patient or replace what is known of it."""
    person = await put_person(session, "patient", empi_id, draft, actor)
    return Patient(empi_id=person.identities[IdentityType.EMPI_ID], **dict(person))


async def find_patient(session: Session, empi_id: str) -> Patient | None:
    """Return a patient by its number in the index."""
    person = await find_person(session, "patient", empi_id)
    if person is None:
        return None
    return Patient(empi_id=person.identities[IdentityType.EMPI_ID], **dict(person))


async def find_patients(
    session: Session, identity_type: IdentityType, value: str
) -> tuple[Patient, ...]:
    """Return the patients who have this identity."""
    found = await find_people(session, "patient", identity_type, value)
    return tuple(map(_patient, found))


async def patient_of(session: Session, id: UUID) -> Patient | None:
    """Return a patient by the id that the audit log names."""
    person = await person_of(session, "patient", id)
    return None if person is None else _patient(person)


def _patient(person: Person) -> Patient:
    return Patient(empi_id=person.identities[IdentityType.EMPI_ID], **dict(person))


async def put_staff(
    session: Session, staff_no: str, draft: StaffDraft, actor: Actor
) -> Staff:
    """Create a member of staff or replace what is known of it."""
    person = await put_person(session, "staff", staff_no, draft, actor)
    return Staff(staff_no=person.identities[IdentityType.STAFF_NO], **dict(person))


async def find_staff(session: Session, staff_no: str) -> Staff | None:
    """Return a member of staff by its number."""
    person = await find_person(session, "staff", staff_no)
    if person is None:
        return None
    return Staff(staff_no=person.identities[IdentityType.STAFF_NO], **dict(person))
