"""Laws of finding by any number: over any identities, any history of the index."""

import asyncio
import re
import shutil
from collections.abc import Mapping, Sequence
from datetime import UTC
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import event, text
from sqlalchemy.engine import Connection

from centre.messages import queries as messages
from centre.messages import writes as message_writes
from centre.messages.contracts import MessageFilter
from centre.messages.status import begin
from centre.people import persons
from centre.people.contracts import PatientDraft
from centre.people.owner_queries import trail_of
from centre.people.owners import indexes_of, message_keys, settled
from core.identities import PERSONAL
from core.models import Address, Recipient
from core.words import IdentityType, Status
from db.store import Store, open_store
from tests.support.stores.rig import ACTOR, KEYRING, START, make_message

K = IdentityType
Identities = dict[IdentityType, str]
_VALUES = {
    K.EMPI_ID: ["A", "B", "C"],
    K.PATIENT_ID: ["P1", "P2"],
    K.OUTPATIENT_NO: ["O1", "O2"],
    K.MOBILE: ["+8619900000001", "+8619900000002"],
    K.WECHAT_OPENID: ["o-1", "o-2"],
}
_SOME = st.fixed_dictionaries(
    {}, optional={kind: st.sampled_from(values) for kind, values in _VALUES.items()}
)
_ENTRY = st.fixed_dictionaries(
    {},
    optional={
        kind: st.sampled_from(values)
        for kind, values in _VALUES.items()
        if kind is not K.EMPI_ID
    },
)
_STEP = st.one_of(
    st.tuples(st.sampled_from(_VALUES[K.EMPI_ID]), _ENTRY),
    st.tuples(st.none(), _SOME.filter(bool)),
)
# EMPI numbers and what the index says of each.
Index = dict[str, Identities]


def holders(index: Index, kind: IdentityType, value: str) -> set[str]:
    """Return who has an identity."""
    return {empi for empi, known in index.items() if known.get(kind) == value}


def owners(index: Index, sent: Identities) -> set[str]:
    """Return whose a message is: the strongest personal identity decides."""
    for kind in PERSONAL:
        if kind in sent and (named := holders(index, kind, sent[kind])):
            return named
    return {e for kind, value in sent.items() for e in holders(index, kind, value)}


def one_person(index: Index, asked: set[str]) -> set[str]:
    """Return who is the same person as these: by shared personal numbers."""
    wider = set(asked)
    for empi in asked:
        for kind in PERSONAL:
            if kind in index[empi]:
                wider |= holders(index, kind, index[empi][kind])
    return wider if wider == asked else one_person(index, wider)


def wanted(
    index: Index,
    sent: list[tuple[Identities, set[str], set[IdentityType]]],
    kind: IdentityType,
    value: str,
) -> set[int]:
    """Return the messages that a search finds, said in the plainest way."""
    people = one_person(index, holders(index, kind, value))
    theirs = {pair for empi in people for pair in index[empi].items()}
    return {
        number
        for number, (to, whose, anybodys) in enumerate(sent)
        if to.get(kind) == value
        or whose & people
        or any((k, to[k]) in theirs for k in anybodys)
    }


@settings(max_examples=40)
@given(steps=st.lists(_STEP, min_size=2, max_size=12))
def test_a_search_finds_what_it_shall_after_any_history(
    tmp_path_factory: pytest.TempPathFactory,
    sqlite_template: Path,
    steps: list[tuple[str | None, Identities]],
) -> None:
    path = tmp_path_factory.mktemp("owners") / "centre.db"
    shutil.copy(sqlite_template, path)
    asyncio.run(_history(f"sqlite+aiosqlite:///{path}", steps))
    shutil.rmtree(path.parent)


async def _history(url: str, steps: list[tuple[str | None, Identities]]) -> None:
    store = open_store(url, KEYRING)
    try:
        await _live(store, steps)
    finally:
        await store.close()


async def _live(store: Store, steps: list[tuple[str | None, Identities]]) -> None:
    index: Index = {}
    sent: list[tuple[Identities, set[str], set[IdentityType]]] = []
    for empi, identities in steps:
        if empi is not None:
            await _put(store, empi, identities)
            index[empi] = {K.EMPI_ID: empi, **identities}
            continue
        await _send(store, identities, len(sent))
        whose = owners(index, identities)
        named = any(
            kind in identities and holders(index, kind, identities[kind])
            for kind in PERSONAL
        )
        anybodys = {k for k, v in identities.items() if not holders(index, k, v)}
        sent.append((identities, whose, set() if named else anybodys))
    for kind, values in _VALUES.items():
        for value in values:
            found = await _found(store, kind, value)
            assert found == wanted(index, sent, kind, value), (kind, value)


async def _put(store: Store, empi: str, identities: Identities) -> None:
    draft = PatientDraft(name="王芳", identities=identities)
    async with store.sessions.begin() as session:
        await persons.put_person(session, "patient", empi, draft, ACTOR)


async def _send(store: Store, identities: Identities, number: int) -> None:
    to = Recipient(identities=identities)
    message = make_message(after=number, recipient=to, reference=str(number))
    async with store.sessions.begin() as session:
        await message_writes.record(session, message, begin(message))


async def _found(store: Store, kind: IdentityType, value: str) -> set[int]:
    asked = MessageFilter(recipient=Address(type=kind, value=value))
    async with store.sessions() as session:
        page = await messages.list_messages(session, asked)
    return {int(doc.reference or "") for doc in page.items}


_KEYS = st.sets(st.sampled_from(["person-1", "person-2", "person-3"]), min_size=1)


@given(sent=_SOME.filter(bool), known=st.dictionaries(st.sampled_from(K), _KEYS))
def test_a_message_has_a_key_for_each_identity_and_each_owner(
    sent: Identities, known: Mapping[IdentityType, set[str]]
) -> None:
    indexes = indexes_of(KEYRING, sent)
    has = {indexes[kind]: people for kind, people in known.items() if kind in sent}
    keys = message_keys(KEYRING, indexes, has)
    for index in indexes.values():
        assert len(keys & {index, settled(KEYRING, index)}) == 1
    named = [kind for kind in PERSONAL if indexes.get(kind) in has][:1]
    deciding = named or [kind for kind in sent if indexes[kind] in has]
    whose = {person for kind in deciding for person in known[kind]}
    assert {key for key in keys if key.startswith("person-")} == whose


_ROW = """
INSERT INTO messages (id, client, type, priority, status, run, created_at, updated_at,
                      doc, message, writes)
VALUES (:id, 'his', 'a', 'normal', 'delivered', 1, :at, :at, :doc, '', 1)
"""
_KEY = """
INSERT INTO message_identities (index_hmac, created_at, message_id)
VALUES (:key, :at, :id)
"""


async def _fill(store: Store, keys: Sequence[str]) -> None:
    """Write so many messages that a database prefers an index, where it has one."""
    sqlite = store.engine.dialect.name == "sqlite"
    rows: list[dict[str, Any]] = []
    doc = begin(make_message()).model_dump_json()
    for number in range(4000):
        at = START.replace(microsecond=number, tzinfo=None if sqlite else UTC)
        key = keys[number % 8] if number % 8 < len(keys) else str(number)
        rows.append({"id": UUID(int=number).hex, "at": at, "key": key, "doc": doc})
    async with store.sessions.begin() as session:
        connection = await session.connection()
        await connection.execute(text(_ROW), rows)
        await connection.execute(text(_KEY), rows)
        await connection.execute(text("ANALYZE"))


@pytest.mark.parametrize("status", [None, Status.FAILED])
async def test_a_search_reads_the_indexes(store: Store, status: Status | None) -> None:
    """The newest of each key are read in order, and no table as a whole."""
    await _put(store, "A", {K.MOBILE: "+8619900000001", K.PATIENT_ID: "P1"})
    address = Address(type=K.MOBILE, value="+8619900000001")
    async with store.sessions() as session:
        keys = (await trail_of(session, address)).keys
    await _fill(store, keys)
    asked: list[tuple[str, Any]] = []

    def note(_: Connection, __: object, sql: str, values: Any, *___: object) -> None:
        asked.append((sql, values))

    engine, wanted = store.engine.sync_engine, MessageFilter(recipient=address)
    event.listen(engine, "before_cursor_execute", note)
    async with store.sessions() as session:
        one = wanted.model_copy(update={"status": status})
        await messages.list_messages(session, one)
    event.remove(engine, "before_cursor_execute", note)
    plan = await _plan(store, *asked[-1])
    table = re.compile(r"(SCAN|Seq Scan on) (messages|message_identities)\b")
    assert not [line for line in plan if table.search(line)], "\n".join(plan)
    index = re.compile(r"(SEARCH message_identities USING|pk_message_identities)")
    assert len([line for line in plan if index.search(line)]) == len(keys)


async def _plan(store: Store, sql: str, values: Any) -> list[str]:
    """Return how the database would do a statement it was given."""
    word = "EXPLAIN QUERY PLAN" if store.engine.dialect.name == "sqlite" else "EXPLAIN"
    async with store.sessions() as session:
        connection = await session.connection()
        found = await connection.exec_driver_sql(f"{word} {sql}", values)
        return [str(row[-1]) for row in found]
