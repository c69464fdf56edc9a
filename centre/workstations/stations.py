"""The workstations of the wards: added, changed, given secrets, signed in."""

import hashlib
import hmac
import secrets
from collections.abc import Collection
from datetime import timedelta
from typing import Any

from centre.audit import audit
from centre.audit.audit import Actor
from centre.audit.names import refuse_workstation
from centre.audit.roles import ADMINS
from centre.context import Context
from centre.workstations import queries
from centre.workstations.contracts import (
    NewWorkstation,
    SignedInScreen,
    Workstation,
    WorkstationChanges,
    WorkstationDraft,
)
from core.errors import Conflict
from core.words import Role
from db.pages import Page
from db.session import Session
from db.sql import lock
from db.store import Store

_NO_HASH = "0" * 64


async def create_workstation(
    context: Context, draft: WorkstationDraft, actor: Actor
) -> NewWorkstation:
    """Add a workstation with its secret; Conflict if the id is taken."""
    actor.must_be(*ADMINS)
    async with context.store.sessions.begin() as session:
        return await _create(session, draft, actor)


async def _create(
    session: Session, draft: WorkstationDraft, actor: Actor
) -> NewWorkstation:
    await refuse_workstation(session, draft.id)
    await lock(session, "workstations")
    secret = _new_secret()
    made = await queries.add(session, draft, secret_hash(secret))
    if made is None:
        raise Conflict("There is already a workstation of this id.")
    await audit.write(session, actor, "create", _target(made.id), None, _logged(made))
    return NewWorkstation(workstation=made, secret=secret)


async def update_workstation(
    context: Context, station_id: str, changes: WorkstationChanges, actor: Actor
) -> Workstation:
    """Change a workstation; a disabled one is shown nothing."""
    actor.must_be(*ADMINS)
    async with context.store.sessions.begin() as session:
        before, after = await queries.change(session, station_id, changes)
        values = _logged(before), _logged(after)
        await audit.write(session, actor, "update", _target(station_id), *values)
    return after


async def rotate_secret(context: Context, station_id: str, actor: Actor) -> str:
    """Give a workstation a new secret, shown this once; the old one ends."""
    actor.must_be(*ADMINS)
    secret = _new_secret()
    async with context.store.sessions.begin() as session:
        await queries.put_secret(session, station_id, secret_hash(secret))
        await audit.write(session, actor, "rotate-secret", _target(station_id))
    return secret


async def find_workstation(
    context: Context, station_id: str, actor: Actor
) -> Workstation:
    """Return a workstation; NotFound where there is none."""
    actor.must_be(*Role)
    async with context.store.sessions() as session:
        return await queries.find_workstation(session, station_id)


async def list_workstations(
    context: Context, actor: Actor, cursor: str | None = None, limit: int = 100
) -> Page[Workstation]:
    """Return workstations in the order of their ids."""
    actor.must_be(*Role)
    async with context.store.sessions() as session:
        return await queries.list_workstations(session, cursor, limit)


async def authenticate(
    context: Context, station_id: str, secret: str
) -> SignedInScreen | None:
    """Return the enabled workstation whose secret this is."""
    async with context.store.sessions() as session:
        found = await queries.standing_of(session, station_id)
    known = found.secret_hash if found else _NO_HASH
    right = hmac.compare_digest(known, secret_hash(secret))
    return found if found and right and found.enabled else None


async def renew(
    store: Store, ids: Collection[str], lease: timedelta
) -> tuple[SignedInScreen, ...]:
    """Note that these are connected for the time of a lease; return how they stand."""
    async with store.sessions.begin() as session:
        return await queries.renew(session, ids, lease)


async def release(store: Store, station_id: str) -> None:
    """Note that a workstation has gone; another process that holds it renews."""
    async with store.sessions.begin() as session:
        await queries.release(session, station_id)


def secret_hash(secret: str) -> str:
    """Return what is kept of a secret: 256 random bits need no slow hash."""
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()


def _new_secret() -> str:
    return f"ws_{secrets.token_urlsafe(32)}"


def _logged(station: Workstation) -> dict[str, Any]:
    """Return what the audit log keeps: how many work there, not who."""
    known = station.model_dump(mode="json", include={"name", "department", "enabled"})
    return known | {"staff": len(station.staff)}


def _target(station_id: str) -> str:
    return f"workstations/{station_id}"
