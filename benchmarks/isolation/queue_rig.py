"""A centre for measuring queues: no API, a provider stub, any number of clients."""

import sys
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from temporalio.client import Client
from uuid_utils.compat import uuid7

from benchmarks import backends
from benchmarks.arrivals import Arrivals, listening
from benchmarks.backends import Backend
from benchmarks.measure import Timing
from benchmarks.ours import key_of, message_type, request
from benchmarks.rig import Rig, new_rig
from centre.audit.audit import Actor
from centre.clients import queries, service
from centre.clients.models import ClientDraft
from centre.flows.queue_figures import QueueFigures, describe_queue
from centre.messages.acceptance import Sender, accept
from core.base import evolve
from core.crypto import load_keyring
from core.models import Message
from core.policies import MessageType
from core.words import Priority
from db.store import open_store
from deploy.prepare import prepare
from workflows.client import TemporalFlows
from workflows.connection import connect

_ACTOR = Actor(who="benchmark")


@dataclass(frozen=True)
class QueueRig:
    """The processes, and a connection that starts messages as the API does."""

    rig: Rig
    backend: Backend
    client: Client
    kind: MessageType
    arrivals: Arrivals

    def message(self, client: str, priority: Priority = Priority.NORMAL) -> Message:
        """Return a new message of a client."""
        made = accept(
            request(),
            Sender(client),
            self.kind,
            message_id=uuid7(),
            now=datetime.now(UTC),
            resend_window=timedelta(hours=72),
        )
        return evolve(made, priority=priority)

    async def begin(self, client: str, priority: Priority = Priority.NORMAL) -> Message:
        """Start a message, waiting for nothing else."""
        message = self.message(client, priority)
        await TemporalFlows(self.client).start(message)
        return message

    async def one(self, client: str, priority: Priority = Priority.NORMAL) -> Timing:
        """Send a message and wait until the provider has it."""
        began = time.monotonic()
        message = await self.begin(client, priority)
        sent = await self.arrivals.of(key_of(message.id))
        return Timing(began, sent, sent)

    async def shown(self, client: str) -> QueueFigures:
        """Return a client's queue as people see it."""
        return await describe_queue(self.client, client)

    async def start_workers(self, *commands: Sequence[str]) -> None:
        """Start a worker process by each command."""
        settings = self.backend.settings
        for number, command in enumerate(commands, start=1):
            await self.rig.start_ours(f"worker{number}", settings, *command)

    async def codes(self) -> list[str]:
        """Return the codes of all clients."""
        store = open_store(
            self.backend.settings.database,
            load_keyring(self.backend.settings.keys_file),
        )
        try:
            async with store.sessions() as session:
                return await queries.all_codes(session)
        finally:
            await store.close()

    async def join(self, codes: Sequence[str]) -> None:
        """Let clients join."""
        settings = self.backend.settings
        store = open_store(settings.database, load_keyring(settings.keys_file))
        try:
            async with store.sessions.begin() as session:
                for code in codes:
                    draft = ClientDraft(code=code, name=code)
                    await service.add_client(session, draft, _ACTOR)
        finally:
            await store.close()


@asynccontextmanager
async def queue_rig(delay: float = 0.0) -> AsyncIterator[QueueRig]:
    """Start Temporal and a provider that takes so many seconds; no worker yet."""
    async with new_rig() as rig, backends.file(rig) as backend:
        settings = backend.settings
        await prepare(settings)
        stub = (sys.executable, "-m", "benchmarks.stub")
        await rig.start("stub", *stub, str(settings.sandbox_port), str(delay))
        async with listening(settings.sandbox_port) as arrivals:
            client = await connect(settings, load_keyring(settings.keys_file))
            kind = await message_type(settings)
            yield QueueRig(rig, backend, client, kind, arrivals)


def resident_mib(pids: Sequence[int]) -> float:
    """Return the memory that processes hold, in MiB (proc(5), VmRSS)."""
    return sum(_resident_kib(pid) for pid in pids) / 1024


def _resident_kib(pid: int) -> int:
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1])
    return 0
