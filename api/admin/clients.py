"""`/v1/admin/clients`: who may send what, with which secret, from where."""

from uuid import UUID

from fastapi import APIRouter
from pydantic import ConfigDict, Field, StrictBool, StrictInt

from api.admin.common import PREFIX, CodePath
from api.auth.callers import PEOPLE, Admin, Looker
from api.context import ContextDep
from api.http.checked_bodies import CheckedBody
from api.http.paging import Nothing, PagingDep
from centre.clients import secrets, service
from centre.clients.models import (
    Client,
    ClientChanges,
    ClientDraft,
    NewSecret,
    SecretInfo,
)
from core.base import Model
from db.pages import Page

router = APIRouter(
    prefix=PREFIX, tags=["admin: clients"], dependencies=PEOPLE, route_class=CheckedBody
)

_RATE = Field(default=None, ge=1, le=1_000_000)


class ClientBody(ClientDraft):
    """A client system to create; what it leaves out is not limited."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "code": "lis",
                    "name": "检验信息系统 LIS",
                    "scopes": ["messages:send", "messages:read"],
                    "message_types": ["lab-report", "critical-value"],
                    "cidrs": ["10.20.0.0/16"],
                    "rate_per_minute": 600,
                }
            ]
        }
    )

    rate_per_minute: StrictInt | None = _RATE


class ClientPatch(ClientChanges):
    """What to change of a client; `enabled: false` refuses its tokens at once."""

    enabled: StrictBool = True
    rate_per_minute: StrictInt | None = _RATE


class NewClientAnswer(Client):
    """A new client with its secrets, which are shown this once."""

    appsecret: str = Field(repr=False)
    callback_secret: str | None = Field(default=None, repr=False)


class Rotation(Model):
    """How long a client's older secrets go on working."""

    overlap_hours: float = Field(default=24, ge=0, le=24 * 30, strict=True)


class CallbackSecret(Model):
    """The key of the callbacks' signatures, shown this once."""

    callback_secret: str = Field(repr=False)


@router.post("/clients", status_code=201)
async def create_client(
    body: ClientBody, caller: Admin, context: ContextDep
) -> NewClientAnswer:
    """Let a client system join; its secret is in this answer and nowhere else."""
    made = await service.create_client(context, body, caller.actor)
    return NewClientAnswer(
        **{name: getattr(made.client, name) for name in Client.model_fields},
        appsecret=made.appsecret,
        callback_secret=made.callback_secret,
    )


@router.get("/clients")
async def list_clients(
    paging: PagingDep, caller: Looker, context: ContextDep
) -> Page[Client]:
    """List the client systems."""
    return await service.list_clients(context, paging.cursor, paging.limit)


@router.get("/clients/{code}")
async def get_client(code: CodePath, caller: Looker, context: ContextDep) -> Client:
    """Return one client system."""
    return await service.client(context, code)


@router.patch("/clients/{code}")
async def change_client(
    code: CodePath, body: ClientPatch, caller: Admin, context: ContextDep
) -> Client:
    """Change or disable a client system."""
    return await service.update_client(context, code, body, caller.actor)


@router.get("/clients/{code}/secrets")
async def list_secrets(
    code: CodePath, caller: Looker, context: ContextDep
) -> Page[SecretInfo]:
    """List a client's secrets: their ids and times."""
    found = await secrets.secrets_of(context, code)
    return Page[SecretInfo](items=found)


@router.post("/clients/{code}/secrets", status_code=201)
async def rotate_secret(
    code: CodePath, caller: Admin, context: ContextDep, body: Rotation | None = None
) -> NewSecret:
    """Issue a further secret; the older ones work on for the overlap."""
    overlap = secrets.overlap_of((body or Rotation()).overlap_hours)
    return await secrets.rotate_secret(context, code, caller.actor, overlap)


@router.delete("/clients/{code}/secrets/{secret_id}", status_code=204)
async def revoke_secret(
    code: CodePath, secret_id: UUID, caller: Admin, context: ContextDep
) -> None:
    """Revoke a secret, and every token of the client."""
    await secrets.revoke_secret(context, code, secret_id, caller.actor)


@router.post("/clients/{code}/callback-secret", status_code=201)
async def rotate_callback_secret(
    code: CodePath, caller: Admin, context: ContextDep, _: Nothing | None = None
) -> CallbackSecret:
    """Issue a new key for the signatures of a client's callbacks."""
    secret = await service.rotate_callback_secret(context, code, caller.actor)
    return CallbackSecret(callback_secret=secret)
