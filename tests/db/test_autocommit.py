"""Statements that commit by themselves, and connections lost between them."""

from contextlib import suppress

import psycopg
import pytest
from sqlalchemy import literal, text
from sqlalchemy.engine import make_url
from sqlmodel import insert, select

from centre.access.tables import SignInRow
from core.clock import utc_now
from core.errors import Unavailable
from db.sql import table_of
from db.store import Store


async def test_a_statement_alone_is_written_at_once(store: Store) -> None:
    statement = insert(table_of(SignInRow)).values(
        name_index="a", failures=1, last_at=utc_now(), locked_until=None
    )
    async with store.autocommit() as session:
        await session.exec(statement)
        async with store.sessions() as other:
            assert (await other.exec(select(SignInRow.name_index))).one() == "a"
        await session.rollback()
    async with store.sessions() as session:
        assert (await session.exec(select(SignInRow.failures))).one() == 1


async def test_a_transaction_after_statements_alone_is_whole(store: Store) -> None:
    """A connection goes back to the pool as it came."""
    async with store.autocommit() as session:
        await session.exec(select(literal(1)))
    with suppress(LookupError):
        async with store.sessions.begin() as session:
            session.add(
                SignInRow(
                    name_index="a", failures=1, last_at=utc_now(), locked_until=None
                )
            )
            await session.flush()
            raise LookupError
    async with store.sessions() as session:
        assert (await session.exec(select(SignInRow))).first() is None


@pytest.mark.parametrize("store_url", ["postgresql"], indirect=True)
async def test_a_connection_lost_in_use_means_unavailable(
    store: Store, store_url: str
) -> None:
    plain = make_url(store_url).set(drivername="postgresql").render_as_string()
    async with store.sessions() as session:
        mine = text("SELECT pg_backend_pid()")
        pid = (await (await session.connection()).execute(mine)).scalar_one()
        with psycopg.connect(plain, autocommit=True) as admin:
            admin.execute("SELECT pg_terminate_backend(%s, 5000)", (pid,))
        with pytest.raises(Unavailable):
            await session.exec(select(literal(1)))
