"""A store that can be read and not written says so, on both databases."""

import pytest
from sqlalchemy import text

from core.errors import Unavailable
from db.probe import write_probe
from db.store import Store, open_store
from tests.support.stores.rig import KEYRING


async def test_a_probe_leaves_one_row(store: Store) -> None:
    for _ in range(3):
        async with store.sessions.begin() as session:
            await write_probe(session)
    async with store.sessions() as session:
        connection = await session.connection()
        count = text("SELECT count(*), max(length(filler)) FROM write_probes")
        assert (await connection.execute(count)).one() == (1, 8192)


@pytest.mark.parametrize("store_url", ["postgresql"], indirect=True)
async def test_a_postgresql_that_only_reads_is_unavailable(store_url: str) -> None:
    standby = open_store(store_url, KEYRING)
    async with standby.sessions() as session:
        connection = await session.connection()
        await connection.execute(text("SET TRANSACTION READ ONLY"))
        with pytest.raises(Unavailable):
            await write_probe(session)
    await standby.close()


@pytest.mark.parametrize("store_url", ["sqlite"], indirect=True)
async def test_a_sqlite_file_that_can_not_grow_is_unavailable(store_url: str) -> None:
    full = open_store(store_url, KEYRING)
    async with full.sessions() as session:
        connection = await session.connection()
        pages = (await connection.execute(text("PRAGMA page_count"))).scalar_one()
        await connection.execute(text(f"PRAGMA max_page_count={pages}"))
        with pytest.raises(Unavailable):
            await write_probe(session)
    await full.close()
