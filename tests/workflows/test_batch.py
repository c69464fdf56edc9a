"""A batch's workflow: when it begins, how fast it goes, how it is stopped.

Time is skipped; who is written to is counted by a scripted activity.
"""

from datetime import timedelta

import pytest
from temporalio.client import WorkflowHistory
from temporalio.testing import WorkflowEnvironment
from temporalio.worker import Replayer

from centre.flows.batches import BatchState
from core.codec import data_converter
from tests.support.recording.batches import BATCHES, SCENES
from tests.support.workflows.batch_pages import Pages, begin, serving, steer
from tests.support.workflows.rig import KEYRING
from workflows.batch import DeliverBatch
from workflows.options import PAGES_A_RUN


async def test_a_batch_goes_out_at_its_rate(time_skipping: WorkflowEnvironment) -> None:
    pages = Pages(count=400, rate=20)
    async with serving(time_skipping, pages) as client:
        await (await begin(client)).result()
    assert pages.each_once()
    assert 18 <= pages.took() <= 21


async def test_a_batch_waits_until_it_is_due(
    time_skipping: WorkflowEnvironment,
) -> None:
    due = await time_skipping.get_current_time() + timedelta(days=40)
    pages = Pages(count=3, send_at=due, state=BatchState.SENDING)
    async with serving(time_skipping, pages) as client:
        await (await begin(client)).result()
    assert pages.each_once()
    assert pages.begun[0][1] >= due


async def test_a_paused_batch_begins_nothing(
    time_skipping: WorkflowEnvironment,
) -> None:
    pages = Pages(count=400)
    async with serving(time_skipping, pages) as client:
        handle = await begin(client)
        await time_skipping.sleep(5)
        await steer(handle, pages.order(BatchState.PAUSED))
        stood = len(pages.begun)
        assert 0 < stood < 400
        await time_skipping.sleep(3600)
        assert len(pages.begun) == stood
        await steer(handle, pages.order(BatchState.SENDING))
        await handle.result()
    assert pages.each_once()


async def test_a_pause_that_only_the_store_knows_holds_too(
    time_skipping: WorkflowEnvironment,
) -> None:
    pages = Pages(count=400)
    async with serving(time_skipping, pages) as client:
        handle = await begin(client)
        await time_skipping.sleep(5)
        pages.order(BatchState.PAUSED)
        await time_skipping.sleep(60)
        stood, looks = len(pages.begun), pages.looks
        await time_skipping.sleep(3600)
        assert (len(pages.begun), pages.looks) == (stood, looks)
        await steer(handle, pages.order(BatchState.SENDING))
        await handle.result()
    assert pages.each_once()


async def test_a_cancelled_batch_ends_in_the_middle(
    time_skipping: WorkflowEnvironment,
) -> None:
    pages = Pages(count=10_000)
    async with serving(time_skipping, pages) as client:
        handle = await begin(client)
        await time_skipping.sleep(5)
        await steer(handle, pages.order(BatchState.CANCELLED))
        await handle.result()
        history = await handle.fetch_history()
    (told,) = (
        event.event_time.ToDatetime()
        for event in history.events
        if event.HasField("workflow_execution_signaled_event_attributes")
    )
    ended = history.events[-1].event_time.ToDatetime()
    assert ended - told < timedelta(seconds=5)
    assert 0 < len(pages.begun) < 500


async def test_a_cancelled_batch_that_is_not_due_ends_at_once(
    time_skipping: WorkflowEnvironment,
) -> None:
    now = await time_skipping.get_current_time()
    pages = Pages(count=10, send_at=now + timedelta(days=1))
    async with serving(time_skipping, pages) as client:
        handle = await begin(client)
        await time_skipping.sleep(5)
        await steer(handle, pages.order(BatchState.CANCELLED))
        await handle.result()
    assert pages.begun == []


async def test_the_rate_is_changed_on_the_way(
    time_skipping: WorkflowEnvironment,
) -> None:
    pages = Pages(count=1000, rate=0.01)
    async with serving(time_skipping, pages) as client:
        handle = await begin(client)
        await time_skipping.sleep(5)
        await steer(handle, pages.order(BatchState.SENDING, 200))
        await handle.result()
    assert pages.each_once()
    assert pages.took() < 30


async def test_an_older_order_changes_nothing(
    time_skipping: WorkflowEnvironment,
) -> None:
    pages = Pages(count=100)
    async with serving(time_skipping, pages) as client:
        handle = await begin(client)
        await time_skipping.sleep(1)
        late = pages.steering.model_copy(
            update={"state": BatchState.CANCELLED, "revision": 0}
        )
        await steer(handle, late)
        await handle.result()
    assert pages.each_once()


async def test_a_long_batch_goes_on_in_a_new_run(
    time_skipping: WorkflowEnvironment,
) -> None:
    pages = Pages(count=PAGES_A_RUN + 30, rate=0.5)
    async with serving(time_skipping, pages) as client:
        handle = await begin(client)
        await handle.result()
        first = client.get_workflow_handle(
            handle.id, run_id=handle.first_execution_run_id
        )
        history = await first.fetch_history()
    assert pages.each_once()
    assert len(history.events) < 2000
    ended = history.events[-1]
    assert ended.HasField("workflow_execution_continued_as_new_event_attributes")


async def test_a_batch_that_was_never_accepted_does_nothing(
    time_skipping: WorkflowEnvironment,
) -> None:
    pages = Pages(count=0)
    async with serving(time_skipping, pages) as client:
        await (await begin(client)).result()
    assert pages.begun == []


async def test_progress_is_told(time_skipping: WorkflowEnvironment) -> None:
    pages = Pages(count=10_000)
    async with serving(time_skipping, pages) as client:
        handle = await begin(client)
        await time_skipping.sleep(5)
        seen = await handle.query(DeliverBatch.progress)
        await steer(handle, pages.order(BatchState.CANCELLED))
        await handle.result()
    assert 0 < seen.next <= len(pages.begun)
    assert seen.steering is not None


@pytest.mark.parametrize("ending", SCENES)
async def test_a_recorded_batch_replays_and_shows_no_person(ending: str) -> None:
    text = (BATCHES / f"{ending}.json").read_text()
    replayer = Replayer(
        workflows=[DeliverBatch], data_converter=data_converter(KEYRING)
    )
    await replayer.replay_workflow(WorkflowHistory.from_json(f"batch-{ending}", text))
    assert "mobile" not in text
