"""The rows of the workstations: their addresses, their secrets, who is online."""

import json
from collections.abc import Collection, Iterable, Sequence
from datetime import timedelta

from sqlalchemy import delete, insert, update
from sqlmodel import col, select

from centre.workstations.contracts import (
    SignedInScreen,
    Workstation,
    WorkstationChanges,
    WorkstationDraft,
)
from centre.workstations.tables import WorkstationAddressRow, WorkstationRow
from core.clock import utc_now
from core.errors import FieldError, Invalid, NotFound
from core.identities import normalise
from core.models import Address
from core.words import IdentityType
from db.pages import Page, clamp, cut, decode_cursor, encode_cursor
from db.session import Session
from db.sql import keyring_of, table_of

_STAFF = "workstations.staff"


async def add(
    session: Session, draft: WorkstationDraft, secret_hash: str
) -> Workstation | None:
    """Add a workstation with the hash of its secret; None where the id is taken.

    Raises Invalid for addresses that are none. Whoever calls holds the lock.
    """
    if await session.get(WorkstationRow, draft.id) is not None:
        return None
    department, staff = _checked(draft.department, draft.staff)
    now = utc_now()
    row = WorkstationRow(
        id=draft.id,
        name=draft.name,
        department=department,
        staff=_sealed(session, staff),
        secret_hash=secret_hash,
        enabled=True,
        created_at=now,
        updated_at=now,
    )
    session.add(row)
    await session.flush()
    await _write_addresses(session, row, staff)
    return _workstation(session, row)


async def change(
    session: Session, station_id: str, changes: WorkstationChanges
) -> tuple[Workstation, Workstation]:
    """Change a workstation; return what it was and what it is, or NotFound."""
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
    return before, _workstation(session, row)


async def put_secret(session: Session, station_id: str, secret_hash: str) -> None:
    """Give a workstation another secret; NotFound where there is none."""
    row = await _row(session, station_id)
    row.secret_hash = secret_hash
    session.add(row)
    await session.flush()


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


async def standing_of(session: Session, station_id: str) -> SignedInScreen | None:
    """Return what a connection of a workstation must agree with."""
    row = await session.get(WorkstationRow, station_id)
    if row is None:
        return None
    return SignedInScreen(id=row.id, enabled=row.enabled, secret_hash=row.secret_hash)


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
) -> tuple[SignedInScreen, ...]:
    """Note that these are connected for the time of a lease; return how they stand."""
    table, now = table_of(WorkstationRow), utc_now()
    held = update(table).where(table.c.id.in_(ids))
    connection = await session.connection()
    await connection.execute(held.values(last_seen_at=now, connected_until=now + lease))
    rows = await session.exec(select(WorkstationRow).where(table.c.id.in_(ids)))
    return tuple(
        SignedInScreen(id=r.id, enabled=r.enabled, secret_hash=r.secret_hash)
        for r in rows
    )


async def release(session: Session, station_id: str) -> None:
    """Note that a workstation has gone; another process that holds it renews."""
    table = table_of(WorkstationRow)
    connection = await session.connection()
    gone = update(table).where(table.c.id == station_id)
    await connection.execute(gone.values(connected_until=utc_now()))


def _checked(department: str, staff: Iterable[str]) -> tuple[str, tuple[str, ...]]:
    """Return addresses in their one spelling; Invalid names those that are wrong."""
    field_errors: list[FieldError] = []

    def spelt(kind: IdentityType, value: str, pointer: str) -> str:
        try:
            return normalise(kind, value)
        except ValueError as error:
            field_errors.append(FieldError(pointer, str(error)))
            return ""

    where = spelt(IdentityType.DEPARTMENT, department, "/department")
    who = [
        spelt(IdentityType.STAFF_NO, value, f"/staff/{index}")
        for index, value in enumerate(staff)
    ]
    if field_errors:
        raise Invalid("The workstation was refused; see `errors`.", field_errors)
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
