"""`/v1/admin/clients`: who may send what, with which secret, from where."""

from datetime import timedelta
from uuid import UUID

from fastapi import APIRouter
from pydantic import ConfigDict, Field, StrictBool, StrictInt

from api.admin.common import PREFIX, CodePath
from api.auth.callers import PEOPLE, Admin, Looker
from api.context import SessionDep
from api.http.paging import Nothing, PagingDep
from centre.clients import queries as clients
from centre.clients import secrets as client_secrets
from centre.clients.queries import Client, ClientChanges, ClientDraft
from centre.clients.secrets import NewSecret, SecretInfo
from core.base import Model
from core.errors import NotFound
from db.pages import Page

router = APIRouter(prefix=PREFIX, tags=["admin: clients"], dependencies=PEOPLE)

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
    body: ClientBody, caller: Admin, session: SessionDep
) -> NewClientAnswer:
    """Let a client system join; its secret is in this answer and nowhere else."""
    made = await clients.create_client(session, body, caller.actor)
    return NewClientAnswer(
        **{name: getattr(made.client, name) for name in Client.model_fields},
        appsecret=made.appsecret,
        callback_secret=made.callback_secret,
    )


@router.get("/clients")
async def list_clients(
    paging: PagingDep, caller: Looker, session: SessionDep
) -> Page[Client]:
    """List the client systems."""
    return await clients.list_clients(session, paging.cursor, paging.limit)


@router.get("/clients/{code}")
async def get_client(code: CodePath, caller: Looker, session: SessionDep) -> Client:
    """Return one client system."""
    client = await clients.find_client(session, code)
    if client is None:
        raise NotFound("There is no such client.")
    return client


@router.patch("/clients/{code}")
async def change_client(
    code: CodePath, body: ClientPatch, caller: Admin, session: SessionDep
) -> Client:
    """Change or disable a client system."""
    return await clients.update_client(session, code, body, caller.actor)


@router.get("/clients/{code}/secrets")
async def list_secrets(
    code: CodePath, caller: Looker, session: SessionDep
) -> Page[SecretInfo]:
    """List a client's secrets: their ids and times."""
    found = await client_secrets.secrets_of(session, code)
    return Page[SecretInfo](items=found)


@router.post("/clients/{code}/secrets", status_code=201)
async def rotate_secret(
    code: CodePath, caller: Admin, session: SessionDep, body: Rotation | None = None
) -> NewSecret:
    """Issue a further secret; the older ones work on for the overlap."""
    hours = (body or Rotation()).overlap_hours
    overlap = timedelta(hours=hours)
    return await client_secrets.rotate_secret(session, code, caller.actor, overlap)


@router.delete("/clients/{code}/secrets/{secret_id}", status_code=204)
async def revoke_secret(
    code: CodePath, secret_id: UUID, caller: Admin, session: SessionDep
) -> None:
    """Revoke a secret, and every token of the client."""
    await client_secrets.revoke_secret(session, code, secret_id, caller.actor)


@router.post("/clients/{code}/callback-secret", status_code=201)
async def rotate_callback_secret(
    code: CodePath, caller: Admin, session: SessionDep, _: Nothing | None = None
) -> CallbackSecret:
    """Issue a new key for the signatures of a client's callbacks."""
    secret = await clients.rotate_callback_secret(session, code, caller.actor)
    return CallbackSecret(callback_secret=secret)
