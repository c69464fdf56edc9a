"""Both databases behave alike: times, errors, writers at once, lost servers."""

import asyncio
import multiprocessing
import os
import signal
import sqlite3
import traceback
from contextlib import suppress
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import psycopg
import pytest
from sqlalchemy import literal, text
from sqlalchemy.engine import make_url
from sqlmodel import SQLModel, col, insert, select, update

from centre.access.tables import SignInRow
from centre.people.tables import PreferenceRow
from core.clock import utc_now
from core.errors import Conflict, Invalid, MessageCentreError, Unavailable
from db.sql import lock, table_of
from db.store import Store, open_store
from tests.support.stores.postgres import postgres_cluster
from tests.support.stores.rig import KEYRING

MARKER = "欧阳明文-marker"


def sign_in(name: str, at: datetime) -> SignInRow:
    return SignInRow(name_index=name, failures=1, last_at=at, locked_until=None)


async def test_times_come_back_as_aware_utc(store: Store) -> None:
    at = datetime(2026, 1, 1, 0, 30, 5, 123456, timezone(timedelta(hours=8)))
    async with store.sessions.begin() as session:
        session.add(sign_in("a", at))
    async with store.sessions() as session:
        found = (await session.exec(select(SignInRow.last_at))).one()
        later = select(SignInRow).where(SignInRow.last_at > at - timedelta(seconds=1))
        assert (await session.exec(later)).first() is not None
    assert found == at
    assert found.tzinfo is UTC


async def test_a_time_without_offset_is_a_bug_not_a_guess(store: Store) -> None:
    naive = datetime(2026, 1, 1)  # noqa: DTZ001  # what the test is about
    with pytest.raises(Exception, match="without an offset"):
        async with store.sessions.begin() as session:
            session.add(sign_in("a", naive))


def everything_printed(error: BaseException) -> str:
    """Return what a log would show: the whole chain, reprs included."""
    chain: list[BaseException | None] = [error, error.__cause__, error.__context__]
    shown = "".join(traceback.format_exception(error))
    return shown + "".join(repr(each) for each in chain)


async def refusal(store: Store, *rows: dict[str, Any]) -> MessageCentreError:
    with pytest.raises(MessageCentreError) as refused:
        await write(store, PreferenceRow, *rows)
    return refused.value


async def write(store: Store, kind: type[SQLModel], *rows: dict[str, Any]) -> None:
    async with store.sessions.begin() as session:
        for row in rows:
            await session.exec(insert(table_of(kind)).values(row))


def preference(**changes: Any) -> dict[str, Any]:
    row = {
        "index_hmac": MARKER,
        "channel": "",
        "message_type": "",
        "identity_type": "mobile",
        "since": utc_now(),
    }
    return row | changes


async def test_a_taken_key_is_a_conflict_without_values(store: Store) -> None:
    error = await refusal(store, preference(), preference())
    assert isinstance(error, Conflict)
    assert MARKER not in everything_printed(error)


async def test_a_missing_value_is_a_conflict_without_values(store: Store) -> None:
    error = await refusal(store, preference(identity_type=None))
    assert isinstance(error, Conflict)
    assert MARKER not in everything_printed(error)


async def test_text_no_database_can_hold_is_invalid(store: Store) -> None:
    error = await refusal(store, preference(index_hmac=MARKER + "\ud800"))
    assert isinstance(error, Invalid)
    assert MARKER not in everything_printed(error)


async def test_a_number_too_large_is_invalid(store: Store) -> None:
    row = sign_in("a", utc_now()).model_dump() | {"failures": 10**30}
    with pytest.raises(Invalid):
        await write(store, SignInRow, row)


async def test_a_failed_transaction_leaves_nothing_and_the_next_works(
    store: Store,
) -> None:
    await refusal(store, preference(), preference())
    async with store.sessions.begin() as session:
        assert (await session.exec(select(PreferenceRow))).all() == []
        await session.exec(insert(table_of(PreferenceRow)).values(preference()))


async def count_up(store: Store) -> None:
    """Read, wait a little, then write: what upgrades of read locks fail at."""
    async with store.sessions.begin() as session:
        (await session.exec(select(SignInRow.failures))).one()
        await asyncio.sleep(0.001)
        more = col(SignInRow.failures) + 1
        await session.exec(update(SignInRow).values(failures=more))


async def counted(store: Store) -> int:
    async with store.sessions() as session:
        return (await session.exec(select(SignInRow.failures))).one()


async def start_count(store: Store) -> None:
    async with store.sessions.begin() as session:
        session.add(sign_in("a", utc_now()))


async def test_writers_of_one_process_all_get_their_turn(store: Store) -> None:
    await start_count(store)
    await asyncio.gather(*(count_up(store) for _ in range(60)))
    assert await counted(store) == 61


def _count_up_in_a_process(url: str, times: int) -> None:
    async def run() -> None:
        store = open_store(url, KEYRING)
        for _ in range(times):
            await asyncio.gather(*(count_up(store) for _ in range(5)))
        await store.close()

    asyncio.run(run())


async def test_writers_of_several_processes_all_get_their_turn(
    store: Store, store_url: str
) -> None:
    await start_count(store)
    spawn = multiprocessing.get_context("spawn")
    arguments = (store_url, 12)
    other = spawn.Process(target=_count_up_in_a_process, args=arguments)
    other.start()
    while await counted(store) == 1:  # the other has begun
        await asyncio.sleep(0.01)
        assert other.is_alive()
    for _ in range(12):
        await asyncio.gather(*(count_up(store) for _ in range(5)))
    await asyncio.to_thread(other.join)
    assert other.exitcode == 0
    assert await counted(store) == 121


async def test_a_named_lock_is_held_to_the_end(store: Store) -> None:
    order: list[str] = []

    async def hold(name: str, wait: float) -> None:
        async with store.sessions.begin() as session:
            await lock(session, "test")
            order.append(name)
            await asyncio.sleep(wait)
            order.append(name)

    await asyncio.gather(hold("a", 0.05), hold("b", 0.0))
    assert order in (["a", "a", "b", "b"], ["b", "b", "a", "a"])


async def test_a_cancelled_writer_frees_its_place(store: Store) -> None:
    await start_count(store)
    tasks = [asyncio.create_task(count_up(store)) for _ in range(20)]
    await asyncio.sleep(0.003)
    for task in tasks[::2]:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    before = await counted(store)
    await count_up(store)
    assert await counted(store) == before + 1


async def test_sqlite_that_cannot_open_its_file_is_unavailable(tmp_path: Any) -> None:
    store = open_store(f"sqlite+aiosqlite:///{tmp_path}", KEYRING)  # a folder
    with pytest.raises(Unavailable):
        async with store.sessions() as session:
            await session.exec(select(SignInRow))
    await store.close()


async def test_a_new_file_that_another_is_writing_is_waited_for(tmp_path: Any) -> None:
    path = tmp_path / "new.db"
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")  # as a migration does
    asyncio.get_running_loop().call_later(0.3, other.execute, "ROLLBACK")
    store = open_store(f"sqlite+aiosqlite:///{path}", KEYRING)
    async with store.sessions() as session:
        assert (await session.exec(select(literal(1)))).one() == 1
    await store.close()
    other.close()


async def test_postgres_that_is_not_there_is_unavailable() -> None:
    store = open_store("postgresql+psycopg://u:secret-marker@127.0.0.1:1/x", KEYRING)
    with pytest.raises(Unavailable) as refused:
        async with store.sessions() as session:
            await session.exec(select(SignInRow))
    assert "secret-marker" not in everything_printed(refused.value)
    await store.close()


@pytest.mark.parametrize("store_url", ["postgresql"], indirect=True)
async def test_a_lost_connection_is_replaced(store: Store, store_url: str) -> None:
    await start_count(store)
    async with store.sessions() as session:
        mine = text("SELECT pg_backend_pid()")
        pid = (await (await session.connection()).execute(mine)).scalar_one()
    plain = make_url(store_url).set(drivername="postgresql").render_as_string()
    with psycopg.connect(plain, autocommit=True) as admin:
        admin.execute("SELECT pg_terminate_backend(%s, 5000)", (pid,))
    assert await counted(store) == 1


def _postmaster(url: str) -> int:
    plain = make_url(url).set(drivername="postgresql").render_as_string()
    with psycopg.connect(plain) as connection:
        row = connection.execute("SHOW data_directory").fetchone()
    assert row is not None
    with open(f"{row[0]}/postmaster.pid", encoding="ascii") as file:
        return int(file.readline())


def _signal_group(pid: int, what: signal.Signals) -> None:
    """Signal a server and its backends, each by its id."""
    with open(f"/proc/{pid}/task/{pid}/children", encoding="ascii") as file:
        children = [int(child) for child in file.read().split()]
    for each in (pid, *children):
        with suppress(ProcessLookupError):
            os.kill(each, what)


async def test_a_frozen_server_is_noticed() -> None:
    with postgres_cluster() as url:
        store = open_store(url, KEYRING)
        ask = select(literal(1))
        async with store.sessions() as session:
            await session.exec(ask)
        pid = _postmaster(url)
        _signal_group(pid, signal.SIGSTOP)
        try:
            with pytest.raises(Unavailable):
                async with asyncio.timeout(60), store.sessions() as session:
                    await session.exec(ask)
        finally:
            _signal_group(pid, signal.SIGCONT)
        async with store.sessions() as session:
            await session.exec(ask)
        await store.close()
