"""Begin the messages of a batch, page by page, as the store has them."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from uuid import UUID

from temporalio import activity

from centre.batches import queries as batches
from centre.batches import writes as batch_writes
from centre.batches.contracts import BatchBegun, BatchPage, BatchPageDone
from centre.batches.rules import first_state
from centre.flows.batches import Batch, BatchState, Steering
from core.clock import utc_now
from core.models import Message
from db.session import Session
from db.store import Store

# Begins a message's workflow, unless it was begun before.
StartMessage = Callable[[Message], Awaitable[None]]
# Temporal is asked by so many at once; more would only wait there.
_AT_ONCE = 20
_OPEN = (BatchState.SCHEDULED, BatchState.SENDING, BatchState.PAUSED)


@dataclass(frozen=True)
class BatchActivities:
    """A batch's rows, and how its messages are begun."""

    store: Store
    start: StartMessage

    @activity.defn
    async def begin_batch(self, batch_id: UUID) -> BatchBegun | None:
        """Return when to send; None: it was dropped before it was accepted."""
        async with self.store.sessions.begin() as session:
            batch = await batches.find(session, batch_id)
            if batch is None:
                return None
            state = first_state(batch.send_at, utc_now())
            await batch_writes.steer(
                session, batch_id, [BatchState.PREPARING], state=state
            )
            batch = await _found(session, batch_id)
        return BatchBegun(send_at=batch.send_at, steering=batch.steering)

    @activity.defn
    async def send_page(self, page: BatchPage) -> BatchPageDone:
        """Begin the messages of a page, unless somebody has stopped the batch.

        Repeated, it begins none twice: Temporal knows each by its id, and the
        store knows those that Temporal has forgotten.
        """
        steering = await self._sending(page.batch_id)
        if steering.state is not BatchState.SENDING:
            return BatchPageDone(next=page.first, steering=steering)
        await self._begin(await self._messages(page))
        return await self._done(page)

    async def _sending(self, batch_id: UUID) -> Steering:
        """Return how the batch is driven, once it is said to be sending."""
        async with self.store.sessions.begin() as session:
            now, batch = utc_now(), await _found(session, batch_id)
            if batch.expires_at is not None and batch.expires_at <= now:
                state = BatchState.EXPIRED
                await batch_writes.steer(session, batch_id, _OPEN, state=state)
                await batch_writes.forget_people(session, batch_id)
            elif batch.steering.state is BatchState.SCHEDULED:
                state = BatchState.SENDING
                await batch_writes.steer(session, batch_id, [_OPEN[0]], state=state)
            return (await _found(session, batch_id)).steering

    async def _messages(self, page: BatchPage) -> list[Message]:
        """Return the messages of a page that have not begun."""
        async with self.store.sessions() as session:
            frame = await batches.frame_of(session, page.batch_id)
            people = await batches.waiting(session, page.batch_id, page.first, page.end)
        now = utc_now()
        return [
            p.addressed.message(frame, p.position, now) for p in people if not p.known
        ]

    async def _begin(self, messages: list[Message]) -> None:
        few = asyncio.Semaphore(_AT_ONCE)

        async def one(message: Message) -> None:
            async with few:
                await self.start(message)
            activity.heartbeat()

        await asyncio.gather(*map(one, messages))

    async def _done(self, page: BatchPage) -> BatchPageDone:
        async with self.store.sessions.begin() as session:
            await batch_writes.mark_started(
                session, page.batch_id, page.first, page.end, utc_now()
            )
            batch = await _found(session, page.batch_id)
            if page.end >= batch.count:
                state = BatchState.SENT
                await batch_writes.steer(session, page.batch_id, _OPEN, state=state)
                batch = await _found(session, page.batch_id)
        return BatchPageDone(next=page.end, steering=batch.steering)


async def _found(session: Session, batch_id: UUID) -> Batch:
    """Return a batch that is known to be there."""
    batch = await batches.find(session, batch_id)
    assert batch is not None
    return batch
