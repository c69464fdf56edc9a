"""The processes of a measurement: started, named by id, all ended with it."""

import asyncio
import json
import random
import socket
import tempfile
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

from benchmarks.measure import family
from core.settings import Settings
from deploy.supervision.processes import Process, environment
from deploy.supervision.supervisor import Supervisor
from tests.support.centre.running import free_settings


class Rig:
    """A folder, free ports and a supervisor."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._trouble: list[str] = []
        self._supervisor = Supervisor(folder, self._trouble.append)

    def settings(self, **changes: object) -> Settings:
        """Return a centre's settings, on free ports and in this folder."""
        state_dir = self.folder / "state"
        return free_settings(state_dir, log_level="warning", **changes)

    async def start(
        self, name: str, *command: str, env: Mapping[str, str] | None = None
    ) -> None:
        """Start a process."""
        await self._supervisor.start(Process(name, command, env or {}))

    async def start_ours(self, name: str, settings: Settings, *command: str) -> None:
        """Start a process of the centre."""
        await self.start(name, *command, env=environment(settings))

    def pids(self, *names: str) -> list[int]:
        """Return the ids of processes and all that descend from them."""
        self.check()
        known = json.loads((self.folder / "pids.json").read_text())
        return [pid for name in names for pid in family(known[name])]

    def check(self) -> None:
        """Raise when a process has died: then nothing measured counts."""
        if self._trouble:
            logs = sorted((self.folder / "logs").glob("*.log"))
            ends = (f"{log.name}: {log.read_text()[-1000:]}" for log in logs)
            raise RuntimeError("\n".join([*self._trouble, *ends]))

    async def stop(self) -> None:
        """End every process."""
        await self._supervisor.stop()


@asynccontextmanager
async def new_rig() -> AsyncIterator[Rig]:
    """Make a rig that leaves nothing behind."""
    with tempfile.TemporaryDirectory(prefix="hmc-bench-") as folder:
        rig = Rig(Path(folder))
        try:
            yield rig
        except Exception:
            rig.check()
            raise
        finally:
            await rig.stop()


def free_row(length: int) -> int:
    """Return the first of so many free ports in a row, all below 32768.

    Temporal's membership table has a signed 16-bit column for them.
    """
    while True:
        first = random.randrange(20_000, 32_768 - length)
        if all(map(_is_free, range(first, first + length))):
            return first


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) != 0


async def until_listening(port: int, seconds: float = 60) -> None:
    """Return once something listens on a port."""
    async with asyncio.timeout(seconds):
        while True:
            if not _is_free(port):
                return
            await asyncio.sleep(0.05)
