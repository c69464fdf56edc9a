"""The worker: puts everything together and serves the clients' task queues.

`python worker.py [--client CODE ...]`: all clients, or only these.
"""

import asyncio
import signal
from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from typing import Annotated, Any

import httpx
import structlog
import typer
from sqlmodel.ext.asyncio.session import AsyncSession
from temporalio.client import Client
from temporalio.worker import (
    Interceptor,
    PollerBehaviorSimpleMaximum,
    UnsandboxedWorkflowRunner,
    Worker,
)

from activities.delivery import DeliveryActivities
from activities.failures import FailureInterceptor
from activities.links import Links
from activities.notify import NotifyActivities
from activities.recall import RecallActivities
from activities.records import RecordActivities
from activities.times import Times
from channels.http import open_http
from channels.provider import Tools
from channels.router import Router
from core.crypto import Keyring, load_keyring
from core.errors import Unavailable
from core.logs import configure_logging
from core.models import task_queue
from core.settings import Settings
from operations.accounts import fallback
from operations.channels import InboxShelf, LiveChannels
from operations.deliveries import TemporalDeliveries
from operations.receipts import ReceiptDesk
from operations.routing import route_for_ever
from operations.standings import StoreConsents
from operations.tokens import SharedTokens
from operations.workstations import PopupPost
from store import Store, clients, open_store, queue_settings
from store.queue_settings import QueueSettings
from workflows.callback import TellClient
from workflows.connection import connect
from workflows.message import DeliverMessage
from workflows.recall import RecallMessage

WORKFLOWS = [DeliverMessage, RecallMessage, TellClient]

# How often clients and accounts are read: a change holds within 5 s.
_FOLLOW_SECONDS = 2.0
# A deploy waits this long for provider calls under way.
_GRACE = timedelta(seconds=10)
# Temporal keeps a queue's last limit until a worker names another.
_UNLIMITED = 100_000.0

Activity = Callable[..., Any]

log = structlog.get_logger("worker")


@dataclass(frozen=True)
class Serving:
    """A queue being served: its Worker, the task it runs in, the limit it has."""

    worker: Worker
    running: asyncio.Task[None]
    per_second: float | None


class Queues:
    """One Worker per client system; follows clients and their settings as it runs.

    Workflows and activities of a client share its queue, so a client's trouble
    stays its own (layout B of docs/decisions/0002).
    """

    def __init__(self, client: Client, activities: Sequence[Activity]) -> None:
        self._client = client
        self._activities = activities
        self._serving: dict[str, Serving] = {}
        self._leaving: dict[str, asyncio.Task[None]] = {}

    async def follow(self, wanted: Mapping[str, float | None]) -> None:
        """Serve exactly these clients from now on, each with its limit a second.

        One that is left stops polling at once. Two Workers of a queue would
        meet in the SDK, so a new one begins when the calls under way are over.
        """
        for code, serving in list(self._serving.items()):
            if code not in wanted or wanted[code] != serving.per_second:
                self._leave(code)
        for code in wanted.keys() - self._serving.keys() - self._leaving.keys():
            worker = self._worker(code, wanted[code])
            running = asyncio.create_task(worker.run())
            self._serving[code] = Serving(worker, running, wanted[code])
            log.info("queue.serving", client=code, per_second=wanted[code])

    async def stop(self) -> None:
        """Stop serving, once the provider calls under way have ended."""
        for code in list(self._serving):
            self._leave(code)
        await asyncio.gather(*self._leaving.values())

    def _leave(self, code: str) -> None:
        stopping = self._stop(code, self._serving.pop(code))
        self._leaving[code] = asyncio.create_task(stopping)

    async def _stop(self, code: str, serving: Serving) -> None:
        try:
            await serving.worker.shutdown()
            await serving.running
        finally:
            del self._leaving[code]
        log.info("queue.left", client=code)

    def _worker(self, code: str, per_second: float | None) -> Worker:
        queue, failures = task_queue(code), FailureInterceptor()
        return make_worker(
            self._client,
            queue,
            WORKFLOWS,
            self._activities,
            failures,
            per_second=per_second,
        )


def make_worker(
    client: Client,
    queue: str,
    workflows: Sequence[type],
    activities: Sequence[Activity],
    *interceptors: Interceptor,
    per_second: float | None = None,
) -> Worker:
    """Return the worker of one queue, as large as all of ours.

    Temporal holds the limit for all workers of a queue together.
    """
    return Worker(
        client,
        task_queue=queue,
        workflows=workflows,
        activities=activities,
        interceptors=interceptors,
        # The sandbox costs a third of the worker's CPU; the tests run in it.
        workflow_runner=UnsandboxedWorkflowRunner(),
        workflow_task_poller_behavior=PollerBehaviorSimpleMaximum(4),
        activity_task_poller_behavior=PollerBehaviorSimpleMaximum(4),
        max_cached_workflows=500,
        max_concurrent_activities=20,
        max_task_queue_activities_per_second=per_second or _UNLIMITED,
        # What a worker hands to itself passes the limit by.
        disable_eager_activity_execution=per_second is not None,
        graceful_shutdown_timeout=_GRACE,
    )


def assemble(
    settings: Settings,
    keyring: Keyring,
    store: Store,
    http: httpx.AsyncClient,
    router: Router,
) -> list[Activity]:
    """Return every activity, with the parts it works with."""
    times = Times(settings.timezone)
    records = RecordActivities(store, settings.standing_fade, times)
    delivery = DeliveryActivities(
        store=store,
        router=router,
        links=Links(settings.base_url, keyring.token_key),
        times=times,
    )
    notify = NotifyActivities(store, http)
    recall = RecallActivities(store, router)
    return [
        records.record,
        records.prepare,
        delivery.deliver,
        delivery.ask,
        notify.notify,
        recall.what_is_out,
        recall.withdraw,
        recall.correction,
        recall.note_recall,
    ]


async def serve(settings: Settings, only: Collection[str], stop: asyncio.Event) -> None:
    """Serve the queues of all clients, or of some, until told to stop."""
    keyring = load_keyring(settings.state_dir / "keys.json")
    store = open_store(settings.database, keyring)
    async with open_http() as http:
        client = await connect(settings, keyring)
        desk = ReceiptDesk(store, TemporalDeliveries(client))
        post = PopupPost(store)
        tools = Tools(
            http,
            InboxShelf(store),
            SharedTokens(store),
            receipts=desk,
            popups=post,
            consents=StoreConsents(store, settings.standing_fade),
        )
        under, rules = fallback(settings)[1], settings.routing
        channels = LiveChannels(tools, under, rules)
        routing = asyncio.create_task(route_for_ever(store, under, rules))
        activities = assemble(settings, keyring, store, http, channels.router)
        queues = Queues(client, activities)
        try:
            await _follow(queues, channels, store, only, stop)
        finally:
            routing.cancel()
            await queues.stop()
            await channels.aclose()
            await store.close()


async def _follow(
    queues: Queues,
    channels: LiveChannels,
    store: Store,
    only: Collection[str],
    stop: asyncio.Event,
) -> None:
    """Take up which accounts hold and which clients there are, again and again."""
    while not stop.is_set():
        try:
            async with store.sessions() as session:
                wanted = await _wanted(session, only)
                await channels.follow(session)
            await channels.tell(store)
            await queues.follow(wanted)
        except Unavailable:
            log.warning("store.unavailable")
        with suppress(TimeoutError):
            await asyncio.wait_for(stop.wait(), _FOLLOW_SECONDS)


async def _wanted(
    session: AsyncSession, only: Collection[str]
) -> dict[str, float | None]:
    """Return the clients to serve, paused ones left out, with their limits."""
    steered = await queue_settings.queue_settings(session)
    known = await clients.all_codes(session)
    wanted: dict[str, float | None] = {}
    for code in known:
        settings = steered.get(code, QueueSettings(client=code))
        if not settings.paused and (not only or code in only):
            wanted[code] = settings.per_second
    return wanted


async def run(only: Collection[str]) -> None:
    """Read the settings and serve until SIGINT or SIGTERM."""
    settings = Settings()
    configure_logging(settings.log_level)
    stop = asyncio.Event()
    for name in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(name, stop.set)
    await serve(settings, frozenset(only), stop)
    # The SDK's threads need a moment before the interpreter may end.
    await asyncio.sleep(0.25)


def main(client: Annotated[list[str] | None, typer.Option()] = None) -> None:
    """Serve the task queues of all clients, or of the ones named."""
    asyncio.run(run(client or ()))


if __name__ == "__main__":
    typer.run(main)
