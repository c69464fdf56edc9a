"""Keys that are not a store's own, and what a folder and a database hold."""

import hashlib
import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

from sqlalchemy import create_engine, inspect, text
from sqlalchemy.engine import make_url
from sqlalchemy.pool import NullPool

from core.keys_file import make_keys, new_key

Spoil = Callable[[Path], None]


def edited(change: Callable[[dict[str, Any]], object]) -> Spoil:
    """Return what changes the document in a keys file."""

    def spoil(path: Path) -> None:
        stored = json.loads(path.read_text())
        change(stored)
        path.write_text(json.dumps(stored))

    return spoil


def another(path: Path) -> None:
    """Put another installation's keys in place of these."""
    path.unlink()
    make_keys(path)


def another_under_the_same_name(stored: dict[str, Any]) -> None:
    """Mix in another installation's field key."""
    stored["keys"] = {name: new_key() for name in stored["keys"]}


def two_roles_swapped(stored: dict[str, Any]) -> None:
    """Take each of two keys for the other."""
    stored["index"], stored["token"] = stored["token"], stored["index"]


# What the operator does to the file, each as it is done.
SPOILT: dict[str, Spoil] = {
    "moved away": Path.unlink,
    "emptied": lambda path: os.truncate(path, 0),
    "shortened": edited(lambda s: s.update(token=s["token"][:20])),
    "swapped": another,
    "mixed": edited(another_under_the_same_name),
}


def files_in(folder: Path) -> dict[str, str]:
    """Return each file's digest."""
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def rows_in(url: str) -> dict[str, list[str]]:
    """Return every row of a database's tables."""
    address = make_url(url)
    drivers = {"sqlite": "sqlite", "postgresql": "postgresql+psycopg"}
    plain = address.set(drivername=drivers[address.get_backend_name()])
    engine = create_engine(plain, poolclass=NullPool)
    with engine.connect() as connection:
        return {
            name: sorted(
                repr(row) for row in connection.execute(text(f"SELECT * FROM {name}"))
            )
            for name in inspect(connection).get_table_names()
        }


def copied(state: Path, to: Path) -> Path:
    """Return a copy of a state folder."""
    shutil.copytree(state, to)
    return to
