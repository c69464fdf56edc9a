"""Persons and their identities, sealed, found by index: patients and staff."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlmodel import col, delete, insert, select
from uuid_utils.compat import uuid7

from centre.people.contracts import (
    KEYS,
    Kind,
    Person,
    PersonDraft,
    all_identities,
)
from centre.people.tables import PersonIdentityRow, PersonRow
from core.clock import utc_now
from core.identities import normalise
from core.words import IdentityType
from db.session import Session
from db.sql import keyring_of, table_of

# So many people may share one phone before a list stops.
_MOST_FOUND = 50
_NAME = "people.name"
VALUE = "person_identities.value"


async def put(
    session: Session, kind: Kind, name: str, identities: dict[IdentityType, str]
) -> tuple[Person, bool]:
    """Write a person, or over what is known of it; tell whether it is new.

    Whoever calls holds the lock "people".
    """
    row = await _row(session, kind, identities[KEYS[kind]])
    new, now = row is None, utc_now()
    if row is None:
        index = keyring_of(session).index(KEYS[kind], identities[KEYS[kind]])
        row = PersonRow(**_person_columns(session, kind, index, name))
    row.name = keyring_of(session).seal_text(name, _NAME)
    row.updated_at = now
    session.add(row)
    await session.flush()
    await _replace_identities(session, row.id, identities)
    person = Person(id=row.id, name=name, identities=identities, updated_at=now)
    return person, new


async def add_missing(
    session: Session, kind: Kind, people: Sequence[tuple[str, PersonDraft]]
) -> int:
    """Add those who are not there yet, in few statements; return how many.

    Whoever calls holds the lock "people".
    """
    indexes = {key: keyring_of(session).index(KEYS[kind], key) for key, _ in people}
    known = set((await session.exec(select(PersonRow.key_index))).all())
    new = [(key, draft) for key, draft in people if indexes[key] not in known]
    if not new:
        return 0
    rows: list[dict[str, Any]] = []
    identities: list[dict[str, Any]] = []
    for key, draft in new:
        person = _person_columns(session, kind, indexes[key], draft.name)
        rows.append(person)
        known_as = all_identities(kind, key, draft)
        identities += _identity_columns(session, person["id"], known_as)
    connection = await session.connection()
    await connection.execute(insert(table_of(PersonRow)), rows)
    await connection.execute(insert(table_of(PersonIdentityRow)), identities)
    return len(new)


async def _row(session: Session, kind: Kind, key: str) -> PersonRow | None:
    index = keyring_of(session).index(KEYS[kind], key)
    wanted = select(PersonRow).where(PersonRow.key_index == index)
    return (await session.exec(wanted)).first()


async def _replace_identities(
    session: Session, person_id: UUID, identities: Mapping[IdentityType, str]
) -> None:
    old = delete(PersonIdentityRow).where(col(PersonIdentityRow.person_id) == person_id)
    await session.exec(old)
    rows = _identity_columns(session, person_id, identities)
    await session.exec(insert(table_of(PersonIdentityRow)).values(rows))


def _person_columns(
    session: Session, kind: Kind, index: str, name: str
) -> dict[str, Any]:
    now = utc_now()
    return {
        "id": uuid7(),
        "kind": kind,
        "key_index": index,
        "name": keyring_of(session).seal_text(name, _NAME),
        "created_at": now,
        "updated_at": now,
    }


def _identity_columns(
    session: Session, person_id: UUID, identities: Mapping[IdentityType, str]
) -> list[dict[str, Any]]:
    keyring = keyring_of(session)
    return [
        {
            "person_id": person_id,
            "type": str(identity_type),
            "index_hmac": keyring.index(identity_type, value),
            "value": keyring.seal_text(value, VALUE),
        }
        for identity_type, value in identities.items()
    ]


async def find_person(session: Session, kind: Kind, key: str) -> Person | None:
    """Return a person by its EMPI or staff number."""
    try:
        row = await _row(session, kind, normalise(KEYS[kind], key))
    except ValueError:
        return None
    return None if row is None else await _whole(session, row)


async def person_of(session: Session, kind: Kind, id: UUID) -> Person | None:
    """Return a person by the id that the audit log names."""
    row = await session.get(PersonRow, id)
    if row is None or row.kind != kind:
        return None
    return await _whole(session, row)


async def _whole(session: Session, row: PersonRow) -> Person:
    """Return a person of a row, with their identities."""
    keyring = keyring_of(session)
    wanted = select(PersonIdentityRow).where(PersonIdentityRow.person_id == row.id)
    identities = {
        IdentityType(found.type): keyring.unseal_text(found.value, VALUE)
        for found in await session.exec(wanted)
    }
    return Person(
        id=row.id,
        name=keyring.unseal_text(row.name, _NAME),
        identities=identities,
        updated_at=row.updated_at,
    )


async def find_people(
    session: Session, kind: Kind, identity_type: IdentityType, value: str
) -> tuple[Person, ...]:
    """Return who has this identity: families share phones, so it may be several."""
    index = keyring_of(session).index(identity_type, normalise(identity_type, value))
    holders = select(PersonIdentityRow.person_id)
    holders = holders.where(PersonIdentityRow.index_hmac == index)
    wanted = select(PersonRow).where(
        col(PersonRow.id).in_(holders), PersonRow.kind == kind
    )
    rows = (await session.exec(wanted.limit(_MOST_FOUND))).all()
    return tuple([await _whole(session, row) for row in rows])
