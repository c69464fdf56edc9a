"""The floor: a bare workflow of one activity that makes the same HTTP call.

`python -m benchmarks.floor ADDRESS PROVIDER_URL` is its worker, made by the
same function as ours.
"""

import asyncio
import signal
import sys
import time
from dataclasses import asdict, dataclass
from datetime import timedelta
from uuid import uuid4

import httpx
from temporalio import activity, workflow
from temporalio.client import Client
from temporalio.common import RetryPolicy
from temporalio.runtime import Runtime, TelemetryConfig

from benchmarks.arrivals import Arrivals
from benchmarks.measure import Timing
from channels.kit.http import open_http
from serving import make_worker

QUEUE = "bench-floor"


@dataclass(frozen=True)
class Call:
    """What the provider is sent: as much as one of our messages."""

    touser: str
    template_id: str
    client_msg_id: str
    url: str
    data: dict[str, dict[str, str]]


@dataclass(frozen=True)
class Provider:
    """The one side effect."""

    http: httpx.AsyncClient
    url: str

    @activity.defn
    async def send(self, call: Call) -> str:
        """Make the HTTP call."""
        answer = await self.http.post(
            f"{self.url}/cgi-bin/message/template/send",
            params={"access_token": "stub"},
            json=asdict(call),
        )
        answer.raise_for_status()
        return str(answer.json()["msgid"])


@workflow.defn
class Bare:
    """One activity."""

    @workflow.run
    async def run(self, call: Call) -> str:
        return await workflow.execute_activity_method(
            Provider.send,
            call,
            start_to_close_timeout=timedelta(seconds=15),
            retry_policy=RetryPolicy(maximum_attempts=3),
        )


def new_call() -> Call:
    """Return a call like the one that our message makes."""
    values = ("张三", "心血管内科", "李四", "2026年8月1日 09:00", "12")
    names = ("thing1", "thing2", "thing3", "time4", "character_string5")
    return Call(
        touser="o" * 28,
        template_id="89VjtaU4tUtlbCglzPHUR1lisuGtsbIBg6RI9SQpyMM",
        client_msg_id=uuid4().hex,
        url="https://hospital.example/d/" + "x" * 100,
        data={name: {"value": v} for name, v in zip(names, values, strict=True)},
    )


class Floor:
    """Starts bare workflows and waits for them."""

    def __init__(self, client: Client, arrivals: Arrivals) -> None:
        self._client = client
        self._arrivals = arrivals
        self._last = ""

    async def start(self) -> str:
        """Start one; return its id."""
        call = new_call()
        self._last = call.client_msg_id
        await self._client.start_workflow(
            Bare.run, call, id=self._last, task_queue=QUEUE
        )
        return call.client_msg_id

    async def one(self) -> Timing:
        """Send one message."""
        began = time.monotonic()
        key = await self.start()
        await self._client.get_workflow_handle(key).result()
        ended = time.monotonic()
        return Timing(began, await self._arrivals.of(key), ended)

    async def events(self) -> int:
        """Return how many events the history of the last one has."""
        handle = self._client.get_workflow_handle(self._last)
        return len([event async for event in handle.fetch_history_events()])


async def connect(address: str) -> Client:
    """Connect without a codec, otherwise as the centre does."""
    runtime = Runtime(telemetry=TelemetryConfig(), worker_heartbeat_interval=None)
    return await Client.connect(address, runtime=runtime)


async def serve(address: str, url: str) -> None:
    """Serve the floor's queue until SIGTERM."""
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    async with open_http() as http:
        provider = Provider(http, url)
        client = await connect(address)
        async with make_worker(client, QUEUE, [Bare], [provider.send]):
            await stop.wait()
    # The SDK's threads need a moment before the interpreter may end.
    await asyncio.sleep(0.25)


if __name__ == "__main__":
    asyncio.run(serve(*sys.argv[1:3]))
