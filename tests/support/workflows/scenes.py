"""What workflow tests do again and again: serve, wait, look."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime

import pytest
from temporalio.client import WorkflowHandle
from temporalio.testing import WorkflowEnvironment

from core.errors import (
    RecipientRefused,
)
from core.models import Message, MessageStatus
from core.words import Channel, Outcome, Reason, Status
from tests.support.workflows.fakes import (
    FakeActivities,
)
from tests.support.workflows.rig import begin, serving
from workflows.message import DeliverMessage

Handle = WorkflowHandle[DeliverMessage, MessageStatus]
WECHAT, SMS, WECOM = Channel.WECHAT, Channel.SMS, Channel.WECOM


@asynccontextmanager
async def centre(
    env: WorkflowEnvironment, fakes: FakeActivities
) -> AsyncIterator[None]:
    async with serving(env.client, fakes):
        yield


def outcomes(doc: MessageStatus) -> dict[Channel, tuple[Outcome, Reason | None]]:
    return {d.channel: (d.outcome, d.reason) for d in doc.deliveries}


async def status(handle: Handle) -> MessageStatus:
    return await handle.query(DeliverMessage.status)


async def until(env: WorkflowEnvironment, handle: Handle, wanted: Status) -> None:
    """Wait until a message stands so; time moves on a little at each look."""
    for _ in range(200):
        if (await status(handle)).status is wanted:
            return
        await env.sleep(0.1)
    pytest.fail(f"never {wanted}: {await status(handle)}")


async def fail_everywhere(
    env: WorkflowEnvironment, fakes: FakeActivities, failing: Message
) -> Handle:
    for channel in (WECHAT, SMS, WECOM):
        fakes.script[channel] = [RecipientRefused("no")]
    handle = await begin(env.client, failing)
    await until(env, handle, Status.FAILED)
    return handle


async def accepted_on(
    env: WorkflowEnvironment, handle: Handle, channel: Channel
) -> datetime:
    for _ in range(50):
        doc = await status(handle)
        if doc.delivery(channel).outcome is Outcome.ACCEPTED:
            return await env.get_current_time()
        await env.sleep(0.05)
    pytest.fail("never accepted")
