"""Persons and their identities, sealed, found by index: patients and staff."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from pydantic import Field
from sqlmodel import col, delete, insert, select
from uuid_utils.compat import uuid7

from centre.audit import audit
from centre.audit.audit import Actor
from centre.people.tables import PersonIdentityRow, PersonRow
from core.base import Model
from core.errors import Invalid, Wrong
from core.identities import normalise
from core.text.plain_text import PlainText
from core.words import IdentityType
from db.columns import utc_now
from db.session import Session
from db.sql import keyring_of, lock, table_of

Kind = Literal["patient", "staff"]

KEYS: Mapping[Kind, IdentityType] = {
    "patient": IdentityType.EMPI_ID,
    "staff": IdentityType.STAFF_NO,
}
# So many people may share one phone before a list stops.
_MOST_FOUND = 50
_NAME = "people.name"
VALUE = "person_identities.value"


class PersonDraft(Model):
    """A person as an administrator gives it; identities are normalised here."""

    name: PlainText = Field(min_length=1, max_length=128)
    identities: dict[IdentityType, str] = Field(default={}, max_length=16)


class Person(Model):
    """A person of the index; `identities` holds the person's own number too."""

    id: UUID
    name: str
    identities: dict[IdentityType, str]
    updated_at: datetime


async def put_person(
    session: Session, kind: Kind, key: str, draft: PersonDraft, actor: Actor
) -> Person:
    """Create a person or replace what is known of it."""
    identities = _normalised(kind, key, draft)
    await lock(session, "people")
    row = await _row(session, kind, identities[KEYS[kind]])
    action = "create" if row is None else "update"
    now = utc_now()
    if row is None:
        index = keyring_of(session).index(KEYS[kind], identities[KEYS[kind]])
        row = PersonRow(**_person_columns(session, kind, index, draft))
    row.name = keyring_of(session).seal_text(draft.name, _NAME)
    row.updated_at = now
    session.add(row)
    await session.flush()
    await _replace_identities(session, row.id, identities)
    # The log says which kinds of identities are known, never a value.
    after = {"identity_types": sorted(identities)}
    await audit.write(session, actor, action, f"{kind}s/{row.id}", None, after)
    return Person(id=row.id, name=draft.name, identities=identities, updated_at=now)


async def add_missing(
    session: Session,
    kind: Kind,
    people: Sequence[tuple[str, PersonDraft]],
    actor: Actor,
) -> int:
    """Create those who are not there yet, in few statements; returns how many."""
    await lock(session, "people")
    indexes = {key: keyring_of(session).index(KEYS[kind], key) for key, _ in people}
    known = set((await session.exec(select(PersonRow.key_index))).all())
    new = [(key, draft) for key, draft in people if indexes[key] not in known]
    if not new:
        return 0
    rows: list[dict[str, Any]] = []
    identities: list[dict[str, Any]] = []
    for key, draft in new:
        person = _person_columns(session, kind, indexes[key], draft)
        rows.append(person)
        known_as = _normalised(kind, key, draft)
        identities += _identity_columns(session, person["id"], known_as)
    connection = await session.connection()
    await connection.execute(insert(table_of(PersonRow)), rows)
    await connection.execute(insert(table_of(PersonIdentityRow)), identities)
    await audit.write(session, actor, "import", f"{kind}s", None, {"count": len(new)})
    return len(new)


def _normalised(kind: Kind, key: str, draft: PersonDraft) -> dict[IdentityType, str]:
    """Return the identities in their one spelling, the person's number first."""
    given = {KEYS[kind]: key, **draft.identities}
    found: dict[IdentityType, str] = {}
    wrong: list[Wrong] = []
    for identity_type, value in given.items():
        try:
            found[identity_type] = normalise(identity_type, value)
        except ValueError as error:
            wrong.append(Wrong(f"/identities/{identity_type}", str(error)))
    if not wrong and found[KEYS[kind]] != key.strip():
        place = f"/identities/{KEYS[kind]}"
        wrong.append(Wrong(place, "Differs from the number in the address."))
    if wrong:
        raise Invalid("The person was refused; see `errors`.", wrong)
    return found


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
    session: Session, kind: Kind, index: str, draft: PersonDraft
) -> dict[str, Any]:
    now = utc_now()
    return {
        "id": uuid7(),
        "kind": kind,
        "key_index": index,
        "name": keyring_of(session).seal_text(draft.name, _NAME),
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
