"""The embedded index of patients and staff (EMPI): who is found, seen, entered."""

from uuid import UUID

from centre.audit.audit import Actor
from centre.audit.roles import ADMINS
from centre.context import Context
from centre.people import person_queries
from centre.people.contracts import Patient, PatientDraft, Person
from centre.people.masking import masked, note_look
from centre.people.persons import put_person
from core.errors import FieldError, Invalid, NotFound
from core.identities import normalise
from core.words import IdentityType, Role


async def put_patient(
    context: Context, empi_id: str, draft: PatientDraft, actor: Actor
) -> Patient:
    """Create a patient or replace what is known of it."""
    actor.must_be(*ADMINS)
    async with context.store.sessions.begin() as session:
        return _patient(await put_person(session, "patient", empi_id, draft, actor))


async def find_patient(context: Context, empi_id: str) -> Patient:
    """Return a patient in clear, by its number; NotFound. Not to be shown so."""
    async with context.store.sessions() as session:
        return _found(await person_queries.find_person(session, "patient", empi_id))


async def patient_for(
    context: Context, empi_id: str, actor: Actor, *, clear: bool | None = None
) -> Patient:
    """Return a patient, masked or in clear; who looks at it in clear is logged.

    None: in clear for administrators. Forbidden in clear for who may not look.
    """
    found = await find_patient(context, empi_id)
    wanted = actor.role is Role.ADMIN if clear is None else clear
    if not wanted:
        return masked(found)
    await note_look(context, f"patients/{found.id}", actor)
    return found


async def find_patients(
    context: Context, identity_type: IdentityType, value: str
) -> tuple[Patient, ...]:
    """Return who has this identity, masked: families share phones."""
    try:
        wanted = normalise(identity_type, value)
    except ValueError as error:
        field_error = FieldError("/value", str(error))
        raise Invalid(field_error.detail, [field_error]) from None
    async with context.store.sessions() as session:
        found = await person_queries.find_people(
            session, "patient", identity_type, wanted
        )
    return tuple(masked(_patient(person)) for person in found)


async def patient(context: Context, person_id: UUID) -> Patient:
    """Return a patient, masked; NotFound where there is none."""
    return masked(await patient_in_clear(context, person_id))


async def reveal_patient(context: Context, person_id: UUID, actor: Actor) -> Patient:
    """Return a patient in clear; the log keeps who looked."""
    found = await patient_in_clear(context, person_id)
    await note_look(context, f"patients/{found.id}", actor)
    return found


async def patient_in_clear(context: Context, person_id: UUID) -> Patient:
    """Return a patient for our own use: nothing of it is to be shown as it is."""
    async with context.store.sessions() as session:
        return _found(await person_queries.person_of(session, "patient", person_id))


async def identity_of(context: Context, person_id: UUID, kind: IdentityType) -> str:
    """Return a patient's number of a kind, for our own use; NotFound without one."""
    found = await patient_in_clear(context, person_id)
    if kind not in found.identities:
        raise NotFound("This patient has no such number.")
    return found.identities[kind]


def _found(person: Person | None) -> Patient:
    if person is None:
        raise NotFound("There is no such patient.")
    return _patient(person)


def _patient(person: Person) -> Patient:
    return Patient(empi_id=person.identities[IdentityType.EMPI_ID], **dict(person))
