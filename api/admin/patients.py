"""`/v1/admin/patients` and `/preferences`: the embedded index, and opt-outs."""

from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import Field

from api.admin.common import PREFIX, EmpiPath, IdentityTypePath, ValuePath, normal_value
from api.auth.callers import PEOPLE, Admin, Looker
from api.context import ContextDep
from api.http.checked_bodies import CheckedBody
from centre.people import opt_outs, patients
from centre.people.contracts import Patient, PatientDraft, Preference
from core.base import Model
from core.clock import utc_now
from core.fields import Code
from core.words import Channel, IdentityType, TypeClass
from db.pages import Page

router = APIRouter(
    prefix=PREFIX,
    tags=["admin: patients"],
    dependencies=PEOPLE,
    route_class=CheckedBody,
)


class PreferenceBody(Model):
    """What a person does not want; a field left out stands for all of its kind.

    A class stands for all its message types.
    """

    channel: Channel | None = None
    message_type: Code | None = None
    type_class: TypeClass | None = None


class PatientQuery(Model):
    """How a patient is shown: `clear=true` for administrators and operators.

    Left out, administrators see it in clear and others masked.
    """

    clear: bool | None = None


class PatientSearch(Model):
    """One identity of somebody."""

    identity_type: IdentityType
    value: str = Field(min_length=1, max_length=255, repr=False)


@router.put("/patients/{empi_id}")
async def put_patient(
    empi_id: EmpiPath, body: PatientDraft, caller: Admin, context: ContextDep
) -> Patient:
    """Write a patient into the index, or over what it says of them."""
    return await patients.put_patient(context, empi_id, body, caller.actor)


@router.get("/patients/{empi_id}")
async def get_patient(
    empi_id: EmpiPath,
    query: Annotated[PatientQuery, Query()],
    caller: Looker,
    context: ContextDep,
) -> Patient:
    """Return a patient: masked, but for administrators and who asks for it in clear.

    Each look in clear is logged; 403 for a role that may not.
    """
    asked = patients.patient_for
    return await asked(context, empi_id, caller.actor, clear=query.clear)


@router.post("/patients/search")
async def search_patients(
    body: PatientSearch, caller: Looker, context: ContextDep
) -> Page[Patient]:
    """Find patients by any identity, masked; phones are shared within families."""
    found = await patients.find_patients(context, body.identity_type, body.value)
    return Page[Patient](items=found)


@router.get("/preferences/{identity_type}/{value}")
async def list_preferences(
    identity_type: IdentityTypePath,
    value: ValuePath,
    caller: Looker,
    context: ContextDep,
) -> Page[Preference]:
    """List what the person of an identity has opted out of."""
    known = normal_value(identity_type, value)
    found = await opt_outs.opt_outs_of(context, identity_type, known)
    return Page[Preference](items=found)


@router.put("/preferences/{identity_type}/{value}")
async def opt_out(
    identity_type: IdentityTypePath,
    value: ValuePath,
    body: PreferenceBody,
    caller: Admin,
    context: ContextDep,
) -> Preference:
    """Opt a person out of a channel, a type, a class, or one on the other."""
    known, wanted = normal_value(identity_type, value), _wanted(identity_type, body)
    return await opt_outs.opt_out(context, wanted, known, caller.actor)


@router.delete("/preferences/{identity_type}/{value}", status_code=204)
async def opt_in(
    identity_type: IdentityTypePath,
    value: ValuePath,
    which: Annotated[PreferenceBody, Query()],
    caller: Admin,
    context: ContextDep,
) -> None:
    """Take an opt-out back; the query says which."""
    known, wanted = normal_value(identity_type, value), _wanted(identity_type, which)
    await opt_outs.opt_in(context, wanted, known, caller.actor)


def _wanted(identity_type: IdentityType, body: PreferenceBody) -> Preference:
    return Preference(identity_type=identity_type, since=utc_now(), **dict(body))
