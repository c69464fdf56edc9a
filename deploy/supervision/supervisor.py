"""Keeps processes running: starts again what dies, and stops all in order.

A child is a process group of its own (Ctrl-C in the terminal reaches only the
supervisor) and dies with its supervisor, however that one ends.
"""

import asyncio
import contextlib
import os
import shutil
import time
from asyncio.subprocess import DEVNULL, STDOUT
from asyncio.subprocess import Process as Child
from collections.abc import Callable
from pathlib import Path

from deploy.supervision.log_files import LogFiles
from deploy.supervision.pids import PidFile
from deploy.supervision.processes import ROOT, Process

FIRST_PAUSE = 0.2
LONGEST_PAUSE = 5.0
# A process that lived this long was well; its next death starts from 0.2 s.
_STEADY = 10.0
# Longer than the worker gives the provider calls under way (10 s).
_GRACE = 15.0
_LARGEST_LOG, _LOGS_KEPT = 20_000_000, 5


class Supervisor:
    """Starts processes one after the other and keeps them running."""

    def __init__(
        self,
        state_dir: Path,
        say: Callable[[str], None],
        grace: float = _GRACE,
        logs: LogFiles | None = None,
    ) -> None:
        self._logs = logs or LogFiles(state_dir / "logs", _LARGEST_LOG, _LOGS_KEPT)
        self._pids = PidFile(state_dir / "pids.json")
        self._say = say
        self._grace = grace
        self._keepers: list[_Keeper] = []
        self._turning: asyncio.Task[None] | None = None

    async def start(self, process: Process) -> None:
        """Start a process; return when those after it may start."""
        if self._turning is None:
            self._turning = asyncio.create_task(self._logs.turn_for_ever())
        keeper = _Keeper(process, self._logs, self._pids, self._say)
        self._keepers.append(keeper)
        await keeper.start()
        if process.ready:
            await process.ready()

    async def stop(self) -> None:
        """End all, the last one started first."""
        while self._keepers:
            await self._keepers.pop().stop(self._grace)
        if self._turning:
            self._turning.cancel()
            await asyncio.wait([self._turning])
        self._pids.remove()


class _Keeper:
    """Keeps one process running until it is told to stop."""

    def __init__(
        self,
        process: Process,
        logs: LogFiles,
        pids: PidFile,
        say: Callable[[str], None],
    ) -> None:
        self._process = process
        self._logs = logs
        self._pids = pids
        self._say = say
        self._child: Child | None = None
        self._watch: asyncio.Task[None] | None = None

    async def start(self) -> None:
        self._child = await self._launch()
        self._watch = asyncio.create_task(self._keep())

    async def stop(self, grace: float) -> None:
        if self._watch:
            self._watch.cancel()
            await asyncio.wait([self._watch])
        if self._child:
            await _end(self._child, grace)
        self._pids.drop(self._process.name)

    async def _keep(self) -> None:
        pause = 0.0
        while True:
            began = time.monotonic()
            ending = await self._ending()
            pause = next_pause(pause, time.monotonic() - began)
            self._notice(ending, pause)
            await asyncio.sleep(pause)
            self._child = await self._launch()

    async def _ending(self) -> str:
        """Wait until the child has ended; return how."""
        if self._child is None:
            return "could not be started"
        code = await self._child.wait()
        self._pids.drop(self._process.name)
        return f"was killed by signal {-code}" if code < 0 else f"ended with {code}"

    def _notice(self, ending: str, pause: float) -> None:
        self._say(
            f"{self._process.name} {ending}; starting it again in {pause:.1f} s "
            f"(log: {self._logs.path(self._process.name)})"
        )

    async def _launch(self) -> Child | None:
        # No more files, memory or disk: it may pass, so we go on trying.
        with contextlib.suppress(OSError):
            return await self._spawn()
        return None

    async def _spawn(self) -> Child:
        with self._logs.open(self._process.name) as log:
            child = await asyncio.create_subprocess_exec(
                *_dies_with_us(),
                *self._process.command,
                cwd=ROOT,
                env=_without_ours() | dict(self._process.environment),
                stdin=DEVNULL,
                stdout=log,
                stderr=STDOUT,
                process_group=0,
                umask=0o077,
            )
        self._pids.put(self._process.name, child.pid)
        return child


def next_pause(pause: float, lived: float) -> float:
    """Return how long to wait: 0.2 s, doubling from death to death up to 5 s."""
    if lived >= _STEADY:
        return FIRST_PAUSE
    return min(max(pause * 2, FIRST_PAUSE), LONGEST_PAUSE)


def _dies_with_us() -> tuple[str, ...]:
    """Return what makes the kernel end a child whose supervisor was killed.

    Linux alone has this; setpriv is part of util-linux, on every Debian.
    """
    setpriv = shutil.which("setpriv")
    return (setpriv, "--pdeathsig", "KILL", "--") if setpriv else ()


def _without_ours() -> dict[str, str]:
    """Return our environment without settings: a child gets its own."""
    return {k: v for k, v in os.environ.items() if not k.startswith("HMC_")}


async def _end(child: Child, grace: float) -> None:
    """Ask a child to stop; kill it when it does not."""
    if child.returncode is not None:
        return
    with contextlib.suppress(ProcessLookupError):
        child.terminate()
    try:
        async with asyncio.timeout(grace):
            await child.wait()
    except TimeoutError:
        with contextlib.suppress(ProcessLookupError):
            child.kill()
        await child.wait()
