"""Stores to test with: a SQLite file and a PostgreSQL database, both migrated.

A test that takes `store` runs on both, where its module has no `store` of its own.
"""

import asyncio
import itertools
import shutil
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import psycopg
import pytest
import pytest_asyncio
from sqlalchemy.engine import make_url

from db.migrate import migrate
from db.rows import Row
from db.store import Store, open_store
from tests.support.stores.postgres import postgres_cluster
from tests.support.stores.rig import KEYRING

_NUMBERS = itertools.count(1)


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[str]:
    """The address of a private cluster's `postgres` database."""
    with postgres_cluster() as url:
        yield url


@pytest.fixture(scope="session")
def postgres_migrated(postgres_server: str) -> str:
    """The address of a migrated database, emptied after each test."""
    _run_sql(postgres_server, "CREATE DATABASE migrated")
    url = make_url(postgres_server).set(database="migrated").render_as_string()
    asyncio.run(migrate(url))
    return url


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated database file that others are copied from."""
    path = tmp_path_factory.mktemp("sqlite") / "migrated.db"
    asyncio.run(migrate(f"sqlite+aiosqlite:///{path}"))
    return path


@pytest.fixture(params=["sqlite", "postgresql"])
def store_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The address of an empty, migrated database of each kind."""
    if request.param == "sqlite":
        path = tmp_path / "centre.db"
        shutil.copy(request.getfixturevalue("sqlite_template"), path)
        yield f"sqlite+aiosqlite:///{path}"
        return
    url: str = request.getfixturevalue("postgres_migrated")
    yield url
    # Emptying is ten times quicker than a database of its own for each test.
    tables = ", ".join(table.name for table in Row.metadata.sorted_tables)
    _run_sql(url, f"TRUNCATE {tables}")


@pytest.fixture(params=["sqlite", "postgresql"])
def bare_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The address of a database of each kind without any table."""
    if request.param == "sqlite":
        yield f"sqlite+aiosqlite:///{tmp_path}/bare.db"
        return
    server: str = request.getfixturevalue("postgres_server")
    name = f"bare_{next(_NUMBERS)}"
    _run_sql(server, f"CREATE DATABASE {name}")
    yield make_url(server).set(database=name).render_as_string()
    _run_sql(server, f"DROP DATABASE {name} WITH (FORCE)")


@pytest_asyncio.fixture
async def store(store_url: str) -> AsyncIterator[Store]:
    """An open store."""
    opened = open_store(store_url, KEYRING)
    yield opened
    await opened.close()


def _run_sql(url: str, statement: str) -> None:
    plain = make_url(url).set(drivername="postgresql")
    with psycopg.connect(plain.render_as_string(), autocommit=True) as connection:
        connection.execute(statement.encode())
