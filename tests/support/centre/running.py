"""A whole centre on ports and a state folder of its own, for end-to-end tests.

Started as a person starts it (`cli.py up`), so that a test may kill any of its
processes, by the ids in pids.json, while the supervisor does its work.
"""

import asyncio
import json
import os
import signal
import sys
from asyncio.subprocess import DEVNULL, STDOUT, Process
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx

from core.settings import Settings
from deploy.credentials import client_key
from deploy.files import make_private_folder
from deploy.remote import Remote, as_client, as_person
from deploy.supervision.processes import ROOT, environment
from deploy.up import api_url, until_ready
from tests.support.ports import free_ports
from tests.support.waiting import until

PASSWORD = "correct horse battery staple"
_START_SECONDS = 90
_STOP_SECONDS = 45


@dataclass(frozen=True)
class Centre:
    """A running centre: where its parts are, and how to disturb them."""

    settings: Settings
    supervisor: Process

    @property
    def url(self) -> str:
        """The API."""
        return api_url(self.settings)

    @property
    def sandbox_url(self) -> str:
        """The provider sandbox."""
        return f"http://127.0.0.1:{self.settings.sandbox_port}"

    @property
    def variables(self) -> dict[str, str]:
        """The environment in which `hmc` finds this centre."""
        return environment(self.settings) | {"HMC_ADMIN_PASSWORD": PASSWORD}

    def client(self, code: str) -> AbstractAsyncContextManager[Remote]:
        """Sign in as a seeded client system."""
        return as_client(self.url, *client_key(self.settings.state_dir, code))

    def admin(self) -> AbstractAsyncContextManager[Remote]:
        """Sign in as the first administrator."""
        return as_person(self.url, "admin", PASSWORD)

    def http(self) -> httpx.AsyncClient:
        """Return a connection that nobody has signed in on."""
        return httpx.AsyncClient(base_url=self.url, timeout=30)

    def sandbox(self) -> httpx.AsyncClient:
        """Return a connection to the sandbox's own routes."""
        return httpx.AsyncClient(base_url=self.sandbox_url, timeout=30)

    def pid(self, name: str) -> int | None:
        """Return the id of a process, None while it is down."""
        path = self.settings.state_dir / "pids.json"
        pids: dict[str, int] = json.loads(path.read_text()) if path.exists() else {}
        return pids.get(name)

    def log(self, name: str) -> str:
        """Return what a process has written so far."""
        return (self.settings.state_dir / "logs" / f"{name}.log").read_text()

    def notices(self) -> str:
        """Return what the supervisor has said so far."""
        return notices_file(self.settings.state_dir).read_text()

    def signal(self, name: str, number: signal.Signals = signal.SIGKILL) -> int:
        """Send a process a signal; return the id it has."""
        pid = self.pid(name)
        assert pid is not None, f"{name} is down"
        os.kill(pid, number)
        return pid

    async def kill(self, name: str, within: float = 30) -> None:
        """Kill a process as a crash would; return when another has its place."""
        killed = self.signal(name)
        await until(lambda: self.pid(name) not in (None, killed), within)

    async def ready(self, within: float = 60) -> None:
        """Wait until all parts work again."""
        async with asyncio.timeout(within):
            await until_ready(self.url)


@asynccontextmanager
async def running_centre(state_dir: Path, **changes: object) -> AsyncIterator[Centre]:
    """Start a centre on free ports; `changes` are settings by name."""
    settings = free_settings(state_dir, **changes)
    make_private_folder(state_dir)
    supervisor = await _start(settings)
    try:
        centre = Centre(settings, supervisor)
        await _wait_until_ready(centre)
        yield centre
    finally:
        await _stop(supervisor)


def free_settings(state_dir: Path, **changes: object) -> Settings:
    """Return settings with seven ports that nobody uses."""
    sandbox = ("sandbox", "sandbox_smtp", "sandbox_cmpp", "sandbox_smpp")
    names = ("api", "temporal", "temporal_ui", *sandbox)
    ports = zip((f"{name}_port" for name in names), free_ports(7), strict=True)
    # Where receipts are not the matter, outcomes shall stay as the calls left them.
    quiet = {"sandbox_receipts": False}
    # Nobody's test waits for a worker's next look, or the watch's.
    often = {"follow_seconds": 0.5, "watch_seconds": 3}
    values = {"state_dir": state_dir, **dict(ports), **quiet, **often, **changes}
    return Settings.model_validate(values)


def notices_file(state_dir: Path) -> Path:
    """Return where the supervisor's words to the person go: beside the state."""
    return state_dir.with_name(f"{state_dir.name}.log")


async def _start(settings: Settings) -> Process:
    outside = {k: v for k, v in os.environ.items() if not k.startswith("HMC_")}
    own = environment(settings) | {"HMC_ADMIN_PASSWORD": PASSWORD}
    with notices_file(settings.state_dir).open("ab") as log:
        return await asyncio.create_subprocess_exec(
            *(sys.executable, "cli.py", "up"),
            cwd=ROOT,
            env=outside | own,
            stdin=DEVNULL,
            stdout=log,
            stderr=STDOUT,
        )


async def _wait_until_ready(centre: Centre) -> None:
    """Wait for the centre, or fail with what its processes wrote."""
    ready = asyncio.create_task(until_ready(centre.url))
    ended = asyncio.create_task(centre.supervisor.wait())
    done, _ = await asyncio.wait(
        {ready, ended},
        timeout=_START_SECONDS,
        return_when=asyncio.FIRST_COMPLETED,
    )
    for task in (ready, ended):
        task.cancel()
    if ready not in done:
        raise AssertionError(f"no centre came up:\n{_logs(centre.settings.state_dir)}")


def _logs(state_dir: Path) -> str:
    """Return the end of every log."""
    paths = [notices_file(state_dir), *sorted((state_dir / "logs").glob("*.log"))]
    return "\n".join(f"--- {path.name}\n{path.read_text()[-2000:]}" for path in paths)


async def _stop(supervisor: Process) -> None:
    if supervisor.returncode is not None:
        return
    supervisor.terminate()
    try:
        async with asyncio.timeout(_STOP_SECONDS):
            await supervisor.wait()
    except TimeoutError:
        # Its children die with it: the kernel sees to that.
        supervisor.kill()
        await supervisor.wait()
        raise AssertionError("the centre did not stop when told to") from None
