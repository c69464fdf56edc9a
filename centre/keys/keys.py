"""Keys and store belong together: the store keeps, of each key, a proof.

A process that starts asks here first. Keys are made only for a store without
data, and none is written beside data that they do not open.
"""

import asyncio
from pathlib import Path

from sqlalchemy import Connection, inspect, literal, select, table

from centre.keys.old_keys import misfits_of_old
from centre.keys.tables import KeyProofRow
from core.crypto import TOKEN, Keyring, load_keyring
from core.keys_file import KeysRefused, is_there, make_keys, replace_token
from core.process.faults import CannotStart
from db.migrate import alone, untouched, upgrade
from db.rows import Row
from db.session import Session
from db.sql import keyring_of, table_of
from db.store import Store, open_store

_PROOFS = table_of(KeyProofRow)


async def open_with_keys(url: str, path: Path) -> tuple[Keyring, Store]:
    """Return keys that fit and the open store, its tables the newest."""
    keyring = await asyncio.to_thread(establish, url, path)
    return keyring, open_store(url, keyring)


def establish(url: str, path: Path) -> Keyring:
    """Return the keys, made where the store is new; upgrade it, and note proofs.

    Raises KeysRefused, with nothing written, CannotStart and Unavailable.
    """
    check_keys(url, path)
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        with alone(url) as connection:
            keyring = _keys_of(connection, path) or _made(path)
            upgrade(connection)
            _note(connection, keyring)
    except OSError as error:
        fault = f"can't be written to ({error.strerror})"
        raise CannotStart(
            f"{path.parent} {fault}; make room, or give access."
        ) from None
    return keyring


def _made(path: Path) -> Keyring:
    make_keys(path)
    return load_keyring(path)


def check_keys(url: str, path: Path) -> Keyring | None:
    """Return the keys of a store, None where both are new; KeysRefused if they misfit.

    Writes nothing.
    """
    keyring = load_keyring(path) if is_there(path) else None
    with untouched(url) as connection:
        return keyring if connection is None else _keys_of(connection, path)


def renew_token(url: str, path: Path) -> None:
    """Make another `token` key: every session, token and detail link ends."""
    load_keyring(path)
    with alone(url) as connection:
        # Begun anew after a crash, the file has another than the store already.
        _prove(connection, load_keyring(path), path, but=TOKEN)
        upgrade(connection)
        replace_token(path)
        keyring = load_keyring(path)
        connection.execute(_PROOFS.delete().where(_PROOFS.c.role == TOKEN))
        _note(connection, keyring)


async def misfits(session: Session) -> list[str]:
    """Return the roles whose key is not this store's; "keys" where none is noted."""
    connection = await session.connection()
    found = (await connection.execute(select(_PROOFS.c.role, _PROOFS.c.proof))).all()
    proofs = {row.role: row.proof for row in found}
    return keyring_of(session).misfits(proofs) if proofs else ["keys"]


def _keys_of(connection: Connection, path: Path) -> Keyring | None:
    """Return the keys that lie there, if they fit; None where all is new."""
    if is_there(path):
        keyring = load_keyring(path)
        _prove(connection, keyring, path)
        return keyring
    if any(_has_rows(connection, name) for name in _tables(connection)):
        raise KeysRefused(path, "is missing, and the store has data that it opens")
    return None


def _tables(connection: Connection) -> set[str]:
    return Row.metadata.tables.keys() & set(inspect(connection).get_table_names())


def _has_rows(connection: Connection, name: str) -> bool:
    one = select(literal(1)).select_from(table(name)).limit(1)
    return connection.execute(one).first() is not None


def _prove(
    connection: Connection, keyring: Keyring, path: Path, but: str | None = None
) -> None:
    """Refuse keys of which one is missing or another, `but` this one."""
    noted = _noted(connection)
    if noted:
        wrong = set(keyring.misfits(noted))
    else:
        wrong = set(misfits_of_old(connection, _tables(connection), keyring))
    if wrong - {but}:
        names = ", ".join(sorted(wrong))
        fault = f"is not this store's (another key, or none, for {names})"
        raise KeysRefused(path, fault)


def _noted(connection: Connection) -> dict[str, str]:
    if _PROOFS.name not in _tables(connection):
        return {}
    rows = connection.execute(select(_PROOFS.c.role, _PROOFS.c.proof))
    return {row.role: row.proof for row in rows}


def _note(connection: Connection, keyring: Keyring) -> None:
    """Note each key at first, later each that seals for the first time.

    One that was only added is not asked for yet: other hosts may lack it.
    """
    noted, proofs = _noted(connection), keyring.proofs()
    late = {TOKEN, keyring.role(keyring.current)}
    roles = late if noted else proofs.keys()
    rows = [{"role": r, "proof": proofs[r]} for r in roles if r not in noted]
    if rows:
        connection.execute(_PROOFS.insert(), rows)
