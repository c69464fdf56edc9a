"""The workstations of the wards: their addresses, their secrets, who is online."""

import hashlib
import hmac
import json
import secrets
from collections.abc import Collection, Iterable, Sequence
from datetime import datetime, timedelta
from typing import Annotated, Any

from pydantic import Field, StringConstraints
from sqlalchemy import delete, insert, update
from sqlmodel import col, select

from centre.audit import audit
from centre.audit.audit import Actor
from centre.audit.names import refuse_workstation
from centre.workstations.tables import WorkstationAddressRow, WorkstationRow
from core.base import Model
from core.errors import Conflict, Invalid, NotFound, Wrong
from core.identities import normalise
from core.models import Address
from core.text.plain_text import PlainText
from core.words import IdentityType
from db.columns import utc_now
from db.pages import Page, clamp, cut, decode_cursor, encode_cursor
from db.session import Session
from db.sql import keyring_of, lock, table_of

_STAFF = "workstations.staff"
_NO_HASH = "0" * 64

# Begins with no dot: `.` and `..` can't stand in an address.
StationId = Annotated[
    str, StringConstraints(pattern=r"^[A-Za-z0-9_\-][A-Za-z0-9_\-.]{0,63}$")
]
StaffNumbers = Annotated[tuple[str, ...], Field(max_length=500, repr=False)]


class Workstation(Model):
    """A screen on a ward; `staff` are the numbers of those who work at it."""

    id: str
    name: str
    department: str
    staff: tuple[str, ...] = Field(default=(), repr=False)
    enabled: bool = True
    online: bool = False
    created_at: datetime
    last_seen_at: datetime | None = None


class WorkstationDraft(Model):
    """A workstation to add."""

    id: StationId
    name: PlainText = Field(min_length=1, max_length=128)
    department: str = Field(min_length=1, max_length=64)
    staff: StaffNumbers = ()


class WorkstationChanges(Model):
    """What to change of a workstation; fields left out stay."""

    name: PlainText = Field(default="", min_length=1, max_length=128)
    department: str = Field(default="", min_length=1, max_length=64)
    staff: StaffNumbers = ()
    enabled: bool = True


class NewWorkstation(Model):
    """A workstation with its secret, which is shown this once."""

    workstation: Workstation
    secret: str = Field(repr=False)


class Standing(Model):
    """What a held connection must still agree with."""

    id: str
    enabled: bool
    secret_hash: str = Field(repr=False)


async def create_workstation(
    session: Session, draft: WorkstationDraft, actor: Actor
) -> NewWorkstation:
    """Add a workstation with its secret; Conflict if the id is taken."""
    await refuse_workstation(session, draft.id)
    await lock(session, "workstations")
    if await session.get(WorkstationRow, draft.id) is not None:
        raise Conflict("There is already a workstation of this id.")
    department, staff = _checked(draft.department, draft.staff)
    now, secret = utc_now(), _new_secret()
    row = WorkstationRow(
        id=draft.id,
        name=draft.name,
        department=department,
        staff=_sealed(session, staff),
        secret_hash=secret_hash(secret),
        enabled=True,
        created_at=now,
        updated_at=now,
    )
    session.add(row)
    await session.flush()
    await _write_addresses(session, row, staff)
    made = _workstation(session, row)
    await audit.write(session, actor, "create", _target(row.id), None, _shown(made))
    return NewWorkstation(workstation=made, secret=secret)


async def update_workstation(
    session: Session, station_id: str, changes: WorkstationChanges, actor: Actor
) -> Workstation:
    """Change a workstation; a disabled one is shown nothing."""
    row = await _row(session, station_id)
    before = _workstation(session, row)
    news = changes.model_dump(exclude_unset=True)
    department, staff = _checked(
        news.get("department", before.department), news.get("staff", before.staff)
    )
    news |= {"department": department, "staff": _sealed(session, staff)}
    row.sqlmodel_update(news | {"updated_at": utc_now()})
    session.add(row)
    await session.flush()
    await _write_addresses(session, row, staff)
    after = _workstation(session, row)
    shown = _shown(before), _shown(after)
    await audit.write(session, actor, "update", _target(station_id), *shown)
    return after


async def rotate_secret(session: Session, station_id: str, actor: Actor) -> str:
    """Give a workstation a new secret, shown this once; the old one ends."""
    row = await _row(session, station_id)
    secret = _new_secret()
    row.secret_hash = secret_hash(secret)
    session.add(row)
    await session.flush()
    await audit.write(session, actor, "rotate-secret", _target(station_id))
    return secret


async def find_workstation(session: Session, station_id: str) -> Workstation:
    """Return a workstation; NotFound where there is none."""
    return _workstation(session, await _row(session, station_id))


async def list_workstations(
    session: Session, cursor: str | None = None, limit: int = 100
) -> Page[Workstation]:
    """Return workstations in the order of their ids."""
    limit = clamp(limit)
    wanted = select(WorkstationRow).order_by(col(WorkstationRow.id)).limit(limit + 1)
    if cursor is not None:
        wanted = wanted.where(WorkstationRow.id > decode_cursor(cursor, 1)[0])
    rows, more = cut((await session.exec(wanted)).all(), limit)
    following = encode_cursor(rows[-1].id) if more else None
    items = tuple(_workstation(session, row) for row in rows)
    return Page(items=items, next=following)


async def authenticate(
    session: Session, station_id: str, secret: str
) -> Standing | None:
    """Return the enabled workstation whose secret this is."""
    row = await session.get(WorkstationRow, station_id)
    known = row.secret_hash if row is not None else _NO_HASH
    right = hmac.compare_digest(known, secret_hash(secret))
    if row is None or not right or not row.enabled:
        return None
    return Standing(id=row.id, enabled=row.enabled, secret_hash=row.secret_hash)


async def stations_of(session: Session, address: Address) -> list[str]:
    """Return the ids of the enabled workstations that answer to an address."""
    index = keyring_of(session).index(address.type, address.value)
    addressed = col(WorkstationAddressRow.workstation_id)
    wanted = (
        select(WorkstationRow.id)
        .join(WorkstationAddressRow, addressed == col(WorkstationRow.id))
        .where(
            WorkstationAddressRow.index_hmac == index,
            col(WorkstationRow.enabled).is_(True),
        )
    )
    found = await session.exec(wanted.order_by(col(WorkstationRow.id)))
    return list(found.all())


async def renew(
    session: Session, ids: Collection[str], lease: timedelta
) -> tuple[Standing, ...]:
    """Note that these are connected for the time of a lease; return how they stand."""
    table, now = table_of(WorkstationRow), utc_now()
    held = update(table).where(table.c.id.in_(ids))
    connection = await session.connection()
    await connection.execute(held.values(last_seen_at=now, connected_until=now + lease))
    rows = await session.exec(select(WorkstationRow).where(table.c.id.in_(ids)))
    return tuple(
        Standing(id=r.id, enabled=r.enabled, secret_hash=r.secret_hash) for r in rows
    )


async def release(session: Session, station_id: str) -> None:
    """Note that a workstation has gone; another process that holds it renews."""
    table = table_of(WorkstationRow)
    connection = await session.connection()
    gone = update(table).where(table.c.id == station_id)
    await connection.execute(gone.values(connected_until=utc_now()))


def secret_hash(secret: str) -> str:
    """Return what is kept of a secret: 256 random bits need no slow hash."""
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()


def _new_secret() -> str:
    return f"ws_{secrets.token_urlsafe(32)}"


def _checked(department: str, staff: Iterable[str]) -> tuple[str, tuple[str, ...]]:
    """Return addresses in their one spelling; Invalid names those that are wrong."""
    wrong: list[Wrong] = []

    def spelt(kind: IdentityType, value: str, pointer: str) -> str:
        try:
            return normalise(kind, value)
        except ValueError as error:
            wrong.append(Wrong(pointer, str(error)))
            return ""

    where = spelt(IdentityType.DEPARTMENT, department, "/department")
    who = [
        spelt(IdentityType.STAFF_NO, value, f"/staff/{place}")
        for place, value in enumerate(staff)
    ]
    if wrong:
        raise Invalid("The workstation was refused; see `errors`.", wrong)
    return where, tuple(dict.fromkeys(who))


async def _write_addresses(
    session: Session, row: WorkstationRow, staff: Sequence[str]
) -> None:
    table, keyring = table_of(WorkstationAddressRow), keyring_of(session)
    named = [
        (IdentityType.WORKSTATION_ID, row.id),
        (IdentityType.DEPARTMENT, row.department),
        *((IdentityType.STAFF_NO, number) for number in staff),
    ]
    indexes = dict.fromkeys(keyring.index(kind, value) for kind, value in named)
    connection = await session.connection()
    await connection.execute(delete(table).where(table.c.workstation_id == row.id))
    values = [{"workstation_id": row.id, "index_hmac": index} for index in indexes]
    await connection.execute(insert(table), values)


def _sealed(session: Session, staff: Sequence[str]) -> str:
    return keyring_of(session).seal_text(json.dumps(list(staff)), _STAFF)


async def _row(session: Session, station_id: str) -> WorkstationRow:
    row = await session.get(WorkstationRow, station_id)
    if row is None:
        raise NotFound("There is no such workstation.")
    return row


def _workstation(session: Session, row: WorkstationRow) -> Workstation:
    staff = json.loads(keyring_of(session).unseal_text(row.staff, _STAFF))
    until = row.connected_until
    return Workstation(
        id=row.id,
        name=row.name,
        department=row.department,
        staff=tuple(staff),
        enabled=row.enabled,
        online=until is not None and until > utc_now(),
        created_at=row.created_at,
        last_seen_at=row.last_seen_at,
    )


def _shown(station: Workstation) -> dict[str, Any]:
    """Return what the audit log keeps: how many work there, not who."""
    shown = station.model_dump(mode="json", include={"name", "department", "enabled"})
    return shown | {"staff": len(station.staff)}


def _target(station_id: str) -> str:
    return f"workstations/{station_id}"
