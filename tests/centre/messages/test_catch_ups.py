"""Messages of version 0.2.0: found at once, and given to whose they are in parts."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
import pytest_asyncio
from alembic import command
from sqlalchemy import Connection, text

from centre.messages import catch_up_queries
from centre.messages import queries as messages
from centre.messages.contracts import MessageFilter
from centre.messages.settling import settle_part, settle_until_done
from centre.messages.status import begin
from centre.messages.tables import MessageIdentityRow
from centre.people import persons
from centre.people.contracts import PatientDraft
from core.models import Address, Message, Recipient
from core.words import IdentityType
from db.leases import take_lease
from db.migrate import config, migrate
from db.sql import table_of
from db.store import Store, open_store
from tests.db.test_migrate import differences, sync_connection
from tests.support.stores.rig import ACTOR, KEYRING, make_message

K = IdentityType
MOBILE, OTHER = "+8619900000003", "+8619900000004"
_MESSAGE = """
INSERT INTO messages (id, client, type, priority, status, run, created_at, updated_at,
                      doc, message, writes)
VALUES (:id, 'his', 'lab-report', 'normal', 'accepted', 1, :at, :at, :doc, :sealed, 1)
"""
_IDENTITY = """
INSERT INTO message_identities (index_hmac, created_at, message_id)
VALUES (:index, :at, :id)
"""
OLD: list[dict[IdentityType, str]] = [
    {K.EMPI_ID: "EMPI3"},
    {K.MOBILE: MOBILE},
    {K.PATIENT_ID: "P3", K.MOBILE: OTHER},
    {K.MOBILE: OTHER},
    {K.EMAIL: "nobody@mail.example"},
]


def old_message(number: int, identities: dict[IdentityType, str]) -> Message:
    recipient = Recipient(identities=identities)
    return make_message(after=number, reference=str(number), recipient=recipient)


def write_old(connection: Connection, message: Message) -> None:
    """Write a message with what 0.2.0 wrote of it: one row for each identity."""
    sqlite = connection.dialect.name == "sqlite"
    found: dict[str, Any] = {"id": message.id.hex, "at": message.created_at}
    if sqlite:
        found["at"] = message.created_at.strftime("%Y-%m-%d %H:%M:%S.%f")
    sealed = KEYRING.seal_text(message.model_dump_json(), "messages.message")
    doc = begin(message).model_dump_json(exclude={"acknowledgement"})
    connection.execute(text(_MESSAGE), {**found, "doc": doc, "sealed": sealed})
    for kind, value in message.recipient.identities.items():
        index = KEYRING.index(kind, value)
        connection.execute(text(_IDENTITY), {**found, "index": index})


@pytest_asyncio.fixture
async def old(bare_url: str) -> AsyncIterator[tuple[Store, list[UUID]]]:
    """A database of 0.2.0 with messages and a patient, and this version over it."""
    await migrate(bare_url)
    known = {K.PATIENT_ID: "P3", K.MOBILE: MOBILE}
    store = open_store(bare_url, KEYRING)
    await put(store, "EMPI3", known)
    sent = [old_message(number, to) for number, to in enumerate(OLD)]
    with sync_connection(bare_url) as connection:
        command.downgrade(config(connection), "0015")
        for message in sent:
            write_old(connection, message)
        connection.commit()
    await migrate(bare_url)
    assert differences(bare_url) == []
    yield store, [message.id for message in sent]
    await store.close()


async def put(store: Store, empi: str, identities: dict[IdentityType, str]) -> None:
    draft = PatientDraft(name="王芳", identities=identities)
    async with store.sessions.begin() as session:
        await persons.put_person(session, "patient", empi, draft, ACTOR)


async def found(store: Store, kind: IdentityType, value: str) -> list[str | None]:
    wanted = MessageFilter(recipient=Address(type=kind, value=value))
    async with store.sessions() as session:
        page = await messages.list_messages(session, wanted)
    return [doc.reference for doc in page.items]


async def rows(store: Store) -> set[tuple[Any, ...]]:
    async with store.sessions() as session:
        connection = await session.connection()
        found = await connection.execute(table_of(MessageIdentityRow).select())
        return {tuple(row) for row in found}


async def check_found(store: Store) -> None:
    for kind, value in ((K.EMPI_ID, "EMPI3"), (K.PATIENT_ID, "P3"), (K.MOBILE, MOBILE)):
        assert await found(store, kind, value) == ["2", "1", "0"], kind
    assert await found(store, K.MOBILE, OTHER) == ["3", "2"]
    assert await found(store, K.EMAIL, "nobody@mail.example") == ["4"]


async def test_old_messages_are_found_before_their_turn_and_after_it(
    old: tuple[Store, list[UUID]],
) -> None:
    store, _ = old
    await check_found(store)
    await settle_until_done(store)
    await check_found(store)
    # From now on they stay with whom they were for.
    await put(store, "EMPI3", {K.PATIENT_ID: "P3"})
    await put(store, "EMPI4", {K.MOBILE: MOBILE})
    assert await found(store, K.EMPI_ID, "EMPI3") == ["2", "1", "0"]
    assert await found(store, K.EMPI_ID, "EMPI4") == []
    assert await found(store, K.MOBILE, MOBILE) == ["1"]


async def test_the_work_goes_on_where_it_stood_and_changes_nothing_twice(
    old: tuple[Store, list[UUID]],
) -> None:
    store, _ = old
    steps = []
    while True:
        async with store.sessions() as session:
            steps.append(await catch_up_queries.progress(session))
        if not await settle_part(store, 2):
            break
        await check_found(store)
    assert [step and step.done for step in steps] == [0, 2, 4, 5]
    after = await rows(store)
    first = steps[0]
    assert first is not None
    async with store.sessions() as session:
        sealed = await catch_up_queries.part_before(session, first, 10)
    part = catch_up_queries.read(KEYRING, sealed)
    async with store.sessions.begin() as session:
        await catch_up_queries.settle(session, first, part)
    assert await rows(store) == after
    assert not await settle_part(store)


async def test_what_cannot_be_read_holds_nothing_up(
    old: tuple[Store, list[UUID]],
) -> None:
    store, ids = old
    broken = "UPDATE messages SET message = :sealed WHERE id = :id"
    for number, sealed in ((1, "gone:AAAA"), (3, "k1:AAAA"), (4, "")):
        async with store.sessions.begin() as session:
            connection = await session.connection()
            one = {"sealed": sealed, "id": ids[number].hex}
            await connection.execute(text(broken), one)
    await settle_until_done(store)
    await put(store, "EMPI3", {K.PATIENT_ID: "P9"})
    assert await found(store, K.EMPI_ID, "EMPI3") == ["2", "0"]


async def test_another_process_waits_while_one_works(
    old: tuple[Store, list[UUID]],
) -> None:
    store, _ = old
    async with store.sessions.begin() as session:
        long = timedelta(hours=1)
        assert await take_lease(session, catch_up_queries.OWNERS, "another", long)
    before = await rows(store)
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.3):
            await settle_until_done(store, wait=0.01)
    assert await rows(store) == before


async def test_a_new_database_has_nothing_to_do(bare_url: str) -> None:
    await migrate(bare_url)
    store = open_store(bare_url, KEYRING)
    async with store.sessions() as session:
        assert await catch_up_queries.progress(session) is None
    await settle_until_done(store)
    await store.close()
