"""The migrations: both databases, twice at once, and the same as the tables."""

import asyncio
import multiprocessing
from datetime import UTC, datetime
from typing import Any

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection, create_engine, inspect, text
from sqlalchemy.engine import make_url
from sqlalchemy.pool import NullPool

from centre.accounts.queries import stored_accounts
from db.migrate import config, migrate
from db.rows import Row
from db.store import open_store
from tests.support.stores.rig import KEYRING


def sync_connection(url: str) -> Connection:
    driver = {"sqlite": "sqlite", "postgresql": "postgresql+psycopg"}
    address = make_url(url)
    name = driver[address.get_backend_name()]
    return create_engine(address.set(drivername=name), poolclass=NullPool).connect()


def differences(url: str) -> list[Any]:
    with sync_connection(url) as connection:
        found = compare_metadata(MigrationContext.configure(connection), Row.metadata)
    return list(found)


async def test_a_migrated_database_has_exactly_the_tables(bare_url: str) -> None:
    await migrate(bare_url)
    assert differences(bare_url) == []


async def test_migrating_again_changes_nothing(bare_url: str) -> None:
    await migrate(bare_url)
    await migrate(bare_url)
    assert differences(bare_url) == []


def _migrate_in_a_process(url: str) -> None:
    asyncio.run(migrate(url))


async def test_processes_that_start_at_once_migrate_once(bare_url: str) -> None:
    spawn = multiprocessing.get_context("spawn")
    started = [
        spawn.Process(target=_migrate_in_a_process, args=(bare_url,)) for _ in range(2)
    ]
    for process in started:
        process.start()
    for process in started:
        await asyncio.to_thread(process.join)
    assert [process.exitcode for process in started] == [0, 0]
    assert differences(bare_url) == []


async def test_migrations_in_one_process_wait_for_each_other(bare_url: str) -> None:
    await asyncio.gather(*(migrate(bare_url) for _ in range(3)))
    assert differences(bare_url) == []


async def test_migrations_can_be_taken_back(bare_url: str) -> None:
    await migrate(bare_url)
    with sync_connection(bare_url) as connection:
        command.downgrade(config(connection), "base")
        connection.commit()
        left = inspect(connection).get_table_names()
    assert left == ["alembic_version"]


async def test_the_account_of_a_channel_is_carried_over_and_back(bare_url: str) -> None:
    await migrate(bare_url)
    row = "VALUES ('sms', :sealed, 'admin', '2026-11-25 01:02:03.000004+00:00')"
    old = f"INSERT INTO provider_accounts (channel, content, set_by, set_at) {row}"
    sealed = KEYRING.seal_text('{"sign_name": "S"}', "provider_accounts.sms")
    with sync_connection(bare_url) as connection:
        command.downgrade(config(connection), "0005")
        connection.execute(text(old), {"sealed": sealed})
        connection.commit()
    await migrate(bare_url)
    store = open_store(bare_url, KEYRING)
    async with store.sessions() as session:
        (found,) = await stored_accounts(session)
    await store.close()
    assert (found.code, found.provider, found.weight) == ("default", "aliyun", 100)
    assert (found.enabled, found.values) == (True, {"sign_name": "S"})
    assert found.set_at == datetime(2026, 11, 25, 1, 2, 3, 4, UTC)
    with sync_connection(bare_url) as connection:
        command.downgrade(config(connection), "0005")
        connection.commit()
        kept = connection.execute(
            text("SELECT channel, content FROM provider_accounts")
        )
        assert kept.all() == [("sms", sealed)]


@pytest.mark.parametrize("path", ["deep/er/centre.db", "with % in/centre.db"])
async def test_the_folder_of_a_file_is_made(tmp_path: Any, path: str) -> None:
    await migrate(f"sqlite+aiosqlite:///{tmp_path}/{path}")
    assert (tmp_path / path).exists()
