"""Record a history for each ending of a batch.

`python -m tests.support.recording.batches`

One that is there stays, as in the recording of messages. Needs TEMPORAL_TEST_SERVER.
"""

import asyncio
import os

from temporalio.client import WorkflowHistory
from temporalio.testing import WorkflowEnvironment

from centre.flows.batches import BatchState
from tests.support.recording.histories import HISTORIES
from tests.support.workflows.batch_pages import Handle, Pages, begin, serving, steer

BATCHES = HISTORIES / "batches"


async def _sent(env: WorkflowEnvironment, handle: Handle, pages: Pages) -> None:
    """Pause it, let it go on faster, and to its end."""
    await env.sleep(5)
    await steer(handle, pages.order(BatchState.PAUSED))
    await env.sleep(60)
    await steer(handle, pages.order(BatchState.SENDING, 100))


async def _cancelled(env: WorkflowEnvironment, handle: Handle, pages: Pages) -> None:
    await env.sleep(5)
    await steer(handle, pages.order(BatchState.CANCELLED))


SCENES = {"sent": _sent, "cancelled": _cancelled}


async def record(server: str) -> None:
    """Play every new scene on a server of its own and write its history down."""
    BATCHES.mkdir(exist_ok=True)
    for name in SCENES:
        path = BATCHES / f"{name}.json"
        if not path.exists():
            history = await _play(server, name)
            path.write_text(history.to_json() + "\n")


async def _play(server: str, name: str) -> WorkflowHistory:
    pages = Pages(count=400)
    async with (
        await WorkflowEnvironment.start_time_skipping(
            test_server_existing_path=server
        ) as env,
        serving(env, pages) as client,
    ):
        handle = await begin(client)
        await SCENES[name](env, handle, pages)
        await handle.result()
        return await handle.fetch_history()


if __name__ == "__main__":
    asyncio.run(record(os.environ["TEMPORAL_TEST_SERVER"]))
