"""Keys and store belong together: on both databases, new, old and rotated."""

import asyncio
import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from alembic import command
from sqlalchemy import text

from centre.clients.models import ClientDraft
from centre.clients.service import add_client
from centre.keys.keys import check_keys, establish, misfits, renew_token
from centre.people import persons
from centre.people.contracts import PersonDraft
from core.crypto import Keyring, load_keyring
from core.keys_file import KeysRefused, make_keys, new_key
from core.process.faults import CannotStart
from core.words import IdentityType
from db.migrate import alone, config, migrate
from db.store import open_store
from tests.support.stores.context import context_of
from tests.support.stores.keys import (
    another_under_the_same_name,
    edited,
    rows_in,
    two_roles_swapped,
)
from tests.support.stores.rig import ACTOR

NEW_KEY = new_key()
MIXED: dict[str, Callable[[dict[str, Any]], object]] = {
    "index of another": lambda s: s.update(index=new_key()),
    "token of another": lambda s: s.update(token=new_key()),
    "field key of another": another_under_the_same_name,
    "index and token swapped": two_roles_swapped,
    "field key and index swapped": lambda s: s.update(
        index=s["keys"][s["current"]], keys={s["current"]: s["index"]}
    ),
    "field key under another name": lambda s: s.update(
        keys={"k9": s["keys"][s["current"]]}, current="k9"
    ),
}


def add_key(stored: dict[str, Any]) -> None:
    """The first step of a rotation."""
    stored["keys"]["k2"] = NEW_KEY


def rotate(stored: dict[str, Any]) -> None:
    """Both steps of a rotation."""
    add_key(stored)
    stored["current"] = "k2"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Where the keys lie, in a folder that the store makes."""
    return tmp_path / "state" / "keys.json"


def fill(url: str, keyring: Keyring) -> None:
    """Let a client join and a patient be known."""
    asyncio.run(_fill(url, keyring))


async def _fill(url: str, keyring: Keyring) -> None:
    store = open_store(url, keyring)
    async with store.sessions.begin() as session:
        await add_client(session, ClientDraft(code="his", name="HIS"), ACTOR)
        identities = {IdentityType.EMPI_ID: "E1", IdentityType.MOBILE: "13800138000"}
        draft = PersonDraft(name="张三", identities=identities)
        await persons.put_person(session, "patient", "E1", draft, ACTOR)
    await store.close()


def make_old(url: str) -> None:
    """Take the store back to where it had no proofs."""
    with alone(url) as connection:
        command.downgrade(config(connection), "0018")
        command.downgrade(config(connection), "-1")


def refused(url: str, path: Path) -> str:
    """Return why keys are refused; nothing has changed then."""
    before, file = rows_in(url), path.read_bytes() if path.exists() else None
    with pytest.raises(KeysRefused) as why:
        establish(url, path)
    assert rows_in(url) == before
    assert (path.read_bytes() if path.exists() else None) == file
    assert [p for p in path.parent.glob("*") if p.name.startswith("keys.json.")] == []
    return str(why.value)


def test_keys_are_made_for_a_new_store_and_fit_ever_after(
    bare_url: str, path: Path
) -> None:
    assert check_keys(bare_url, path) is None
    assert not path.exists()
    made = establish(bare_url, path)
    before = rows_in(bare_url)
    assert len(before["key_proofs"]) == 3
    assert establish(bare_url, path) == check_keys(bare_url, path) == made
    assert rows_in(bare_url) == before


def test_given_keys_are_taken_for_a_new_store(bare_url: str, path: Path) -> None:
    path.parent.mkdir()
    make_keys(path)
    given = load_keyring(path)
    assert establish(bare_url, path) == given


def test_keys_are_made_where_there_are_tables_without_data(
    bare_url: str, path: Path
) -> None:
    asyncio.run(migrate(bare_url))
    assert establish(bare_url, path) == load_keyring(path)


def test_none_are_made_beside_proofs_alone(bare_url: str, path: Path) -> None:
    establish(bare_url, path)
    path.unlink()
    assert "is missing" in refused(bare_url, path)


@pytest.mark.parametrize("change", MIXED.values(), ids=MIXED)
@pytest.mark.parametrize("old", [False, True], ids=["new", "old"])
def test_one_key_of_another_installation_is_noticed(
    bare_url: str,
    path: Path,
    change: Callable[[dict[str, Any]], object],
    old: bool,
    request: pytest.FixtureRequest,
) -> None:
    fill(bare_url, establish(bare_url, path))
    if old:
        make_old(bare_url)
    edited(change)(path)
    if old and "token of another" in request.node.name:
        establish(bare_url, path)  # by nothing in it could that be seen
        return
    assert "is not this store's" in refused(bare_url, path)


def test_an_old_store_takes_the_keys_that_open_it(bare_url: str, path: Path) -> None:
    fill(bare_url, establish(bare_url, path))
    make_old(bare_url)
    assert establish(bare_url, path) == load_keyring(path)
    assert len(rows_in(bare_url)["key_proofs"]) == 3
    make_old(bare_url)
    path.unlink()
    refused(bare_url, path)


def test_an_old_store_needs_every_key_that_it_was_sealed_with(
    bare_url: str, path: Path
) -> None:
    fill(bare_url, establish(bare_url, path))
    edited(rotate)(path)
    make_old(bare_url)
    both = path.read_text()
    edited(lambda s: s.update(keys={"k2": NEW_KEY}))(path)
    refused(bare_url, path)
    path.write_text(both)
    establish(bare_url, path)
    assert len(rows_in(bare_url)["key_proofs"]) == 4


def test_an_old_store_of_which_nothing_is_sealed_is_known_by_its_audit_log(
    bare_url: str, path: Path
) -> None:
    fill(bare_url, establish(bare_url, path))
    make_old(bare_url)
    with alone(bare_url) as connection:
        for name in ("person_identities", "people", "client_secrets", "clients"):
            connection.execute(text(f"DELETE FROM {name}"))
    edited(lambda s: s.update(index=new_key()))(path)
    assert "index" in refused(bare_url, path)


def test_a_rotation_goes_from_host_to_host(bare_url: str, path: Path) -> None:
    fill(bare_url, establish(bare_url, path))
    other = path.with_name("other.json")
    other.write_text(path.read_text())
    edited(add_key)(path)
    establish(bare_url, path)
    establish(bare_url, other)  # the second host has not got the file yet
    edited(add_key)(other)
    edited(rotate)(path)
    rotated = establish(bare_url, path)
    assert rotated.seal_text("x").startswith("k2:")
    establish(bare_url, other)  # it has the key, though not yet as the current one
    edited(lambda s: s["keys"].pop("k2"))(other)
    assert "keys.k2" in refused(bare_url, other)


def test_an_old_key_may_not_leave_the_file(bare_url: str, path: Path) -> None:
    establish(bare_url, path)
    edited(rotate)(path)
    establish(bare_url, path)
    edited(lambda s: s.update(keys={"k2": NEW_KEY}))(path)
    refused(bare_url, path)


def test_another_token_is_made_on_purpose(bare_url: str, path: Path) -> None:
    before = establish(bare_url, path)
    renew_token(bare_url, path)
    after = establish(bare_url, path)
    assert after.token_key != before.token_key
    assert (after.keys, after.index_key) == (before.keys, before.index_key)
    # As after a crash in between: the file is ahead of the store.
    edited(lambda s: s.update(token=new_key()))(path)
    refused(bare_url, path)
    renew_token(bare_url, path)
    establish(bare_url, path)


def test_a_token_is_not_made_where_other_keys_are_wrong(
    bare_url: str, path: Path
) -> None:
    establish(bare_url, path)
    edited(lambda s: s.update(index=new_key(), token=new_key()))(path)
    before = path.read_text()
    with pytest.raises(KeysRefused):
        renew_token(bare_url, path)
    assert path.read_text() == before


async def test_a_running_process_sees_that_its_keys_are_no_longer_the_stores(
    bare_url: str, path: Path
) -> None:
    keyring = establish(bare_url, path)
    store = open_store(bare_url, keyring)
    context = context_of(store, keyring=keyring)
    assert await misfits(context) == []
    renew_token(bare_url, path)
    assert await misfits(context) == ["token"]
    await store.close()


def test_a_proof_tells_nobody_a_key(bare_url: str, path: Path) -> None:
    establish(bare_url, path)
    stored = json.loads(path.read_text())
    shown = json.dumps(rows_in(bare_url))
    for key in (stored["index"], stored["token"], *stored["keys"].values()):
        assert key not in shown


def test_a_folder_without_access_is_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the place of the folder")
    path = tmp_path / "file" / "keys.json"
    with pytest.raises(CannotStart, match="can't be written to") as why:
        establish(f"sqlite+aiosqlite:///{tmp_path}/file/centre.db", path)
    assert len(str(why.value).splitlines()) == 1


def test_a_first_start_that_broke_off_is_mended(tmp_path: Path) -> None:
    """SQLite writes a journal beside a new file, and WAL only later."""
    path, file = tmp_path / "keys.json", tmp_path / "centre.db"
    url = f"sqlite+aiosqlite:///{file}"
    program = (
        "import os, sqlite3, sys; c = sqlite3.connect(sys.argv[1])\n"
        "c.execute('PRAGMA cache_size=1'); c.execute('CREATE TABLE t (x)')\n"
        "c.commit(); c.executemany('INSERT INTO t VALUES (?)', [('x' * 4000,)] * 99)\n"
        "os._exit(9)"
    )
    subprocess.run([sys.executable, "-c", program, str(file)], check=False)
    assert Path(f"{file}-journal").stat().st_size > 0
    assert establish(url, path) == check_keys(url, path)
