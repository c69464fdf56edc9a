"""The benchmarks' harness: what it counts, and one small run of all of it."""

import asyncio
import os
import re
import subprocess
import sys
import time
from pathlib import Path

import httpx
import pytest

from benchmarks import report
from benchmarks.__main__ import RESULTS, SECTIONS
from benchmarks.arrivals import listening
from benchmarks.floor import Provider, new_call
from benchmarks.measure import (
    Timing,
    burst,
    cpu_ms,
    family,
    latencies,
    pace,
    parent,
    percentile,
)
from benchmarks.rig import Rig, new_rig
from channels.registry import PROVIDERS
from deploy.supervision.processes import ROOT
from tests.support.ports import free_port


class Meter:
    """Something to measure, which notes how many are under way."""

    def __init__(self) -> None:
        self.under_way = self.most = 0

    async def one(self) -> Timing:
        began = time.monotonic()
        self.under_way += 1
        self.most = max(self.most, self.under_way)
        await asyncio.sleep(0.02)
        self.under_way -= 1
        return Timing(began, began + 0.01, time.monotonic())


def test_it_begins_without_the_packages_of_the_tests() -> None:
    without = (
        "sys.modules.update(dict.fromkeys(('pytest', 'hypothesis', 'playwright')))"
    )
    program = f"import sys; {without}; import benchmarks.__main__"
    subprocess.run([sys.executable, "-c", program], cwd=ROOT, check=True)


async def test_a_burst_sends_all_and_never_too_many_at_once() -> None:
    meter = Meter()
    timings = await burst(meter.one, 20, at_once=5)
    assert len(timings) == 20
    assert meter.most == 5
    assert latencies(timings) == pytest.approx([10.0] * 20)


async def test_a_pace_does_not_wait_for_the_messages_before() -> None:
    meter = Meter()
    began = time.monotonic()
    assert len(await pace(meter.one, 20, per_second=200)) == 20
    assert time.monotonic() - began > 0.095
    assert meter.most > 1


def test_percentiles() -> None:
    values = list(range(101))
    assert percentile(values, 50) == 50
    assert percentile(values, 99) == 99
    assert percentile([7.0], 99) == 7.0


def test_cpu_is_counted_of_a_process_and_its_children() -> None:
    me = os.getpid()
    before = cpu_ms([me])
    until = time.process_time() + 0.1
    while time.process_time() < until:
        pass
    assert 60 <= cpu_ms([me]) - before < 2000
    with subprocess.Popen(["sleep", "60"]) as child:
        assert child.pid in family(me)
        assert parent(child.pid) == me
        child.kill()


async def test_the_stub_tells_when_a_message_arrived() -> None:
    port, call = free_port(), new_call()
    async with new_rig() as rig, httpx.AsyncClient() as http:
        await rig.start("stub", sys.executable, "-m", "benchmarks.stub", str(port))
        async with listening(port) as arrivals, asyncio.timeout(10):
            before = time.monotonic()
            provider = Provider(http, f"http://127.0.0.1:{port}")
            assert await provider.send(call) == "1"
            assert before < await arrivals.of(call.client_msg_id) < time.monotonic()


async def test_a_process_that_dies_spoils_the_measurement() -> None:
    async with new_rig() as rig:
        await rig.start("brief", "sh", "-c", "echo said before it died; exit 3")
        with pytest.raises(RuntimeError, match=r"ended with 3(.|\n)*said before"):
            await checked(rig)


async def checked(rig: Rig) -> None:
    """Check for as long as nothing is wrong."""
    async with asyncio.timeout(10):
        while True:
            rig.check()
            await asyncio.sleep(0.02)


def test_only_what_stands_between_a_section_s_marks_is_replaced(tmp_path: Path) -> None:
    path, one, other = tmp_path / "RESULTS.md", empty("memory"), empty("file")
    path.write_text(f"above\n{one}\nbetween\n{other}\nbelow\n")
    report.write(path, "file", "old")
    report.write(path, "file", "new")
    changed = other.replace("\n", "\nnew\n")
    assert path.read_text() == f"above\n{one}\nbetween\n{changed}\nbelow\n"


def empty(section: str) -> str:
    """Return the marks of a section with nothing between them."""
    return "\n".join(report.marks(section))


def test_every_section_has_its_place_in_the_results() -> None:
    kept = RESULTS.read_text()
    for section in SECTIONS:
        assert all(kept.count(mark) == 1 for mark in report.marks(section))


def test_a_file_without_marks_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "RESULTS.md"
    path.write_text("mine\n")
    with pytest.raises(ValueError, match="marks"):
        report.write(path, "memory", "new")
    assert path.read_text() == "mine\n"


def test_the_server_is_built_in_the_version_its_script_says() -> None:
    script = (ROOT / "scripts/temporal-server").read_text()
    required = (ROOT / "deploy/temporal-server/go.mod").read_text()
    version = re.findall(r"^version=(.+)$", script, re.MULTILINE)
    assert re.findall(r"go.temporal.io/server v(\S+)", required) == version


# It starts a Temporal, a centre and the floor's worker: a minute on a busy machine.
@pytest.mark.timeout(300)
def test_a_smoke_run_measures_all_of_it(temporal_cli: Path, tmp_path: Path) -> None:
    results = tmp_path / "RESULTS.md"
    results.write_text("\n".join(map(empty, ("file", "senders"))))
    outside = {k: v for k, v in os.environ.items() if not k.startswith("HMC_")}
    what = ("--quick", "--only=file", "--only=senders", "--write", str(results))
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks", *what],
        cwd=ROOT,
        env=outside | {"TEMPORAL_CLI": str(temporal_cli)},
        capture_output=True,
        text=True,
        timeout=280,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    lines = results.read_text().splitlines()
    rows = {line.split(" | ")[0]: line.split(" | ") for line in lines}
    events = {name: int(rows[f"| {name}"][3]) for name in ("centre", "bare workflow")}
    assert events == {"centre": 14, "bare workflow": 11}
    answered = rows["| API, 202"]
    assert (answered[2], answered[3]) == ("20", "0")
    senders = [rows[f"| {p.channel}, {p.name}"] for p in PROVIDERS]
    assert {(row[1], row[3]) for row in senders} == {("20", "0")}
