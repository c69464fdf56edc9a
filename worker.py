"""The worker: puts everything together and serves the clients' task queues.

`python worker.py [--client CODE ...] [--part 2/3]`: all clients, or only these.
"""

import asyncio
import re
import signal
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from typing import Annotated

import httpx
import structlog
import typer

from activities.batches import BatchActivities, StartMessage
from activities.delivery import DeliveryActivities
from activities.notify import NotifyActivities
from activities.recall import RecallActivities
from activities.records import RecordActivities
from centre.accounts.live_channels import InboxShelf, LiveChannels
from centre.accounts.routing import run_rebalancer
from centre.accounts.tokens import SharedTokens
from centre.clients import queries as clients
from centre.context import Context
from centre.delivery.hold import ScheduleCache
from centre.delivery.links import Links
from centre.keys.keys import open_with_keys
from centre.providers.fallback import fallback
from centre.queues import queries as queue_queries
from centre.queues.models import QueueSettings
from centre.reachability.service import StoreConsents
from centre.receipts.intake import ReceiptIntake
from centre.workstations.service import PopupPost
from channels.kit.http import open_http
from channels.provider import Tools
from channels.router import Router
from core.crypto import Keyring
from core.errors import Unavailable
from core.models import task_queue
from core.process import cycles
from core.process.faults import or_exit
from core.process.logs import configure_logging
from core.settings import Settings
from db.session import Session
from db.store import Store
from deploy.configured import settings_or_exit
from serving import WHOLE, Activity, Part, Queues
from workflows.client import TemporalFlows
from workflows.connection import connect

log = structlog.get_logger("worker")


@dataclass(frozen=True)
class Share:
    """Which clients a process serves: the named ones (all), of one part."""

    only: frozenset[str] = frozenset()
    part: Part = WHOLE

    def has(self, client: str) -> bool:
        """Tell whether this process serves a client."""
        return (not self.only or client in self.only) and self.part.has(client)


def assemble(
    settings: Settings,
    keyring: Keyring,
    store: Store,
    http: httpx.AsyncClient,
    router: Router,
    start: StartMessage,
) -> list[Activity]:
    """Return every activity, with the parts it works with."""
    batch = BatchActivities(store, start)
    times = ScheduleCache(settings.timezone)
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
        batch.begin_batch,
        batch.send_page,
    ]


async def serve(
    settings: Settings,
    share: Share,
    stop: asyncio.Event,
    layout: type[Queues] = Queues,
) -> None:
    """Serve the queues of a share of the clients until told to stop."""
    opened = await _opened(settings, stop)
    if opened is None:
        return
    keyring, store = opened
    async with open_http() as http:
        client = await connect(settings, keyring)
        flows = TemporalFlows(client)
        intake = ReceiptIntake(Context(settings, keyring, store, flows))
        post = PopupPost(store)
        tools = Tools(
            http,
            InboxShelf(store),
            SharedTokens(store),
            receipts=intake,
            popups=post,
            consents=StoreConsents(store, settings.standing_fade),
        )
        default_accounts, rules = fallback(settings)[1], settings.routing
        channels = LiveChannels(tools, default_accounts, rules)
        routing = asyncio.create_task(run_rebalancer(store, default_accounts, rules))
        begin, router = flows.start_once, channels.router
        activities = assemble(settings, keyring, store, http, router, begin)
        queues = layout(client, activities)
        try:
            every = settings.follow_seconds
            await _follow(queues, channels, store, share, stop, every)
        finally:
            routing.cancel()
            await queues.stop()
            await channels.aclose()
            await store.close()


async def _opened(
    settings: Settings, stop: asyncio.Event
) -> tuple[Keyring, Store] | None:
    """Wait for the store; KeysRefused where the keys are not its own."""
    while not stop.is_set():
        try:
            return await open_with_keys(settings.database, settings.keys_file)
        except Unavailable:
            log.warning("store.unavailable")
        with suppress(TimeoutError):
            await asyncio.wait_for(stop.wait(), settings.follow_seconds)
    return None


async def _follow(
    queues: Queues,
    channels: LiveChannels,
    store: Store,
    share: Share,
    stop: asyncio.Event,
    every: float,
) -> None:
    """Take up which accounts hold and which clients there are, again and again."""
    absent: frozenset[str] = frozenset()
    while not stop.is_set():
        try:
            async with store.sessions() as session:
                known = await clients.all_codes(session)
                wanted = await _wanted(session, filter(share.has, known))
                await channels.follow(session)
            absent = tell_absent(share, known, absent)
            await channels.tell(store)
            await queues.follow(wanted)
        except Unavailable:
            log.warning("store.unavailable")
        with suppress(TimeoutError):
            await asyncio.wait_for(stop.wait(), every)


def tell_absent(
    share: Share, known: Iterable[str], told: frozenset[str]
) -> frozenset[str]:
    """Warn of the clients named that there are not, unless just these were told.

    One may yet join, and is served then.
    """
    absent = share.only.difference(known)
    if absent and absent != told:
        log.warning("clients.unknown", clients=sorted(absent))
    return absent


async def _wanted(session: Session, served: Iterable[str]) -> dict[str, float | None]:
    """Return the task queues to serve with their limits, resting ones left out."""
    steered = await queue_queries.queue_settings(session)
    wanted: dict[str, float | None] = {}
    for code in served:
        settings = steered.get(code, QueueSettings(client=code))
        if not settings.paused:
            wanted[task_queue(code)] = settings.per_second
        if settings.critical_runs:  # what is critical knows no limit of ours
            wanted[task_queue(code, passes_pause=True)] = None
    return wanted


async def run(share: Share, layout: type[Queues] = Queues) -> None:
    """Read the settings and serve until SIGINT or SIGTERM."""
    settings = settings_or_exit()
    configure_logging(settings.log_level)
    cycles.search_seldom()
    stop = asyncio.Event()
    for name in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(name, stop.set)
    await serve(settings, share, stop, layout)
    # The SDK's threads need a moment before the interpreter may end.
    await asyncio.sleep(0.25)


def part(text: str) -> Part:
    """Return the second of three parts for "2/3"; BadParameter for what is none."""
    found = re.fullmatch(r"([1-9]\d{0,3})/([1-9]\d{0,3})", text)
    if found is None or int(found[1]) > int(found[2]):
        raise typer.BadParameter("give NUMBER/PARTS, as in 2/3")
    return Part(int(found[1]), int(found[2]))


def main(
    client: Annotated[list[str] | None, typer.Option()] = None,
    share: Annotated[str, typer.Option("--part", help="2/3: the second third")] = "1/1",
) -> None:
    """Serve the task queues of all clients, of the ones named, or of a part."""
    served = Share(frozenset(client or ()), part(share))
    or_exit(lambda: asyncio.run(run(served)))


if __name__ == "__main__":
    # Typer's own tracebacks are long, and show values.
    app = typer.Typer(pretty_exceptions_enable=False, add_completion=False)
    app.command()(main)
    app()
