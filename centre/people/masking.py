"""Personal data as people see it: masked, and in clear only by a step that is kept."""

from uuid import UUID

from centre.audit import audit
from centre.audit.audit import Actor
from centre.context import Context
from centre.people import opt_outs as preferences
from centre.people import patients
from centre.people.opt_outs import Preference
from centre.people.patients import Patient
from core.base import evolve
from core.errors import Forbidden, Invalid, NotFound, Wrong
from core.identities import mask, mask_name, normalise
from core.models import Recipient
from core.words import IdentityType, Role

# An auditor reads what was done, not who was ill.
MAY_LOOK = frozenset({Role.ADMIN, Role.OPERATOR})


def masked(patient: Patient) -> Patient:
    """Return a patient as a screen may show it."""
    shown = {kind: mask(kind, value) for kind, value in patient.identities.items()}
    name = mask_name(patient.name)
    return evolve(patient, name=name, identities=shown)


def masked_recipient(recipient: Recipient) -> Recipient:
    """Return a recipient as a screen may show it."""
    shown = {kind: mask(kind, value) for kind, value in recipient.identities.items()}
    name = recipient.name and mask_name(recipient.name)
    return Recipient(identities=shown, name=name)


async def find_patients(
    context: Context, identity_type: IdentityType, value: str
) -> tuple[Patient, ...]:
    """Return who has this identity, masked."""
    try:
        wanted = normalise(identity_type, value)
    except ValueError as error:
        wrong = Wrong("/value", str(error))
        raise Invalid(wrong.detail, [wrong]) from None
    async with context.store.sessions() as session:
        found = await patients.find_patients(session, identity_type, wanted)
    return tuple(map(masked, found))


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
        found = await patients.patient_of(session, person_id)
    if found is None:
        raise NotFound("There is no such patient.")
    return found


async def note_look(context: Context, target: str, actor: Actor) -> None:
    """Keep who looked at what in clear; Forbidden where their role may not."""
    if actor.role not in MAY_LOOK:
        raise Forbidden("This role does not see personal data in clear.")
    async with context.store.sessions.begin() as session:
        await audit.write(session, actor, "look", target)


async def opt_outs_of(
    context: Context, person_id: UUID
) -> dict[IdentityType, tuple[Preference, ...]]:
    """Return a patient's opt-outs, by the kind of number they hold for."""
    found = await patient_in_clear(context, person_id)
    async with context.store.sessions() as session:
        return {
            kind: await preferences.preferences_of(session, kind, value)
            for kind, value in found.identities.items()
        }


async def opt_out(
    context: Context, person_id: UUID, wanted: Preference, actor: Actor
) -> None:
    """Opt a patient's number out of a channel, a type, or one on the other."""
    value = await _value(context, person_id, wanted)
    what = (wanted.identity_type, value, wanted.channel, wanted.message_type, actor)
    async with context.store.sessions.begin() as session:
        await preferences.opt_out(session, *what, wanted.type_class)


async def opt_in(
    context: Context, person_id: UUID, wanted: Preference, actor: Actor
) -> None:
    """Take one of a patient's opt-outs back."""
    value = await _value(context, person_id, wanted)
    what = (wanted.identity_type, value, wanted.channel, wanted.message_type, actor)
    async with context.store.sessions.begin() as session:
        await preferences.opt_in(session, *what, wanted.type_class)


async def _value(context: Context, person_id: UUID, wanted: Preference) -> str:
    found = await patient_in_clear(context, person_id)
    if wanted.identity_type not in found.identities:
        raise NotFound("This patient has no such number.")
    return found.identities[wanted.identity_type]
