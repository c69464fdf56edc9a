"""Record a history for each ending that has none.

`python -m tests.support.recording.histories`

One that is there stays: a running message has the old history, and must go on
by it. Needs TEMPORAL_TEST_SERVER.
"""

import asyncio
import os
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from pathlib import Path

from temporalio import activity
from temporalio.client import WorkflowHandle, WorkflowHistory
from temporalio.testing import WorkflowEnvironment

from centre.delivery.contracts import Prepared, Snapshot
from core.errors import ProviderDown, RecipientRefused
from core.models import Cancel, Message, MessageStatus, Receipt, Resend
from core.policies import Confirm, Unknown
from core.words import Channel, Outcome, Priority, Status, Then
from tests.support.workflows.clock import NIGHT, NightlyActivities
from tests.support.workflows.digests import DigestActivities
from tests.support.workflows.fakes import (
    ASKABLE,
    CRITICAL,
    TAKEN,
    UNKNOWN,
    FakeActivities,
    message,
)
from tests.support.workflows.outages import outages
from tests.support.workflows.rig import begin, serving
from workflows.message import DeliverMessage

HISTORIES = Path(__file__).parents[2] / "workflows" / "histories"

Handle = WorkflowHandle[DeliverMessage, MessageStatus]
Play = Callable[[WorkflowEnvironment, Handle], Awaitable[object]]
Scene = tuple[Message, FakeActivities, Play]


async def _nothing(env: WorkflowEnvironment, handle: Handle) -> None:
    """Let it run by itself."""


async def _resend(env: WorkflowEnvironment, handle: Handle) -> None:
    await env.sleep(5)
    await handle.signal(DeliverMessage.resend, Resend(reason="again", by="li"))


async def _cancel(env: WorkflowEnvironment, handle: Handle) -> None:
    await env.sleep(5)
    await handle.signal(DeliverMessage.cancel, Cancel(by="his"))


async def _receive(env: WorkflowEnvironment, handle: Handle) -> None:
    await env.sleep(5)
    at = await env.get_current_time()
    good = Receipt(channel=Channel.WECHAT, outcome=Outcome.DELIVERED, at=at)
    await handle.signal(DeliverMessage.receipt, good)


async def _report(env: WorkflowEnvironment, handle: Handle) -> None:
    """Report a failure of what has failed already: news, but no other ending."""
    await env.sleep(5)
    at = await env.get_current_time()
    bad = Receipt(
        channel=Channel.WECHAT,
        outcome=Outcome.FAILED,
        at=at,
        provider_message_id="p-9",
    )
    await handle.signal(DeliverMessage.receipt, bad)


def _refusing(*channels: Channel) -> FakeActivities:
    fakes = FakeActivities()
    for channel in channels:
        fakes.script[channel] = [RecipientRefused("no")]
    return fakes


def _noticing(*channels: Channel) -> FakeActivities:
    fakes = _refusing(*channels)
    fakes.promised = 2
    return fakes


def _unknown(
    *steps: Channel, askable: bool = False, silent: bool = False
) -> FakeActivities:
    fakes = FakeActivities()
    for channel in steps:
        fakes.script[channel] = [ASKABLE if askable else UNKNOWN]
        fakes.asked[channel] = [ProviderDown("busy")] * 6 if silent else []
    return fakes


def _polled() -> FakeActivities:
    fakes = FakeActivities()
    taken = TAKEN.model_copy(update={"askable": True})
    fakes.script[Channel.WECHAT] = [taken]
    arrived = taken.model_copy(update={"outcome": Outcome.DELIVERED})
    fakes.asked[Channel.WECHAT] = [taken, arrived]
    return fakes


def _down() -> FakeActivities:
    fakes = FakeActivities()
    fakes.script[Channel.WECHAT] = [ProviderDown("down")] * 3
    return fakes


class _CalledOff(FakeActivities):
    """The message's batch was stopped while it waited in its queue."""

    @activity.defn
    async def prepare(self, snapshot: Snapshot) -> Prepared:
        return Prepared(cancelled=True)


def _quiet_hours(now: datetime) -> dict[str, Scene]:
    """Return the endings of messages that must wait for the morning."""
    evening = "2026-11-25 23:00"
    late = NightlyActivities(now, evening, NIGHT, Channel.WECHAT)
    return {
        "delivered_after_quiet_hours": (
            message(now=now),
            NightlyActivities(now, evening),
            _nothing,
        ),
        "cancelled_in_quiet_hours": (
            message(now=now),
            NightlyActivities(now, evening),
            _cancel,
        ),
        "delivered_by_a_channel_that_waited": (message(now=now), late, _nothing),
    }


async def scenes(env: WorkflowEnvironment) -> dict[str, Scene]:
    """Return what is recorded, by the ending's name."""
    now = await env.get_current_time()
    every = (Channel.WECHAT, Channel.SMS, Channel.WECOM)
    wait = {Channel.WECHAT: Confirm(receipt=True, within_seconds=60)}
    urgent = message(CRITICAL, Priority.CRITICAL)
    soon = timedelta(seconds=30)
    return {
        "delivered": (message(), FakeActivities(), _nothing),
        "delivered_by_the_second": (message(), _refusing(every[0]), _nothing),
        "delivered_after_retries": (message(), _down(), _nothing),
        "delivered_everywhere": (urgent, FakeActivities(), _nothing),
        "delivered_when_due": (
            message(now=now, send_in=timedelta(hours=1)),
            FakeActivities(),
            _nothing,
        ),
        **_quiet_hours(now),
        "delivered_with_receipt": (message(confirm=wait), FakeActivities(), _receive),
        "delivered_after_unknown": (message(), _unknown(every[0]), _nothing),
        "delivered_by_asking": (
            message(),
            _unknown(every[0], askable=True),
            _nothing,
        ),
        "delivered_by_resend": (message(notify=True), _noticing(*every), _resend),
        "failed": (message(), _refusing(*every), _nothing),
        "cancelled": (
            message(now=now, send_in=timedelta(days=1)),
            FakeActivities(),
            _cancel,
        ),
        "cancelled_with_its_batch": (message(), _CalledOff(), _nothing),
        **_receipts_and_unknowns(),
        "expired": (
            message(now=now, expires_in=soon, confirm=wait),
            FakeActivities(),
            _nothing,
        ),
    }


def _digests() -> dict[str, Scene]:
    """Return the endings of messages that are told of in one."""
    hour = timedelta(hours=1)
    return {
        "delivered_as_a_digest": (message(), DigestActivities(3), _nothing),
        "delivered_in_a_digest": (
            message(),
            DigestActivities(hour, Status.DELIVERED),
            _nothing,
        ),
        "cancelled_out_of_a_digest": (message(), DigestActivities(hour, None), _cancel),
    }


def _receipts_and_unknowns() -> dict[str, Scene]:
    """Return the scenes of asking, waiting, repeating and passing over."""
    every = (Channel.WECHAT, Channel.SMS, Channel.WECOM)
    wait = {Channel.WECHAT: Confirm(receipt=True, within_seconds=60)}
    return {
        **_digests(),
        **outages(),
        "delivered_by_polling": (message(confirm=wait), _polled(), _nothing),
        "delivered_after_passing_over": (
            message(unknown={Channel.WECHAT: Unknown(wait_seconds=60)}),
            _unknown(every[0]),
            _nothing,
        ),
        "delivered_by_repeating": (
            message(
                unknown={Channel.WECHAT: Unknown(wait_seconds=60, then=Then.REPEAT)}
            ),
            _unknown(every[0], askable=True, silent=True),
            _nothing,
        ),
        "failed_with_late_receipt": (message(), _refusing(*every), _report),
    }


async def record(server: str) -> None:
    """Play every new scene on a server of its own and write its history down."""
    async with await _server(server) as env:
        every = list(await scenes(env))
    names = [name for name in every if not (HISTORIES / f"{name}.json").exists()]
    for name in names:
        async with await _server(server) as env:
            history = await _play(env, *(await scenes(env))[name])
        (HISTORIES / f"{name}.json").write_text(history.to_json() + "\n")


async def _server(path: str) -> WorkflowEnvironment:
    return await WorkflowEnvironment.start_time_skipping(test_server_existing_path=path)


async def _play(
    env: WorkflowEnvironment, started: Message, fakes: FakeActivities, play: Play
) -> WorkflowHistory:
    async with serving(env.client, fakes):
        handle = await begin(env.client, started)
        await play(env, handle)
        await handle.result()
        while len(fakes.notices) < fakes.promised:
            await env.sleep(1)
    return await handle.fetch_history()


if __name__ == "__main__":
    HISTORIES.mkdir(exist_ok=True)
    asyncio.run(record(os.environ["TEMPORAL_TEST_SERVER"]))
