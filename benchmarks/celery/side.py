"""What a user might pick instead: Celery, with Redis appending to its file."""

import asyncio
import shutil
import sys
import time
from dataclasses import asdict
from importlib.util import find_spec
from typing import Any

from benchmarks.arrivals import Arrivals
from benchmarks.floor import new_call
from benchmarks.measure import Contender, Timing
from benchmarks.rig import Rig, until_listening
from tests.support.ports import free_port


def missing() -> list[str]:
    """Return what this environment lacks."""
    has = {"celery": find_spec("celery"), "redis-server": shutil.which("redis-server")}
    return [name for name, found in has.items() if not found]


class CelerySide:
    """Hands tasks to Celery; one is over when its call has arrived."""

    def __init__(self, app: Any, url: str, arrivals: Arrivals) -> None:
        self._app = app
        self._url = url
        self._arrivals = arrivals

    async def one(self) -> Timing:
        """Send one message."""
        call = new_call()
        began = time.monotonic()
        await asyncio.to_thread(self._app.send_task, "send", (self._url, asdict(call)))
        sent = await self._arrivals.of(call.client_msg_id)
        return Timing(began, sent, time.monotonic())


async def _no_events() -> None:
    """There is no history."""


async def start_celery(rig: Rig, url: str, arrivals: Arrivals) -> Contender:
    """Run Redis and a Celery worker."""
    from benchmarks.celery.task import make_app  # noqa: PLC0415  # it may be missing

    port = free_port()
    durable = ("--appendonly", "yes", "--save", "", "--bind", "127.0.0.1")
    place = ("--port", str(port), "--dir", str(rig.folder))
    await rig.start("redis", "redis-server", *durable, *place)
    await until_listening(port)
    await rig.start("celery", sys.executable, "-m", "benchmarks.celery.task", str(port))
    side = CelerySide(make_app(port), url, arrivals)
    return Contender(
        "Celery + Redis",
        side.one,
        lambda: rig.pids("celery"),
        lambda: rig.pids("redis"),
        _no_events,
    )
