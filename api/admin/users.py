"""`/v1/admin/users` and `/v1/admin/audit`: who may sign in, and who did what."""

from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import ConfigDict, Field, StrictBool

from api.admin.common import PREFIX, UserPath
from api.auth.callers import PEOPLE, Admin, Auditor
from api.context import ContextDep
from api.http.checked_bodies import CheckedBody
from api.http.paging import PagingDep
from api.messages.views import Time
from centre.access import second_factor, users
from centre.access.contracts import User, UserChanges, UserDraft
from centre.audit import service as audit_log
from centre.audit.audit import AuditEntry, AuditFilter, ChainReport
from core.base import Model
from core.fields import check_times
from db.pages import Page

router = APIRouter(
    prefix=PREFIX, tags=["admin: people"], dependencies=PEOPLE, route_class=CheckedBody
)


class UserPatch(UserChanges):
    """What to change of a person; `enabled: false` refuses their tokens at once."""

    enabled: StrictBool = True


class PasswordBody(Model):
    """A person's new password."""

    password: str = Field(min_length=8, max_length=256, repr=False)


class AuditQuery(Model):
    """Which rows of the audit log to list."""

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)

    who: str | None = Field(default=None, min_length=1, max_length=64)
    action: str | None = Field(default=None, min_length=1, max_length=64)
    target: str | None = Field(default=None, min_length=1, max_length=300)
    since: Time | None = Field(default=None, alias="from")
    until: Time | None = Field(default=None, alias="to")
    limit: int = Field(default=100, ge=1, le=200)
    cursor: str | None = Field(default=None, min_length=1, max_length=512)


@router.get("/users")
async def list_users(
    paging: PagingDep, caller: Auditor, context: ContextDep
) -> Page[User]:
    """List the people who may sign in."""
    return await users.list_users(context, caller.actor, paging.cursor, paging.limit)


@router.post("/users", status_code=201)
async def create_user(body: UserDraft, caller: Admin, context: ContextDep) -> User:
    """Let a person sign in."""
    return await users.create_user(context, body, caller.actor)


@router.patch("/users/{username}")
async def change_user(
    username: UserPath, body: UserPatch, caller: Admin, context: ContextDep
) -> User:
    """Change or disable a person; nobody shuts themselves out."""
    return await users.update_user(context, username, body, caller.actor)


@router.put("/users/{username}/password", status_code=204)
async def set_password(
    username: UserPath,
    body: PasswordBody,
    caller: Admin,
    context: ContextDep,
) -> None:
    """Set another person's password; their tokens end.

    409 for oneself: `POST /v1/session/password` changes one's own.
    """
    await users.set_password(context, username, body.password, caller.actor)


@router.delete("/users/{username}/second-factor", status_code=204)
async def turn_off_second_factor(
    username: UserPath, caller: Admin, context: ContextDep
) -> None:
    """Turn off a person's second factor: phone and recovery codes are lost."""
    await second_factor.turn_off(context, username, caller.actor)


@router.delete("/users/{username}/sessions", status_code=204)
async def end_sessions(username: UserPath, caller: Admin, context: ContextDep) -> None:
    """End every token and session of a person."""
    await users.end_sessions(context, username, caller.actor)


@router.get("/audit")
async def list_audit(
    query: Annotated[AuditQuery, Query()], caller: Auditor, context: ContextDep
) -> Page[AuditEntry]:
    """List who changed what, newest first."""
    check_times(query.since, query.until)
    wanted = AuditFilter(
        who=query.who,
        action=query.action,
        target=query.target,
        since=query.since,
        until=query.until,
    )
    asked = wanted, caller.actor, query.cursor, query.limit
    return await audit_log.entries(context, *asked)


@router.get("/audit/chain")
async def verify_audit(caller: Auditor, context: ContextDep) -> ChainReport:
    """Tell whether the log is whole: every row holds the hash of the one before."""
    return await audit_log.chain(context, caller.actor)
