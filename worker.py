"""The worker: puts everything together and serves the clients' task queues.

`python worker.py [--client CODE ...]`: all clients, or only these.
"""

import asyncio
import signal
from collections.abc import Callable, Collection, Sequence
from contextlib import suppress
from datetime import timedelta
from typing import Annotated, Any

import httpx
import structlog
import typer
import yaml
from temporalio.client import Client
from temporalio.worker import (
    PollerBehaviorSimpleMaximum,
    UnsandboxedWorkflowRunner,
    Worker,
)

from activities.delivery import DeliveryActivities
from activities.failures import FailureInterceptor
from activities.links import Links
from activities.notify import NotifyActivities
from activities.records import RecordActivities
from channels import open_channels
from channels.accounts import Accounts, sandbox_accounts
from channels.base import Sending
from channels.http import open_http
from core.crypto import Keyring, load_keyring
from core.errors import Unavailable
from core.logs import configure_logging
from core.models import task_queue
from core.settings import Settings
from store import Store, clients, inbox, open_store
from workflows.callback import TellClient
from workflows.connection import connect
from workflows.message import DeliverMessage

WORKFLOWS = [DeliverMessage, TellClient]

# How often the list of clients is read: a new client is served within 5 s.
_FOLLOW_SECONDS = 2.0
# A deploy waits this long for provider calls under way.
_GRACE = timedelta(seconds=10)

Activity = Callable[..., Any]

log = structlog.get_logger("worker")


class Queues:
    """One Worker per client system; follows the list of clients while it runs.

    Workflows and activities of a client share its queue, so a client's trouble
    stays its own (layout B of docs/decisions/0002).
    """

    def __init__(self, client: Client, activities: Sequence[Activity]) -> None:
        self._client = client
        self._activities = activities
        self._serving: dict[str, tuple[Worker, asyncio.Task[None]]] = {}

    async def follow(self, wanted: Collection[str]) -> None:
        """Serve exactly these clients from now on."""
        for code in set(wanted) - self._serving.keys():
            worker = self._worker(code)
            self._serving[code] = (worker, asyncio.create_task(worker.run()))
            log.info("queue.serving", client=code)
        for code in self._serving.keys() - set(wanted):
            await self._stop(code)

    async def stop(self) -> None:
        """Stop serving, once the provider calls under way have ended."""
        await asyncio.gather(*(self._stop(code) for code in list(self._serving)))

    async def _stop(self, code: str) -> None:
        worker, running = self._serving.pop(code)
        await worker.shutdown()
        await running
        log.info("queue.left", client=code)

    def _worker(self, code: str) -> Worker:
        return Worker(
            self._client,
            task_queue=task_queue(code),
            workflows=WORKFLOWS,
            activities=self._activities,
            interceptors=[FailureInterceptor()],
            # The sandbox costs a third of the worker's CPU; the tests run in it.
            workflow_runner=UnsandboxedWorkflowRunner(),
            workflow_task_poller_behavior=PollerBehaviorSimpleMaximum(4),
            activity_task_poller_behavior=PollerBehaviorSimpleMaximum(4),
            max_cached_workflows=500,
            max_concurrent_activities=20,
            graceful_shutdown_timeout=_GRACE,
        )


class InboxShelf:
    """The centre's own inbox, as its channel sees it."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def __call__(self, sending: Sending) -> None:
        async with self._store.sessions.begin() as session:
            await inbox.deposit(
                session,
                delivery_id=sending.id,
                message_id=sending.message_id,
                owner=sending.address,
                title=sending.content.title,
                body=sending.content.body,
                link=sending.content.link,
            )


def _accounts(settings: Settings) -> Accounts:
    """Return the accounts of the file the settings name, else the sandbox's."""
    if settings.accounts_file is None:
        url = f"http://127.0.0.1:{settings.sandbox_port}"
        return sandbox_accounts(url, settings.smtp_port)
    return Accounts.model_validate(yaml.safe_load(settings.accounts_file.read_text()))


def assemble(
    settings: Settings, keyring: Keyring, store: Store, http: httpx.AsyncClient
) -> list[Activity]:
    """Return every activity, with the parts it works with."""
    records = RecordActivities(store)
    delivery = DeliveryActivities(
        store=store,
        senders=open_channels(_accounts(settings), http, InboxShelf(store)),
        links=Links(settings.base_url, keyring.token_key),
    )
    notify = NotifyActivities(store, http)
    return [
        records.record,
        records.prepare,
        delivery.deliver,
        delivery.ask,
        notify.notify,
    ]


async def serve(settings: Settings, only: Collection[str], stop: asyncio.Event) -> None:
    """Serve the queues of all enabled clients, or of some, until told to stop."""
    keyring = load_keyring(settings.state_dir / "keys.json")
    store = open_store(settings.database, keyring)
    async with open_http() as http:
        client = await connect(settings, keyring)
        queues = Queues(client, assemble(settings, keyring, store, http))
        try:
            await _follow(queues, store, only, stop)
        finally:
            await queues.stop()
            await store.close()


async def _follow(
    queues: Queues, store: Store, only: Collection[str], stop: asyncio.Event
) -> None:
    while not stop.is_set():
        try:
            async with store.sessions() as session:
                known = await clients.enabled_codes(session)
            await queues.follow([c for c in known if not only or c in only])
        except Unavailable:
            log.warning("store.unavailable")
        with suppress(TimeoutError):
            await asyncio.wait_for(stop.wait(), _FOLLOW_SECONDS)


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
