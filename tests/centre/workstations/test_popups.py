"""Pop-ups on both databases: who reads on from a number misses none."""

import asyncio
from datetime import timedelta
from uuid import uuid4

from centre.workstations import popup_queries as popups
from centre.workstations.contracts import Popup, Withdrawal
from core.clock import utc_now
from core.words import Priority
from db.store import Store

STATIONS = ("icu-1", "icu-2")
POPUP = Popup(level=Priority.CRITICAL, title="t", body="b", need_ack=True)
EACH, WRITERS = 8, 6


async def write(store: Store) -> None:
    """Keep some pop-ups, each in a transaction that takes its time."""
    for number in range(EACH):
        delivery = uuid4()
        async with store.sessions.begin() as session:
            await popups.post(
                session,
                STATIONS,
                delivery_id=delivery,
                message_id=uuid4(),
                expire_at=utc_now() + timedelta(hours=1),
                popup=POPUP,
            )
            await asyncio.sleep(0.002 * (number % 3))
        if number % 4 == 0:
            async with store.sessions.begin() as session:
                gone = Withdrawal(why="recalled")
                assert await popups.withdraw(session, delivery, gone) == len(STATIONS)


async def test_a_reader_beside_many_writers_misses_none(store: Store) -> None:
    seen: list[int] = []
    writing = asyncio.gather(*(write(store) for _ in range(WRITERS)))
    last = False
    while not last:
        last = writing.done()
        async with store.sessions() as session:
            after = seen[-1] if seen else 0
            events = await popups.events_after(session, after, STATIONS)
        seen.extend(event.seq for event in events)
        await asyncio.sleep(0)
    await writing
    async with store.sessions() as session:
        kept = await popups.events_after(session, 0, STATIONS, limit=10_000)
        assert await popups.latest(session) == seen[-1]
    assert seen == [event.seq for event in kept]
    assert len(seen) == WRITERS * (EACH + 2) * len(STATIONS)
