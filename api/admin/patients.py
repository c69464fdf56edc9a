"""`/v1/admin/patients` and `/preferences`: the embedded index, and opt-outs."""

from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import Field

from api.admin.common import PREFIX, EmpiPath, IdentityTypePath, ValuePath, normal_value
from api.auth.callers import PEOPLE, Admin, Looker
from api.context import ContextDep, SessionDep
from centre.audit import audit
from centre.people import opt_outs as preferences
from centre.people import patients
from centre.people.masking import find_patients, masked
from centre.people.opt_outs import Preference
from centre.people.patients import Patient, PatientDraft
from core.base import Model
from core.errors import NotFound
from core.fields import Code
from core.words import Channel, IdentityType, Role, TypeClass
from db.pages import Page

router = APIRouter(prefix=PREFIX, tags=["admin: patients"], dependencies=PEOPLE)


class PreferenceBody(Model):
    """What a person does not want; a field left out stands for all of its kind.

    A class stands for all its message types.
    """

    channel: Channel | None = None
    message_type: Code | None = None
    type_class: TypeClass | None = None


class PatientSearch(Model):
    """One identity of somebody."""

    identity_type: IdentityType
    value: str = Field(min_length=1, max_length=255, repr=False)


@router.put("/patients/{empi_id}")
async def put_patient(
    empi_id: EmpiPath, body: PatientDraft, caller: Admin, session: SessionDep
) -> Patient:
    """Write a patient into the index, or over what it says of them."""
    return await patients.put_patient(session, empi_id, body, caller.actor)


@router.get("/patients/{empi_id}")
async def get_patient(
    empi_id: EmpiPath, caller: Looker, session: SessionDep
) -> Patient:
    """Return a patient; masked for all but administrators, whose look is logged."""
    patient = await patients.find_patient(session, empi_id)
    if patient is None:
        raise NotFound("There is no such patient.")
    if caller.role is not Role.ADMIN:
        return masked(patient)
    await audit.write(session, caller.actor, "look", f"patients/{patient.id}")
    return patient


@router.post("/patients/search")
async def search_patients(
    body: PatientSearch, caller: Looker, context: ContextDep
) -> Page[Patient]:
    """Find patients by any identity, masked; phones are shared within families."""
    found = await find_patients(context, body.identity_type, body.value)
    return Page[Patient](items=found)


@router.get("/preferences/{identity_type}/{value}")
async def list_preferences(
    identity_type: IdentityTypePath,
    value: ValuePath,
    caller: Looker,
    session: SessionDep,
) -> Page[Preference]:
    """List what the person of an identity has opted out of."""
    known = normal_value(identity_type, value)
    found = await preferences.preferences_of(session, identity_type, known)
    return Page[Preference](items=found)


@router.put("/preferences/{identity_type}/{value}")
async def opt_out(
    identity_type: IdentityTypePath,
    value: ValuePath,
    body: PreferenceBody,
    caller: Admin,
    session: SessionDep,
) -> Preference:
    """Opt a person out of a channel, a type, a class, or one on the other."""
    return await preferences.opt_out(
        session,
        identity_type,
        normal_value(identity_type, value),
        body.channel,
        body.message_type,
        caller.actor,
        body.type_class,
    )


@router.delete("/preferences/{identity_type}/{value}", status_code=204)
async def opt_in(
    identity_type: IdentityTypePath,
    value: ValuePath,
    which: Annotated[PreferenceBody, Query()],
    caller: Admin,
    session: SessionDep,
) -> None:
    """Take an opt-out back; the query says which."""
    await preferences.opt_in(
        session,
        identity_type,
        normal_value(identity_type, value),
        which.channel,
        which.message_type,
        caller.actor,
        which.type_class,
    )
