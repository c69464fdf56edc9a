"""A page of a batch: each message begun once, none for a batch that is stopped."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID, uuid4

import pytest
from temporalio.testing import ActivityEnvironment

from activities.batches import BatchActivities
from activities.records import RecordActivities
from centre.batches import queries as batches
from centre.batches import writes as batch_writes
from centre.batches.contracts import BatchPage, BatchPageDone
from centre.batches.rules import AddressedPerson, batch_message_id
from centre.delivery.contracts import Snapshot
from centre.flows.batches import Batch, BatchState, Steering
from centre.messages import status as progress
from centre.messages import writes as message_writes
from core.errors import Unavailable
from core.models import Message, Recipient
from core.words import IdentityType
from db.store import Store
from tests.support.workflows.activities import booking_store
from tests.support.workflows.fakes import message


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    async with booking_store(tmp_path) as store:
        yield store


@dataclass
class Starts:
    """Temporal, which may be away after some starts."""

    begun: list[Message] = field(default_factory=list)
    most: int = 1000

    async def start(self, message: Message) -> None:
        if len(self.begun) >= self.most:
            raise Unavailable("Temporal does not answer.")
        self.begun.append(message)

    @property
    def ids(self) -> set[UUID]:
        return {m.id for m in self.begun}


async def written(
    store: Store,
    count: int,
    state: BatchState = BatchState.SENDING,
    expires_at: datetime | None = None,
) -> UUID:
    """Write a batch down as an edge does."""
    batch_id, now = uuid4(), datetime.now(UTC)
    batch = Batch(
        id=batch_id,
        client="his",
        type="registration-success",
        count=count,
        steering=Steering(state=state, rate_per_second=20),
        created_at=now,
        created_by="his",
        expires_at=expires_at,
    )
    people = [
        AddressedPerson(
            recipient=Recipient(identities={IdentityType.MOBILE: f"+86138{n:08d}"}),
            params={"name": str(n)},
        )
        for n in range(count)
    ]
    frame = message().model_copy(update={"batch": batch_id})
    async with store.sessions.begin() as session:
        assert await batch_writes.add(session, batch, frame, people)
    return batch_id


async def send(
    store: Store, starts: Starts, batch_id: UUID, first: int = 0, size: int = 10
) -> BatchPageDone:
    page = BatchPage(batch_id=batch_id, first=first, size=size)
    work = BatchActivities(store, starts.start)
    return await ActivityEnvironment().run(work.send_page, page)


async def state_of(store: Store, batch_id: UUID) -> tuple[BatchState, int]:
    async with store.sessions() as session:
        batch = await batches.find(session, batch_id)
    assert batch is not None
    return batch.steering.state, batch.started


async def test_pages_begin_every_message_once(store: Store) -> None:
    starts, batch_id = Starts(), await written(store, 25)
    for first in (0, 10, 20):
        done = await send(store, starts, batch_id, first)
        assert done.next == first + 10
    assert done.steering.state is BatchState.SENT
    assert [m.params["name"] for m in starts.begun] == [str(n) for n in range(25)]
    assert starts.ids == {batch_message_id(batch_id, n) for n in range(25)}
    assert await state_of(store, batch_id) == (BatchState.SENT, 25)


async def test_a_page_again_begins_none_twice(store: Store) -> None:
    starts, batch_id = Starts(), await written(store, 25)
    await send(store, starts, batch_id)
    await send(store, starts, batch_id)
    assert len(starts.begun) == 10


async def test_a_page_cut_off_in_the_middle_is_begun_again(store: Store) -> None:
    starts, batch_id = Starts(most=4), await written(store, 10)
    with pytest.raises(Unavailable):
        await send(store, starts, batch_id)
    assert await state_of(store, batch_id) == (BatchState.SENDING, 0)
    starts.most = 1000
    await send(store, starts, batch_id)
    assert starts.ids == {batch_message_id(batch_id, n) for n in range(10)}


async def test_what_the_store_has_of_a_message_is_not_begun(store: Store) -> None:
    """Temporal may have forgotten it when the worker comes back after days."""
    starts, batch_id = Starts(), await written(store, 2)
    known = message().model_copy(
        update={"id": batch_message_id(batch_id, 0), "batch": batch_id}
    )
    async with store.sessions.begin() as session:
        await message_writes.record(session, known, progress.begin(known))
    await send(store, starts, batch_id)
    assert starts.ids == {batch_message_id(batch_id, 1)}


@pytest.mark.parametrize(
    "state", [BatchState.PAUSED, BatchState.CANCELLED, BatchState.EXPIRED]
)
async def test_nothing_begins_in_a_batch_that_stands(
    store: Store, state: BatchState
) -> None:
    starts, batch_id = Starts(), await written(store, 5, state)
    done = await send(store, starts, batch_id)
    assert (done.next, done.steering.state) == (0, state)
    assert not starts.begun


async def test_a_batch_expires(store: Store) -> None:
    past = datetime.now(UTC) - timedelta(seconds=1)
    starts, batch_id = Starts(), await written(store, 5, expires_at=past)
    done = await send(store, starts, batch_id)
    assert done.steering.state is BatchState.EXPIRED
    assert not starts.begun
    async with store.sessions() as session:
        assert not await batches.waiting(session, batch_id, 0, 5)


async def test_what_has_begun_is_forgotten_as_a_recipient(store: Store) -> None:
    batch_id = await written(store, 5)
    await send(store, Starts(), batch_id, size=3)
    async with store.sessions() as session:
        left = await batches.waiting(session, batch_id, 0, 5)
        counts = await batches.counts_of(session, batch_id)
    assert [one.position for one in left] == [3, 4]
    assert (counts["waiting"], counts["accepted"]) == (2, 3)


async def test_begin_says_that_it_is_accepted(store: Store) -> None:
    batch_id = await written(store, 1, BatchState.PREPARING)
    work = BatchActivities(store, Starts().start)
    begun = await ActivityEnvironment().run(work.begin_batch, batch_id)
    assert begun is not None
    assert begun.steering.state is BatchState.SENDING
    assert await ActivityEnvironment().run(work.begin_batch, uuid4()) is None


@pytest.mark.parametrize(
    ("state", "run", "cancelled"),
    [
        (BatchState.CANCELLED, 1, True),
        (BatchState.CANCELLED, 2, False),
        (BatchState.SENDING, 1, False),
    ],
)
async def test_a_message_of_a_stopped_batch_is_not_prepared(
    store: Store, state: BatchState, run: int, cancelled: bool
) -> None:
    batch_id = await written(store, 1, state)
    sent = message().model_copy(update={"batch": batch_id, "run": run})
    snapshot = Snapshot(message=sent, status=progress.begin(sent))
    prepare = RecordActivities(store).prepare
    assert (await ActivityEnvironment().run(prepare, snapshot)).cancelled is cancelled


async def test_what_nobody_was_told_of_is_dropped(store: Store) -> None:
    kept = await written(store, 1)
    dropped = await written(store, 1, BatchState.PREPARING)
    async with store.sessions.begin() as session:
        later = datetime.now(UTC) + timedelta(days=2)
        await batch_writes.forget_unaccepted(session, later)
        assert await batches.find(session, kept) is not None
        assert await batches.find(session, dropped) is None
