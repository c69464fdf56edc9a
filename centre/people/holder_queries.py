"""Who holds an identity: one person, several, or nobody the index knows."""

from collections.abc import Iterable, Mapping
from functools import cache
from typing import Any
from uuid import UUID

from sqlalchemy import Select, bindparam
from sqlalchemy import select as core_select

from centre.people.person_queries import VALUE
from centre.people.tables import PersonIdentityRow
from core.crypto import Keyring
from core.identities import PERSONAL
from core.models import Address
from core.repeats import Identity
from core.words import IdentityType
from db.session import Session
from db.sql import keyring_of, table_of

# So many identities are looked up with one statement.
_ASKED_AT_ONCE = 500


async def resolve(
    session: Session, identities: Mapping[IdentityType, str]
) -> dict[IdentityType, str]:
    """Return every identity of the one person these name, else nothing.

    The strongest personal identity that anybody has decides; where several
    persons share it, nobody is named.
    """
    keyring = keyring_of(session)
    asked = {
        keyring.index(kind, identities[kind]): kind
        for kind in PERSONAL
        if kind in identities
    }
    if not asked:
        return {}
    connection = await session.connection()
    found = await connection.execute(_resolve_statement(), {"indexes": list(asked)})
    rows = [row._asdict() for row in found]
    for index in asked:
        matches = [row for row in rows if row["matched"] == index]
        if matches:
            return _identities(keyring, matches)
    return {}


async def inboxes_of(
    session: Session, identities: Mapping[IdentityType, str]
) -> tuple[Address, ...]:
    """Return where the own messages lie of the one person these name.

    The strongest personal identity given decides, whether anybody has it or not.
    Without one, a phone or an openid names its holder, where it has but one: whose
    inbox it is must be sure. What the index knows as another's is left out.
    """
    keyring = keyring_of(session)
    ordered = [kind for kind in (*PERSONAL, *identities) if kind in identities]
    asked = {keyring.index(kind, identities[kind]): kind for kind in ordered}
    connection = await session.connection()
    found = await connection.execute(_resolve_statement(), {"indexes": list(asked)})
    rows = [row._asdict() for row in found]
    held = {i: [row for row in rows if row["matched"] == i] for i in asked}
    personal = [index for index, kind in asked.items() if kind in PERSONAL]
    deciding = personal[:1] or list(asked)
    known = next((held[index] for index in deciding if held[index]), [])
    if len({row["person_id"] for row in known}) > 1:
        return ()
    nobodys = {kind: identities[kind] for i, kind in asked.items() if not held[i]}
    every = [*_identities(keyring, known).items(), *nobodys.items()]
    return tuple(Address(type=kind, value=value) for kind, value in every)


@cache
def _resolve_statement() -> Select[*tuple[Any, ...]]:
    """The identities of everybody who has one of the given: one round trip."""
    matched, all_of = (
        table_of(PersonIdentityRow).alias("matched"),
        table_of(PersonIdentityRow).alias("all_of"),
    )
    return (
        core_select(
            matched.c.index_hmac.label("matched"),
            all_of.c.person_id,
            all_of.c.type,
            all_of.c.value,
        )
        .select_from(matched.join(all_of, all_of.c.person_id == matched.c.person_id))
        .where(matched.c.index_hmac.in_(bindparam("indexes", expanding=True)))
    )


def _identities(
    keyring: Keyring, rows: list[dict[str, Any]]
) -> dict[IdentityType, str]:
    if len({row["person_id"] for row in rows}) != 1:
        return {}
    return {
        IdentityType(row["type"]): keyring.unseal_text(row["value"], VALUE)
        for row in rows
    }


async def holders(
    session: Session, identities: Iterable[Identity]
) -> dict[Identity, UUID]:
    """Return the person of each identity that one person alone has."""
    keyring, table = keyring_of(session), table_of(PersonIdentityRow)
    columns, asked = (table.c.index_hmac, table.c.person_id), list(identities)
    connection = await session.connection()
    found: dict[Identity, set[UUID]] = {}
    for start in range(0, len(asked), _ASKED_AT_ONCE):
        some = asked[start : start + _ASKED_AT_ONCE]
        indexes = {keyring.index(kind, value): (kind, value) for kind, value in some}
        wanted = core_select(*columns).where(table.c.index_hmac.in_(indexes))
        for index, person in await connection.execute(wanted):
            found.setdefault(indexes[index], set()).add(person)
    return {known: next(iter(who)) for known, who in found.items() if len(who) == 1}
