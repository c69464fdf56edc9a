"""Whose messages are whose, as the index is now; the rules are in owners.py."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from functools import cache
from typing import Any
from uuid import UUID

from sqlalchemy import (
    BindParameter,
    CompoundSelect,
    Select,
    bindparam,
    select,
    union_all,
)

from centre.people.owners import (
    FEW,
    OWN,
    PLACES,
    Holder,
    Trail,
    indexes_of,
    message_keys,
    owned,
    settled,
)
from centre.people.tables import PersonIdentityRow, PersonRow
from core.identities import PERSONAL
from core.models import Address
from core.words import IdentityType
from db.session import Session
from db.sql import keyring_of, table_of

_AT_ONCE = 16


async def keys_of(
    session: Session, identities: Mapping[IdentityType, str]
) -> frozenset[str]:
    """Return the keys of a message to these identities, as the index is now."""
    keyring = keyring_of(session)
    indexes = indexes_of(keyring, identities)
    if len(indexes) == 1 and indexes.keys() <= OWN:  # its own key, known or not
        return frozenset(indexes.values())
    holders = await holders_of(session, owned(indexes))
    return message_keys(keyring, indexes, holders)


async def holders_of(session: Session, indexes: Collection[str]) -> dict[str, set[str]]:
    """Return the own keys of the few who have each index, few reads for all."""
    found: dict[str, set[str]] = {}
    for holder in await _holders(session, indexes):
        found.setdefault(holder.identity, set()).add(holder.key)
    return found


async def trail_of(session: Session, address: Address) -> Trail:
    """Return by what the messages of whoever has an identity are found."""
    keyring = keyring_of(session)
    index = keyring.index(address.type, address.value)
    asked = (index, settled(keyring, index))
    if address.type in PLACES:
        return Trail(keys=asked)
    return await _trail(session, index, asked)


async def trail_of_person(session: Session, person: UUID) -> Trail:
    """Return by what the messages of somebody of the index are found."""
    row = await session.get(PersonRow, person)
    if row is None:
        return Trail(keys=())
    return await _trail(session, row.key_index, ())


async def _trail(session: Session, index: str, asked: Iterable[str]) -> Trail:
    people, identities = await _who(session, index)
    if not people:
        return Trail(keys=tuple(asked))
    own = {holder.key for holder in people.values()}
    return Trail(
        keys=tuple(sorted({*asked, *own, *identities})),
        people=tuple(people),
        identities=len(identities),
        staff=all(holder.kind == "staff" for holder in people.values()),
    )


async def _who(session: Session, index: str) -> tuple[dict[UUID, Holder], set[str]]:
    """Return who has an identity, and the indexes of what they have.

    Entries that share a personal number are one person, entered or merged twice.
    """
    people: dict[UUID, Holder] = {}
    identities: set[str] = set()
    asking = joining = {index}
    while asking:
        held = await _holders(session, asking)
        identities |= {holder.identity for holder in held}
        new = {h.person: h for h in held if h.identity in joining}
        new = {person: h for person, h in new.items() if person not in people}
        if not new or len(people) + len(new) > FEW:
            break
        people |= new
        theirs = await _identities(session, new)
        joining = {i for kind, i in theirs if kind in PERSONAL}
        asking = {i for kind, i in theirs if kind not in PLACES} - identities
    return people, identities


async def _holders(session: Session, indexes: Collection[str]) -> list[Holder]:
    """Return who has any of these, but for what is nobody's in particular."""
    found: dict[str, list[Holder]] = {}
    connection = await session.connection()
    for some in _some(indexes):
        asked = {f"index_{number}": index for number, index in enumerate(some)}
        for row in await connection.execute(_holding(len(some)), asked):
            found.setdefault(row.index_hmac, []).append(Holder(*row))
    return [holder for held in found.values() if len(held) <= FEW for holder in held]


def _some(indexes: Collection[str]) -> Iterator[list[str]]:
    """Yield the indexes, so many at a time as one statement takes."""
    every = list(indexes)
    for first in range(0, len(every), _AT_ONCE):
        yield every[first : first + _AT_ONCE]


@cache
def _holding(count: int) -> CompoundSelect[*tuple[Any, ...]]:
    """One read of each index, which ends early however many have it."""
    has, person = table_of(PersonIdentityRow), table_of(PersonRow)
    every = select(has.c.index_hmac, person.c.id, person.c.kind, person.c.key_index)
    every = every.join_from(has, person, person.c.id == has.c.person_id)
    each = (
        every.where(has.c.index_hmac == bindparam(f"index_{n}")).limit(FEW + 1)
        for n in range(count)
    )
    return union_all(*(select(one.subquery()) for one in each))


async def _identities(
    session: Session, people: Collection[UUID]
) -> list[tuple[str, str]]:
    connection = await session.connection()
    found = await connection.execute(_having(), {"people": list(people)})
    return [(row.type, row.index_hmac) for row in found]


@cache
def _having() -> Select[*tuple[Any, ...]]:
    has = table_of(PersonIdentityRow)
    ids: BindParameter[UUID] = bindparam(
        "people", expanding=True, type_=has.c.person_id.type
    )
    return select(has.c.type, has.c.index_hmac).where(has.c.person_id.in_(ids))
