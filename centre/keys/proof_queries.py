"""Each key's proof, as the store keeps it, and whether keys open what lies there."""

from collections.abc import Iterator, Mapping

from sqlalchemy import Connection, inspect, literal, select, table

from centre.keys.old_key_queries import misfits_of_old
from centre.keys.tables import KeyProofRow
from core.crypto import Keyring
from db.rows import Row
from db.session import Session
from db.sql import table_of

_PROOFS = table_of(KeyProofRow)


class StoredProofs:
    """The proofs of a store whose tables may be old, or not there yet."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def noted(self) -> dict[str, str]:
        """Return the proof of each role that is noted."""
        if _PROOFS.name not in self._tables():
            return {}
        rows = self._connection.execute(select(_PROOFS.c.role, _PROOFS.c.proof))
        return {row.role: row.proof for row in rows}

    def add(self, proofs: Mapping[str, str]) -> None:
        """Note these."""
        rows = [{"role": role, "proof": proof} for role, proof in proofs.items()]
        if rows:
            self._connection.execute(_PROOFS.insert(), rows)

    def forget(self, role: str) -> None:
        """Forget the proof of a role."""
        self._connection.execute(_PROOFS.delete().where(_PROOFS.c.role == role))

    def is_beside_data(self) -> bool:
        """Tell whether any table of ours has a row."""
        return any(map(self._has_rows, self._tables()))

    def misfits_of_old(self, keyring: Keyring) -> Iterator[str]:
        """Yield the roles whose key does not open the rows that lie here."""
        return misfits_of_old(self._connection, self._tables(), keyring)

    def _tables(self) -> set[str]:
        names = set(inspect(self._connection).get_table_names())
        return Row.metadata.tables.keys() & names

    def _has_rows(self, name: str) -> bool:
        one = select(literal(1)).select_from(table(name)).limit(1)
        return self._connection.execute(one).first() is not None


async def noted_in(session: Session) -> dict[str, str]:
    """Return the proof of each role that is noted."""
    connection = await session.connection()
    found = (await connection.execute(select(_PROOFS.c.role, _PROOFS.c.proof))).all()
    return {row.role: row.proof for row in found}
