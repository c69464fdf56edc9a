"""SQLite databases for tests, migrated once for all of them."""

from pathlib import Path

from db.migrate import migrate

_migrated: list[bytes] = []


async def migrated_file(path: Path) -> str:
    """Write an empty, migrated database; return its address.

    Copying takes a hundredth of the time of the migrations, and there are a thousand
    tests with a database of their own.
    """
    address = f"sqlite+aiosqlite:///{path}"
    if not _migrated:
        await migrate(address)
        _keep(path)
    _write(path)
    return address


def _keep(path: Path) -> None:
    _migrated.append(path.read_bytes())


def _write(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch(mode=0o600)
    path.write_bytes(_migrated[0])
