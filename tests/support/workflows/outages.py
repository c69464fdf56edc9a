"""Providers that are away, for workflow tests and recorded histories."""

from collections.abc import Awaitable, Callable
from datetime import timedelta

import pytest
from temporalio.testing import WorkflowEnvironment

from core.errors import ProviderDown, RecipientRefused
from core.models import Message, Resend
from core.policies import Policy, WeightedChannel
from core.words import Channel, Priority, Reason, Status
from tests.support.workflows.fakes import ASKABLE, CRITICAL, FakeActivities, message
from tests.support.workflows.scenes import Handle, status
from workflows.message import DeliverMessage

Play = Callable[[WorkflowEnvironment, Handle], Awaitable[object]]
Scene = tuple[Message, FakeActivities, Play]

DOWN = ProviderDown("down")
HALF_AN_HOUR = timedelta(minutes=30)
MINUTE = timedelta(minutes=1)


def only(*channels: Channel) -> Policy:
    """Return a policy of these channels, in one stage."""
    weights = (WeightedChannel(channel=c, weight=0.8) for c in channels)
    return Policy(channels=tuple(weights))


def away(fakes: FakeActivities, channel: Channel, *, tries: int) -> None:
    """Let a provider be away for the activity's own tries and so many more."""
    fakes.script[channel] = [DOWN] * (3 + tries)


async def waits(env: WorkflowEnvironment, handle: Handle, channel: Channel) -> None:
    """Return once the message says that it waits for a channel's provider."""
    for _ in range(100):
        waiting = (await status(handle)).waiting
        if waiting and waiting.channel is channel:
            assert waiting.reason is Reason.UNREACHABLE
            return
        await env.sleep(1)
    pytest.fail("it never waited")


async def by_itself(env: WorkflowEnvironment, handle: Handle) -> None:
    """Let a message run by itself."""


def _answering_after(*tries: tuple[Channel, int]) -> FakeActivities:
    """Return providers that do not answer so many calls."""
    fakes = FakeActivities()
    for channel, count in tries:
        fakes.script[channel] = [DOWN] * count
    return fakes


async def _resend_by_itself(env: WorkflowEnvironment, handle: Handle) -> None:
    while (await handle.query(DeliverMessage.status)).status is not Status.FAILED:
        await env.sleep(10)
    order = Resend(reason="back", by="centre", run=1, automatic=True)
    await handle.signal(DeliverMessage.resend, order)


def outages() -> dict[str, Scene]:
    """Return the endings of messages whose providers are away for a while."""
    hour, minute = timedelta(hours=1), timedelta(minutes=1)
    urgent = message(CRITICAL, Priority.CRITICAL, retry=hour)
    every = (Channel.WECHAT, Channel.SMS, Channel.WECOM)
    asked = FakeActivities()
    asked.script[Channel.WECHAT] = [ASKABLE]
    asked.asked[Channel.WECHAT] = [DOWN] * 5
    for channel in every[1:]:
        asked.script[channel] = [RecipientRefused("no")]
    return {
        "delivered_after_an_outage": (
            message(retry=hour),
            _answering_after(*((c, 6) for c in every)),
            by_itself,
        ),
        "delivered_beside_an_outage": (
            urgent,
            _answering_after((Channel.SMS, 9)),
            by_itself,
        ),
        "delivered_by_asking_after_an_outage": (message(retry=hour), asked, by_itself),
        "delivered_by_resending_itself": (
            message(retry=minute),
            _answering_after(*((c, 9) for c in every)),
            _resend_by_itself,
        ),
        "failed_in_an_outage": (
            message(retry=minute),
            _answering_after(*((c, 99) for c in every)),
            by_itself,
        ),
    }
