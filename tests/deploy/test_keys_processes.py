"""Every process refuses keys that are not the store's: a sentence, nothing written."""

import asyncio
import os
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import Iterable
from pathlib import Path

import pytest

from core.settings import Settings
from deploy.prepare import prepare
from deploy.supervision.processes import ROOT, environment
from tests.support.centre.running import free_settings
from tests.support.ports import free_ports
from tests.support.stores.keys import SPOILT, copied, files_in, rows_in

PROCESSES = {
    "api": ("-m", "api"),
    "web": ("web.py",),
    "console": ("web.py", "--console"),
    "worker": ("worker.py",),
    "hmc up": ("cli.py", "up"),
    "hmc migrate": ("cli.py", "migrate"),
    "hmc audit verify": ("cli.py", "audit", "verify"),
    "make demo": ("-m", "deploy.demo"),
}


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The state folder of a centre that was prepared and stopped."""
    state = tmp_path_factory.mktemp("keys") / "var"
    asyncio.run(prepare(Settings(state_dir=state)))
    return state


async def started(settings: Settings, arguments: tuple[str, ...]) -> Process:
    """Start a process with these settings alone."""
    clean = {k: v for k, v in os.environ.items() if not k.startswith("HMC_")}
    return await asyncio.create_subprocess_exec(
        *(sys.executable, *arguments),
        cwd=ROOT,
        env=clean | environment(settings),
        stdout=PIPE,
        stderr=PIPE,
    )


async def ended(settings: Settings, arguments: tuple[str, ...]) -> tuple[int, str, str]:
    """Run a process to its end; return its status, its stdout, its stderr."""
    async with asyncio.timeout(120):
        process = await started(settings, arguments)
        try:
            out, err = await process.communicate()
        except asyncio.CancelledError:
            process.kill()
            raise
    assert process.returncode is not None
    return process.returncode, out.decode(), err.decode()


async def all_refuse(settings: Settings, processes: Iterable[str] = PROCESSES) -> None:
    """Start each process, two at once, as there are processors."""
    two = asyncio.Semaphore(2)

    async def one(process: str) -> None:
        async with two:
            await refuses(settings, process)

    await asyncio.gather(*map(one, processes))


def some_for(spoil: str) -> Iterable[str]:
    """Return the processes that meet a fault: by turns, so that each meets two.

    A start costs seconds; all of them ask the same function, which meets every fault
    in the tests of the store's keys.
    """
    number = [*SPOILT].index(spoil)
    return [
        p for at, p in enumerate(PROCESSES) if (at - number) % len(SPOILT) in (0, 1)
    ]


async def refuses(settings: Settings, process: str) -> None:
    """Assert that a process ends with one sentence that says what to do."""
    status, out, err = await ended(settings, PROCESSES[process])
    said = out if process == "make demo" else err  # which speaks to a person
    assert status == 2, (process, out, err)
    assert "Traceback" not in out + err, process
    [line] = said.splitlines()
    assert str(settings.keys_file) in line, process
    assert "restore keys.json from the back-up" in line, process


@pytest.mark.parametrize("spoil", SPOILT)
async def test_every_process_refuses_keys_that_are_not_the_stores(
    template: Path, tmp_path: Path, spoil: str
) -> None:
    settings = free_settings(copied(template, tmp_path / "var"))
    SPOILT[spoil](settings.keys_file)
    before = files_in(settings.state_dir)
    await all_refuse(settings, some_for(spoil))
    assert files_in(settings.state_dir) == before


@pytest.mark.parametrize("fault", ["moved away", "mixed"])
async def test_doctor_says_of_the_keys_what_is_wrong(
    template: Path, tmp_path: Path, fault: str
) -> None:
    settings = free_settings(copied(template, tmp_path / "var"))
    SPOILT[fault](settings.keys_file)
    before = files_in(settings.state_dir)
    status, out, err = await ended(settings, ("cli.py", "doctor"))
    assert (status, "Traceback" in out + err) == (1, False)
    [line] = [line for line in out.splitlines() if line.startswith("FAIL keys ")]
    assert "restore keys.json from the back-up" in line
    assert files_in(settings.state_dir) == before


async def test_keys_that_fit_are_taken(template: Path, tmp_path: Path) -> None:
    settings = free_settings(copied(template, tmp_path / "var"))
    before = rows_in(settings.database)
    status, out, _ = await ended(settings, PROCESSES["hmc audit verify"])
    assert (status, "is whole" in out) == (0, True)
    assert (await ended(settings, PROCESSES["hmc migrate"]))[0] == 0
    assert rows_in(settings.database) == before


@pytest.mark.parametrize("bare_url", ["postgresql"], indirect=True)
async def test_a_second_host_does_not_make_keys_of_its_own(
    bare_url: str, tmp_path: Path
) -> None:
    first = free_settings(tmp_path / "first", database_url=bare_url)
    second = free_settings(tmp_path / "second", database_url=bare_url)
    assert (await ended(first, PROCESSES["hmc migrate"]))[0] == 0
    before = rows_in(bare_url)
    await all_refuse(second)
    assert not second.state_dir.exists()
    assert rows_in(bare_url) == before


@pytest.mark.parametrize("bare_url", ["postgresql"], indirect=True)
async def test_of_two_hosts_that_start_at_once_one_makes_the_keys(
    bare_url: str, tmp_path: Path
) -> None:
    both = [free_settings(tmp_path / n, database_url=bare_url) for n in ("a", "b")]
    starts = (ended(one, PROCESSES["hmc migrate"]) for one in both)
    ends = await asyncio.gather(*starts)
    assert sorted(status for status, _, _ in ends) == [0, 2]
    made = [one.keys_file.exists() for one in both]
    assert made == [status == 0 for status, _, _ in ends]
    [refused] = [err for status, _, err in ends if status]
    assert len(refused.splitlines()) == 1
    assert "restore keys.json" in refused


@pytest.mark.parametrize("process", ["api", "web", "console", "hmc migrate"])
async def test_a_store_that_is_away_is_a_line_and_not_a_traceback(
    tmp_path: Path, process: str
) -> None:
    settings = away(tmp_path)
    status, out, err = await ended(settings, PROCESSES[process])
    assert (status, len(err.splitlines())) == (1, 1), (out, err)
    assert "The store is not available" in err
    assert "password" not in out + err
    assert not settings.state_dir.exists()


async def test_a_worker_waits_for_a_store_that_is_away(tmp_path: Path) -> None:
    settings = away(tmp_path)
    process = await started(settings, PROCESSES["worker"])
    assert process.stdout is not None
    async with asyncio.timeout(60):
        while b"store.unavailable" not in await process.stdout.readline():
            pass
    process.terminate()
    assert await process.wait() == 0


def away(folder: Path) -> Settings:
    """Return the settings of a centre whose PostgreSQL does not answer."""
    [port] = free_ports(1)
    url = f"postgresql+psycopg://hmc:password@127.0.0.1:{port}/hmc"
    return free_settings(folder / "var", database_url=url)
