"""Keys and store belong together: the store keeps, of each key, a proof.

A process that starts asks here first. Keys are made only for a store without
data, and none is written beside data that they do not open.
"""

import asyncio
from pathlib import Path

from centre.audit import audit
from centre.audit.audit import Actor
from centre.audit.names import CENTRE
from centre.context import Context
from centre.keys.proof_queries import StoredProofs, noted_in
from core.crypto import TOKEN, Keyring, load_keyring
from core.keys_file import KeysRefused, is_there, make_keys, replace_token
from core.process.faults import CannotStart
from db.migrate import alone, untouched, upgrade
from db.store import Store, open_store


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
            proofs = StoredProofs(connection)
            keyring = _keys_of(proofs, path) or _made(path)
            upgrade(connection)
            _note(proofs, keyring)
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
        if connection is None:
            return keyring
        return _keys_of(StoredProofs(connection), path)


def renew_token(url: str, path: Path) -> None:
    """Make another `token` key: every session, token and detail link ends."""
    load_keyring(path)
    with alone(url) as connection:
        # Begun anew after a crash, the file has another than the store already.
        proofs = StoredProofs(connection)
        _prove(proofs, load_keyring(path), path, but=TOKEN)
        upgrade(connection)
        replace_token(path)
        proofs.forget(TOKEN)
        _note(proofs, load_keyring(path))


async def log_renewal(store: Store) -> None:
    """Write into the audit log that there is another `token` key."""
    async with store.sessions.begin() as session:
        await audit.write(session, Actor(who=CENTRE), "renew-token", "keys")


async def misfits(context: Context) -> list[str]:
    """Return the roles whose key is not this store's; "keys" where none is noted."""
    async with context.store.sessions() as session:
        proofs = await noted_in(session)
    return context.keyring.misfits(proofs) if proofs else ["keys"]


def _keys_of(proofs: StoredProofs, path: Path) -> Keyring | None:
    """Return the keys that lie there, if they fit; None where all is new."""
    if is_there(path):
        keyring = load_keyring(path)
        _prove(proofs, keyring, path)
        return keyring
    if proofs.is_beside_data():
        raise KeysRefused(path, "is missing, and the store has data that it opens")
    return None


def _prove(
    proofs: StoredProofs, keyring: Keyring, path: Path, but: str | None = None
) -> None:
    """Refuse keys of which one is missing or another, `but` this one."""
    noted = proofs.noted()
    wrong = set(keyring.misfits(noted) if noted else proofs.misfits_of_old(keyring))
    if wrong - {but}:
        names = ", ".join(sorted(wrong))
        fault = f"is not this store's (another key, or none, for {names})"
        raise KeysRefused(path, fault)


def _note(proofs: StoredProofs, keyring: Keyring) -> None:
    """Note each key at first, later each that seals for the first time.

    One that was only added is not asked for yet: other hosts may lack it.
    """
    noted, all_proofs = proofs.noted(), keyring.proofs()
    late = {TOKEN, keyring.role(keyring.current)}
    roles = late if noted else all_proofs.keys()
    proofs.add({role: all_proofs[role] for role in roles if role not in noted})
