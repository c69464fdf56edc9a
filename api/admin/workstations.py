"""`/v1/admin/workstations`: the screens of the wards, and their secrets."""

from typing import Annotated

from fastapi import APIRouter, Path
from pydantic import Field, StrictBool

from api.admin.common import PREFIX
from api.auth.callers import PEOPLE, Admin, Looker
from api.context import ContextDep
from api.http.checked_bodies import CheckedBody
from api.http.paging import Nothing, PagingDep
from centre.workstations import stations
from centre.workstations.contracts import (
    Workstation,
    WorkstationChanges,
    WorkstationDraft,
)
from core.base import Model
from db.pages import Page

router = APIRouter(
    prefix=PREFIX,
    tags=["admin: workstations"],
    dependencies=PEOPLE,
    route_class=CheckedBody,
)

StationPath = Annotated[str, Path(pattern=r"^[A-Za-z0-9_\-.]{1,64}$", max_length=64)]
_ONE = "/workstations/{workstation_id}"


class WorkstationPatch(WorkstationChanges):
    """What to change; `enabled: false` ends its connection within seconds."""

    enabled: StrictBool = True


class NewWorkstationAnswer(Workstation):
    """A new workstation with its secret, which is shown this once."""

    secret: str = Field(repr=False)


class NewStationSecret(Model):
    """A workstation's new secret, shown this once."""

    secret: str = Field(repr=False)


@router.post("/workstations", status_code=201)
async def create_workstation(
    body: WorkstationDraft, caller: Admin, context: ContextDep
) -> NewWorkstationAnswer:
    """Add a workstation; its secret is in this answer and nowhere else."""
    made = await stations.create_workstation(context, body, caller.actor)
    known = {n: getattr(made.workstation, n) for n in Workstation.model_fields}
    return NewWorkstationAnswer(**known, secret=made.secret)


@router.get("/workstations")
async def list_workstations(
    paging: PagingDep, caller: Looker, context: ContextDep
) -> Page[Workstation]:
    """List the workstations, and which are online."""
    return await stations.list_workstations(
        context, caller.actor, paging.cursor, paging.limit
    )


@router.get(_ONE)
async def get_workstation(
    workstation_id: StationPath, caller: Looker, context: ContextDep
) -> Workstation:
    """Return one workstation."""
    return await stations.find_workstation(context, workstation_id, caller.actor)


@router.patch(_ONE)
async def change_workstation(
    workstation_id: StationPath,
    body: WorkstationPatch,
    caller: Admin,
    context: ContextDep,
) -> Workstation:
    """Change or disable a workstation."""
    changing = stations.update_workstation
    return await changing(context, workstation_id, body, caller.actor)


@router.post(_ONE + "/secret", status_code=201)
async def rotate_workstation_secret(
    workstation_id: StationPath,
    caller: Admin,
    context: ContextDep,
    _: Nothing | None = None,
) -> NewStationSecret:
    """Give a workstation a new secret; the old one ends its connection."""
    secret = await stations.rotate_secret(context, workstation_id, caller.actor)
    return NewStationSecret(secret=secret)
