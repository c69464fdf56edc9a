"""The projection of messages: forward only, found by many ways, in pages."""

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import text
from sqlmodel import select

from centre.messages import queries as messages
from centre.messages import writes as message_writes
from centre.messages.contracts import MessageFilter
from centre.messages.status import begin, begin_again, with_status
from centre.messages.tables import MessageIdentityRow
from core.models import Acknowledgement, Message, MessageStatus, Recipient
from core.words import IdentityType, Status
from db.store import Store
from tests.support.stores.rig import START, make_message


def minutes(count: int) -> Any:
    return START + timedelta(minutes=count)


async def record(store: Store, message: Message, doc: MessageStatus) -> None:
    async with store.sessions.begin() as session:
        await message_writes.record(session, message, doc)


async def status_of(store: Store, message: Message) -> MessageStatus:
    async with store.sessions() as session:
        found = await messages.find(session, message.id)
    assert found is not None
    assert found.message == message
    return found.status


async def test_a_message_comes_back_whole(store: Store) -> None:
    message = make_message(reference="R-1")
    doc = begin(message)
    await record(store, message, doc)
    assert await status_of(store, message) == doc
    async with store.sessions() as session:
        assert await messages.find(session, uuid4()) is None


async def test_newer_writes_win_in_any_order(store: Store) -> None:
    message = make_message()
    first = begin(message)
    second = with_status(first, Status.DELIVERING, minutes(1))
    third = with_status(second, Status.FAILED, minutes(2))
    for doc in (second, first, third, second):
        await record(store, message, doc)
    assert await status_of(store, message) == third


async def test_a_later_run_wins_over_a_later_time(store: Store) -> None:
    message = make_message()
    failed = with_status(begin(message), Status.FAILED, minutes(9))
    again = begin_again(failed, message.plan, minutes(5))
    await record(store, message, failed)
    await record(store, message, again)
    await record(store, message, failed)
    assert (await status_of(store, message)).run == 2


async def test_an_acknowledgement_comes_back(store: Store) -> None:
    message = make_message()
    ack = Acknowledgement(by="王医生", at=minutes(1), read_back="K 6.9")
    doc = begin(message).model_copy(update={"acknowledgement": ack})
    await record(store, message, doc)
    assert await status_of(store, message) == doc


async def test_identities_are_written_once(store: Store) -> None:
    message = make_message()
    await record(store, message, begin(message))
    await record(
        store, message, with_status(begin(message), Status.DELIVERING, minutes(1))
    )
    async with store.sessions() as session:
        rows = (await session.exec(select(MessageIdentityRow))).all()
    assert len(rows) == len(message.recipient.identities)


async def pages(
    store: Store, wanted: MessageFilter, limit: int = 2
) -> AsyncIterator[MessageStatus]:
    cursor = None
    while True:
        async with store.sessions() as session:
            page = await messages.list_messages(session, wanted, cursor, limit)
        assert len(page.items) <= limit
        for doc in page.items:
            yield doc
        cursor = page.next
        if cursor is None:
            return


async def numbers(store: Store, **wanted: Any) -> list[str | None]:
    found = MessageFilter.model_validate(wanted)
    return [doc.reference async for doc in pages(store, found)]


async def fill(store: Store) -> None:
    """Seven messages, a minute apart, of two clients, types and recipients."""
    for number in range(7):
        mobile = f"+861380013800{number % 2}"
        message = make_message(
            after=60 * number,
            client="lis" if number % 3 == 0 else "his",
            type="lab-report" if number % 3 == 0 else "queue-call",
            reference=str(number),
            recipient=Recipient(identities={IdentityType.MOBILE: mobile}),
        )
        doc = begin(message)
        if number >= 5:
            doc = with_status(doc, Status.FAILED, minutes(20))
        await record(store, message, doc)


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        ({}, "6543210"),
        ({"client": "lis"}, "630"),
        ({"status": "failed"}, "65"),
        ({"type": "lab-report"}, "630"),
        ({"client": "his", "status": "failed"}, "5"),
        ({"client": "his", "type": "lab-report"}, ""),
        ({"reference": "4"}, "4"),
        ({"since": minutes(2), "until": minutes(5)}, "432"),
        ({"recipient": {"type": "mobile", "value": "+8613800138001"}}, "531"),
        (
            {
                "recipient": {"type": "mobile", "value": "+8613800138000"},
                "client": "his",
                "since": minutes(3),
            },
            "4",
        ),
        ({"recipient": {"type": "email", "value": "+8613800138001"}}, ""),
    ],
)
async def test_lists_are_filtered_and_in_falling_time(
    store: Store, wanted: dict[str, Any], found: str
) -> None:
    await fill(store)
    assert await numbers(store, **wanted) == list(found)


async def test_messages_of_one_moment_are_all_listed_once(store: Store) -> None:
    ids = set()
    for _ in range(5):
        message = make_message()
        ids.add(message.id)
        await record(store, message, begin(message))
    listed = [doc.id async for doc in pages(store, MessageFilter())]
    assert len(listed) == 5
    assert set(listed) == ids


async def test_what_fails_after_a_bulk_resend_began_is_not_resent_by_it(
    store: Store,
) -> None:
    await fill(store)
    late = make_message(after=30, reference="late")
    await record(store, late, with_status(begin(late), Status.FAILED, minutes(60)))
    async with store.sessions() as session:
        page = await messages.list_failed(session, MessageFilter(), minutes(30))
        his = MessageFilter(client="his")
        mine = await messages.list_failed(session, his, minutes(90))
    assert [doc.reference for doc in page.items] == ["6", "5"]
    assert [doc.reference for doc in mine.items] == ["5", "late"]


@pytest.mark.parametrize("store_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize(
    "where",
    [
        "client = 'his'",
        "status = 'failed'",
        "type = 'a'",
        "reference = 'R'",
        "client = 'his' AND status = 'failed'",
        "client = 'his' AND type = 'a'",
        "1 = 1",
    ],
)
async def test_every_list_reads_an_index_in_order(store: Store, where: str) -> None:
    query = (
        f"EXPLAIN QUERY PLAN SELECT doc FROM messages WHERE {where}"
        " AND (created_at, id) < ('2026', 'f')"
        " ORDER BY created_at DESC, id DESC LIMIT 51"
    )
    async with store.sessions() as session:
        connection = await session.connection()
        steps = [row.detail for row in await connection.execute(text(query))]
    assert len(steps) == 1
    assert "USING INDEX ix_messages_" in steps[0]
