"""Logs are turned while their writers go on: bounded, private, in order."""

import os
import signal
import stat
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from deploy.supervision.log_files import LogFiles
from deploy.supervision.processes import Process
from deploy.supervision.supervisor import Supervisor
from tests.deploy.test_supervisor import pids
from tests.support.waiting import until

_LARGEST, _KEPT = 20_000, 3
# Counts for ever; a line each half millisecond, 8 octets long.
_COUNTS = """
import itertools, sys, time
for number in itertools.count():
    print(f"{number:07}", flush=True)
    if number % 10 == 0: time.sleep(0.005)
"""


@asynccontextmanager
async def counting(state: Path) -> AsyncIterator[LogFiles]:
    """Run a process that counts, under a supervisor that keeps little of it."""
    logs = LogFiles(state / "logs", _LARGEST, _KEPT)
    supervisor = Supervisor(state, print, logs=logs)
    try:
        await supervisor.start(Process("one", (sys.executable, "-c", _COUNTS)))
        yield logs
    finally:
        await supervisor.stop()


def oldest_first(logs: LogFiles) -> list[Path]:
    found = logs.path("one").parent.glob("one.log*")
    return sorted(found, key=lambda path: path.name, reverse=True)


async def test_a_log_is_turned_while_it_is_written(tmp_path: Path) -> None:
    async with counting(tmp_path) as logs:
        oldest = logs.path("one").with_name(f"one.log.{_KEPT}")
        await until(
            lambda: oldest.exists() and b"0000000" not in oldest.read_bytes(), 60
        )
    files = oldest_first(logs)
    assert [path.name for path in files] == [
        *(f"one.log.{n}" for n in range(_KEPT, 0, -1)),
        "one.log",
    ]
    assert all(stat.S_IMODE(path.stat().st_mode) == 0o600 for path in files)
    numbers = [int(line) for path in files for line in path.read_text().split()]
    assert numbers == sorted(numbers)
    # A line between copy and cut may be lost at each turn.
    assert numbers[-1] - numbers[0] + 1 - len(numbers) <= 5 * _KEPT


async def test_a_process_that_comes_back_goes_on_in_its_log(tmp_path: Path) -> None:
    async with counting(tmp_path) as logs:
        await until(
            lambda: logs.path("one").exists() and logs.path("one").stat().st_size > 0
        )
        first = pids(tmp_path)["one"]
        os.kill(first, signal.SIGKILL)
        await until(lambda: pids(tmp_path).get("one") not in (None, first))
        await until(lambda: len(oldest_first(logs)) > 2, 60)


def logs_of(tmp_path: Path, kept: int = 2) -> tuple[LogFiles, Path]:
    logs = LogFiles(tmp_path, 10, kept)
    with logs.open("one") as log:
        log.write(b"0123456789a")
    return logs, logs.path("one")


def test_only_what_is_too_large_is_turned(tmp_path: Path) -> None:
    logs, path = logs_of(tmp_path)
    os.truncate(path, 10)
    logs.turn()
    assert path.stat().st_size == 10
    with logs.open("one") as log:
        log.write(b"x")
        log.flush()
        logs.turn()
        log.write(b"after")
    assert path.read_bytes() == b"after"
    assert path.with_name("one.log.1").read_bytes() == b"0123456789x"


def test_where_nothing_can_be_put_aside_the_log_is_cut_all_the_same(
    tmp_path: Path,
) -> None:
    logs, path = logs_of(tmp_path, kept=1)
    # As on a full disk, the copy can't be made.
    path.with_name("one.log.1").symlink_to(tmp_path / "no" / "such" / "folder")
    logs._turn(path)
    assert path.stat().st_size == 0


@pytest.mark.parametrize("size", [0, 1, 10])
def test_what_is_no_file_of_ours_stays(tmp_path: Path, size: int) -> None:
    (tmp_path / "note.txt").write_bytes(b"x" * size * 100)
    LogFiles(tmp_path, 10, 1).turn()
    assert (tmp_path / "note.txt").stat().st_size == size * 100
