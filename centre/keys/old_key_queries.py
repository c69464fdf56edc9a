"""Whether keys open a store from before the proofs: by the rows that lie in it.

Of the key that signs tokens such a store shows nothing; it is believed.
"""

from collections.abc import Collection, Iterator

from sqlalchemy import ColumnElement, Connection, Text, column, func, select, table

from centre.audit.audit import is_first
from centre.audit.tables import AuditRow
from centre.people.tables import PersonIdentityRow
from core.crypto import INDEX, Keyring
from db.sql import table_of

# What is sealed: each column's context is its name.
_SEALED = (
    "clients.callback_secret",
    "people.name",
    "person_identities.value",
    "workstations.staff",
    "messages.message",
    "batches.frame",
    "inbox.content",
    "popups.content",
)
_IDENTITIES, _AUDIT = table_of(PersonIdentityRow), table_of(AuditRow)


def misfits_of_old(
    connection: Connection, tables: Collection[str], keyring: Keyring
) -> Iterator[str]:
    """Yield the roles whose key is missing here, or is another."""
    for context in _SEALED:
        if context.partition(".")[0] in tables:
            yield from _misfits_in(connection, keyring, context)
    evidence = [*_found_again(connection, tables, keyring)]
    if evidence and not any(evidence):
        yield INDEX


def _misfits_in(
    connection: Connection, keyring: Keyring, context: str
) -> Iterator[str]:
    """Look at one row under each name, and at one under none of them."""
    name, _, field = context.partition(".")
    sealed: ColumnElement[str] = column(field, Text)
    rows = select(sealed).select_from(table(name)).where(sealed != "").limit(1)
    under = {n: func.substr(sealed, 1, len(n) + 1) == f"{n}:" for n in keyring.keys}
    for key, its in under.items():
        row = connection.execute(rows.where(its)).first()
        if row is not None and not keyring.opens(row[0], context):
            yield keyring.role(key)
    row = connection.execute(rows.where(*(~its for its in under.values()))).first()
    if row is not None:
        yield keyring.role(str(row[0]).partition(":")[0])


def _found_again(
    connection: Connection, tables: Collection[str], keyring: Keyring
) -> Iterator[bool]:
    """Yield of an identity, and of the audit log's first row, whether it is found."""
    if _IDENTITIES.name in tables:
        one = connection.execute(select(_IDENTITIES).limit(1)).first()
        if one is not None and keyring.opens(one.value, "person_identities.value"):
            value = keyring.unseal_text(one.value, "person_identities.value")
            yield keyring.index(one.type, value) == one.index_hmac
    if _AUDIT.name in tables:
        first = select(_AUDIT).where(_AUDIT.c.number == 1)
        for row in connection.execute(first).mappings():
            yield is_first(keyring, dict(row))
