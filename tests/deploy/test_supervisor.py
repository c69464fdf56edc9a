"""The supervisor over small real processes: start, restart, stop, death."""

import asyncio
import json
import os
import signal
import stat
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deploy.supervision.processes import ROOT, Process
from deploy.supervision.supervisor import (
    FIRST_PAUSE,
    LONGEST_PAUSE,
    Supervisor,
    next_pause,
)
from tests.support.waiting import until

SLEEPER = (sys.executable, "-c", "import time; print('up', flush=True); time.sleep(60)")
# Writes its name to a file when it is told to stop.
TELLER = """
import pathlib, signal, sys, time
def stop(*_):
    with pathlib.Path(sys.argv[1]).open("a") as file: file.write(sys.argv[2] + " ")
    sys.exit()
signal.signal(signal.SIGTERM, stop)
print("up", flush=True)
time.sleep(60)
"""
STUBBORN = """
import signal, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
print("up", flush=True)
time.sleep(60)
"""
# A supervisor of one sleeper, for somebody else to kill.
LONELY = """
import asyncio, pathlib, sys
from deploy.supervision.processes import Process
from deploy.supervision.supervisor import Supervisor
async def main():
    supervisor = Supervisor(pathlib.Path(sys.argv[1]), print)
    await supervisor.start(Process("sleeper", ("sleep", "60")))
    await asyncio.sleep(60)
asyncio.run(main())
"""


@asynccontextmanager
async def supervising(
    state: Path, say: Callable[[str], None] = print, grace: float = 10
) -> AsyncIterator[Supervisor]:
    supervisor = Supervisor(state, say, grace)
    try:
        yield supervisor
    finally:
        await supervisor.stop()


def pids(state: Path) -> dict[str, int]:
    path = state / "pids.json"
    return json.loads(path.read_text()) if path.exists() else {}


def alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


async def is_up(state: Path, name: str) -> None:
    """Wait until a process has written its first line."""
    log = state / "logs" / f"{name}.log"
    await until(lambda: log.exists() and "up" in log.read_text())


async def test_a_process_has_its_own_settings_and_a_private_log(tmp_path: Path) -> None:
    code = "import os, time; print('up', os.environ['HMC_X'], flush=True)"
    command = (sys.executable, "-c", f"{code}; time.sleep(60)")
    async with supervising(tmp_path) as supervisor:
        await supervisor.start(Process("one", command, {"HMC_X": "7"}))
        await is_up(tmp_path, "one")
    log = tmp_path / "logs" / "one.log"
    assert log.read_text() == "up 7\n"
    assert stat.S_IMODE(log.stat().st_mode) == 0o600


async def test_a_killed_process_comes_back_under_another_id(tmp_path: Path) -> None:
    notices: list[str] = []
    async with supervising(tmp_path, notices.append) as supervisor:
        await supervisor.start(Process("one", SLEEPER))
        first = pids(tmp_path)["one"]
        assert os.getpgid(first) == first
        os.kill(first, signal.SIGKILL)
        await until(lambda: pids(tmp_path).get("one") not in (None, first))
        assert not alive(first)
        second = pids(tmp_path)["one"]
    assert not alive(second)
    assert pids(tmp_path) == {}
    assert notices[0].startswith("one was killed by signal 9; starting it again in 0.2")


async def test_what_can_not_be_started_is_tried_again(tmp_path: Path) -> None:
    notices: list[str] = []
    async with supervising(tmp_path, notices.append) as supervisor:
        await supervisor.start(Process("none", (str(tmp_path / "program"),)))
        await until(lambda: len(notices) >= 2)
        (tmp_path / "program").write_text("#!/bin/sh\necho up; sleep 60\n")
        (tmp_path / "program").chmod(0o700)
        await is_up(tmp_path, "none")


async def test_all_stop_the_last_started_first(tmp_path: Path) -> None:
    order = tmp_path / "order"
    async with supervising(tmp_path) as supervisor:
        for name in ("a", "b", "c"):
            command = (sys.executable, "-c", TELLER, str(order), name)
            await supervisor.start(Process(name, command))
            await is_up(tmp_path, name)
    assert order.read_text() == "c b a "


async def test_one_that_does_not_stop_is_killed(tmp_path: Path) -> None:
    async with supervising(tmp_path, grace=0.3) as supervisor:
        await supervisor.start(Process("one", (sys.executable, "-c", STUBBORN)))
        await is_up(tmp_path, "one")
        pid = pids(tmp_path)["one"]
    assert not alive(pid)


async def test_the_next_starts_only_when_the_one_before_is_ready(
    tmp_path: Path,
) -> None:
    open_door = asyncio.Event()

    async def ready() -> None:
        await open_door.wait()

    async with supervising(tmp_path) as supervisor:
        first = Process("one", SLEEPER, ready=ready)
        starting = asyncio.create_task(supervisor.start(first))
        await is_up(tmp_path, "one")
        assert not starting.done()
        open_door.set()
        await starting


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells a child")
async def test_children_die_with_a_killed_supervisor(tmp_path: Path) -> None:
    supervisor = await asyncio.create_subprocess_exec(
        sys.executable, "-c", LONELY, str(tmp_path), cwd=ROOT
    )
    await until(lambda: "sleeper" in pids(tmp_path))
    child = pids(tmp_path)["sleeper"]
    # Until setpriv has handed over, the death would go unnoticed.
    await until(lambda: b"sleep\x00" in Path(f"/proc/{child}/cmdline").read_bytes())
    supervisor.kill()
    await supervisor.wait()
    await until(lambda: dead(child))


def dead(pid: int) -> bool:
    """Whether it is gone, or a zombie that whoever adopted it will collect."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return True
    return state == "Z"


@given(st.lists(st.floats(min_value=0, max_value=9.9), min_size=1, max_size=30))
def test_the_pause_doubles_up_to_a_bound(lives: list[float]) -> None:
    pauses = [0.0]
    for lived in lives:
        pauses.append(next_pause(pauses[-1], lived))
    assert pauses[1] == FIRST_PAUSE
    assert all(FIRST_PAUSE <= pause <= LONGEST_PAUSE for pause in pauses[1:])
    assert pauses[1:] == sorted(pauses[1:])


def test_a_long_life_is_forgiven() -> None:
    assert next_pause(LONGEST_PAUSE, lived=3600) == FIRST_PAUSE
