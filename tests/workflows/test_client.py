"""The seam to Temporal: what it says of queues, and that it may be away."""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import cast
from uuid import uuid4

import pytest
from temporalio import workflow
from temporalio.client import Client
from temporalio.service import RPCError, RPCStatusCode
from temporalio.worker import UnsandboxedWorkflowRunner, Worker

from centre.flows.queue_figures import QueueFigures, describe_queue, live_pollers
from core.crypto import load_keyring
from core.errors import Unavailable
from core.keys_file import make_keys
from core.models import Cancel, Message, Recipient, Resend
from core.policies import Plan
from core.settings import Settings
from core.words import Channel, IdentityType, Priority, Strategy
from tests.support.ports import free_port
from tests.support.waiting import eventually
from workflows.client import TemporalFlows


@pytest.fixture
async def nowhere(tmp_path: Path) -> TemporalFlows:
    """Deliveries whose Temporal refuses every connection."""
    make_keys(tmp_path / "keys.json")
    keyring = load_keyring(tmp_path / "keys.json")
    settings = Settings(state_dir=tmp_path, temporal_port=free_port())
    return await TemporalFlows.open(settings, keyring)


def message() -> Message:
    return Message(
        id=uuid4(),
        client="his",
        type="exam-booking",
        priority=Priority.NORMAL,
        recipient=Recipient(identities={IdentityType.MOBILE: "+8613800138000"}),
        plan=Plan(strategy=Strategy.THRESHOLD, threshold=0.5, stages=((Channel.SMS,),)),
        created_at=datetime.now(UTC),
    )


async def test_everything_is_unavailable_while_temporal_is_away(
    nowhere: TemporalFlows,
) -> None:
    sent = message()
    resend = Resend(reason="x", by="y")
    calls: list[Awaitable[object]] = [
        nowhere.start(sent),
        nowhere.accepted_message(sent.id),
        nowhere.resend(sent.id, resend),
        nowhere.restart(sent, 1, resend),
        nowhere.cancel(sent.id, Cancel(by="y")),
        nowhere.queue("his"),
        nowhere.pollers("his"),
        nowhere.check(),
    ]
    for call in calls:
        with pytest.raises(Unavailable) as caught:
            await call
        assert "127.0.0.1" not in str(caught.value)
    assert await nowhere.status_of(sent.id) is None


class Service:
    """Temporal's health service, as one call to it goes."""

    def __init__(self, answer: Callable[[], bool]) -> None:
        self._answer = answer

    async def check_health(self, **_: timedelta) -> bool:
        return self._answer()


class Connection:
    """As much of a client as the health check touches."""

    def __init__(self, answer: Callable[[], bool]) -> None:
        self.service_client = Service(answer)


def gives_up() -> bool:
    raise RPCError("Timeout expired", RPCStatusCode.CANCELLED, b"")


async def test_health_is_a_yes_or_unavailable() -> None:
    def deliveries(answer: Callable[[], bool]) -> TemporalFlows:
        return TemporalFlows(cast(Client, Connection(answer)))

    await deliveries(lambda: True).check()
    for answer in (lambda: False, gives_up):
        with pytest.raises(Unavailable):
            await deliveries(answer).check()


@workflow.defn
class Idle:
    """Ends at once."""

    @workflow.run
    async def run(self) -> None:
        return


async def until(
    client: Client, code: str, met: Callable[[QueueFigures], bool]
) -> QueueFigures:
    """Return a queue's figures once they are so: Temporal counts with a delay."""
    return await eventually(lambda: describe_queue(client, code), met)


async def test_queues_as_temporal_counts_them(temporal_client: Client) -> None:
    code = f"q{uuid4().hex[:8]}"
    empty = await describe_queue(temporal_client, code)
    assert (empty.backlog, empty.pollers, empty.paused) == (0, 0, False)
    assert empty.task_queue == f"client-{code}"
    for _ in range(3):
        await temporal_client.start_workflow(
            Idle.run, id=f"idle-{uuid4()}", task_queue=empty.task_queue
        )
    full = await until(temporal_client, code, lambda f: f.backlog == 3)
    assert full.oldest_age_seconds >= 0
    assert await live_pollers(temporal_client, code) == 0
    async with Worker(
        temporal_client,
        task_queue=empty.task_queue,
        workflows=[Idle],
        workflow_runner=UnsandboxedWorkflowRunner(),
    ):
        await until(temporal_client, code, lambda f: f.backlog == 0 and f.pollers == 1)
        assert await live_pollers(temporal_client, code) == 1
