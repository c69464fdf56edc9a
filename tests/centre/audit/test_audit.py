"""The audit log: a change of any row shows, several writers keep one chain."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest
from sqlmodel import col, delete, select, update

from centre.audit import audit
from centre.audit.audit import Actor, AuditEntry, AuditFilter, ChainReport
from centre.audit.tables import AuditRow
from core.clock import utc_now
from core.errors import Invalid
from db.store import Store
from tests.support.stores.rig import ACTOR


async def write(store: Store, number: int) -> None:
    async with store.sessions.begin() as session:
        after = {"number": number, "name": "值"}
        await audit.write(session, ACTOR, "update", f"things/{number}", None, after)


async def verified(store: Store) -> ChainReport:
    async with store.sessions() as session:
        return await audit.verify_chain(session)


async def listed(store: Store, **wanted: Any) -> list[AuditEntry]:
    async with store.sessions() as session:
        found = AuditFilter.model_validate(wanted)
        return list((await audit.list_audit(session, found)).items)


async def test_an_empty_log_is_whole(store: Store) -> None:
    assert await verified(store) == ChainReport(rows=0, head="0" * 64)


async def test_writers_at_once_keep_one_chain(store: Store) -> None:
    await asyncio.gather(*(write(store, number) for number in range(25)))
    report = await verified(store)
    assert (report.rows, report.broken_at) == (25, None)
    entries = await listed(store)
    assert [entry.number for entry in entries] == list(range(25, 0, -1))
    assert report.head == entries[0].hash


async def test_a_failed_change_leaves_no_record(store: Store) -> None:
    with pytest.raises(Invalid):
        await _write_and_fail(store)
    assert await listed(store) == []


async def _write_and_fail(store: Store) -> None:
    async with store.sessions.begin() as session:
        await audit.write(session, ACTOR, "create", "things/1")
        raise Invalid("no")


@pytest.mark.parametrize(
    "change",
    [
        {"who": "somebody else"},
        {"role": "auditor"},
        {"address": None},
        {"action": "look"},
        {"target": "things/9"},
        {"after": None},
        {"before": "{}"},
        {"at": utc_now() - timedelta(days=1)},
        {"hash": "f" * 64},
    ],
)
async def test_a_changed_row_shows(store: Store, change: dict[str, Any]) -> None:
    for number in range(4):
        await write(store, number)
    async with store.sessions.begin() as session:
        forged = update(AuditRow).where(col(AuditRow.number) == 2)
        await session.exec(forged.values(change))
    report = await verified(store)
    assert report.broken_at == 2


async def test_a_missing_row_shows(store: Store) -> None:
    for number in range(4):
        await write(store, number)
    whole = await verified(store)
    async with store.sessions.begin() as session:
        await session.exec(delete(AuditRow).where(col(AuditRow.number) == 2))
    assert (await verified(store)).broken_at == 2
    async with store.sessions.begin() as session:
        await session.exec(delete(AuditRow).where(col(AuditRow.number) > 1))
    cut = await verified(store)
    assert cut.broken_at is None
    assert cut.head != whole.head


async def test_the_log_is_filtered_and_paged(store: Store) -> None:
    for number in range(5):
        await write(store, number)
    other = Actor(who="liu", role="operator")
    async with store.sessions.begin() as session:
        await audit.write(session, other, "resend", "messages/1")
    assert [e.target for e in await listed(store, who="liu")] == ["messages/1"]
    assert [e.number for e in await listed(store, target="things/3")] == [4]
    assert len(await listed(store, action="update")) == 5
    later = utc_now() + timedelta(minutes=1)
    assert await listed(store, since=later) == []
    assert len(await listed(store, until=later)) == 6
    async with store.sessions() as session:
        first = await audit.list_audit(session, AuditFilter(), None, 4)
        rest = await audit.list_audit(session, AuditFilter(), first.next, 4)
    assert [e.number for e in (*first.items, *rest.items)] == [6, 5, 4, 3, 2, 1]
    assert rest.next is None


async def test_an_entry_shows_who_what_and_when(store: Store) -> None:
    await write(store, 7)
    (entry,) = await listed(store)
    async with store.sessions() as session:
        row = (await session.exec(select(AuditRow))).one()
    assert entry.actor == ACTOR
    assert (entry.before, entry.after) == (None, {"number": 7, "name": "值"})
    assert entry.at == row.at
    assert entry.hash == row.hash
