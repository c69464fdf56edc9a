"""Temporal as we start it: its flags, its namespace, and skipped time."""

from datetime import timedelta
from pathlib import Path
from uuid import uuid4

import pytest
from temporalio import workflow
from temporalio.client import Client
from temporalio.common import SearchAttributePair, TypedSearchAttributes
from temporalio.testing import WorkflowEnvironment
from temporalio.worker import UnsandboxedWorkflowRunner, Worker

from core import search_attributes as search
from core.process.faults import CannotStart
from core.settings import Settings
from deploy import temporal_server
from deploy.namespace import RETENTION, ensure_namespace, retention, wait_for_temporal
from tests.support.ports import free_ports


@workflow.defn
class Patience:
    """Waits as long as a failed message may wait for its resend."""

    @workflow.run
    async def run(self) -> str:
        await workflow.sleep(timedelta(hours=72))
        return "waited"


def marked() -> TypedSearchAttributes:
    return TypedSearchAttributes([SearchAttributePair(search.CLIENT, "his")])


async def test_closed_workflows_are_kept_for_72_hours(temporal_client: Client) -> None:
    assert await retention(temporal_client, "default") == RETENTION
    assert timedelta(hours=72) == RETENTION


async def test_our_search_attributes_work_at_once(temporal_client: Client) -> None:
    name = f"setup-{uuid4()}"
    handle = await temporal_client.start_workflow(
        Patience.run, id=name, task_queue=name, search_attributes=marked()
    )
    described = await handle.describe()
    assert described.typed_search_attributes[search.CLIENT] == "his"
    await handle.terminate()


async def test_a_temporal_of_the_hospitals_own_gets_what_it_lacks(
    temporal_client: Client,
) -> None:
    name = f"hospital-{uuid4()}"
    await ensure_namespace(temporal_client, name)
    await ensure_namespace(temporal_client, name)  # again: nothing is missing
    assert await retention(temporal_client, name) == RETENTION


async def test_a_temporal_that_is_away_is_named() -> None:
    (port,) = free_ports(1)
    with pytest.raises(CannotStart, match=f"127.0.0.1:{port} after 1 s"):
        await wait_for_temporal(f"127.0.0.1:{port}", timedelta(seconds=1))


async def test_72_hours_pass_in_seconds(time_skipping: WorkflowEnvironment) -> None:
    name = f"setup-{uuid4()}"
    async with Worker(
        time_skipping.client,
        task_queue=name,
        workflows=[Patience],
        workflow_runner=UnsandboxedWorkflowRunner(),
    ):
        waited = await time_skipping.client.execute_workflow(
            Patience.run, id=name, task_queue=name, search_attributes=marked()
        )
    assert waited == "waited"


def test_the_command_line_keeps_its_state_in_the_state_folder(tmp_path: Path) -> None:
    settings = Settings(
        state_dir=tmp_path, temporal_port=17233, temporal_ui_port=18233, api_port=18000
    )
    line = temporal_server.command(Path("/bin/temporal"), settings)
    text = " ".join(line)
    assert f"--db-filename {tmp_path}/temporal.db" in text
    assert "--port 17233 --ui-port 18233" in text
    assert "--sqlite-pragma journal_mode=WAL --sqlite-pragma synchronous=FULL" in text
    assert '--dynamic-config-value matching.TaskQueueInfoByBuildIdTTL="1s"' in text
    assert "--search-attribute MsgPriority=Keyword" in text
    # At its own address the UI shows what is sealed, and serves this machine only.
    assert "codec" not in text
    assert "--ip 127.0.0.1" in text
    assert "--ui-ip" not in text
