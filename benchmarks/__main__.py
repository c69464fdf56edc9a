"""`python -m benchmarks [--quick] [--only SECTION]`: measure, and write RESULTS.md."""

import asyncio
import os
import signal
import sys
from collections.abc import Coroutine, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any

import typer

from benchmarks import adapters, batches, report
from benchmarks.celery.side import missing
from benchmarks.isolation import backlog, many_clients
from benchmarks.isolation import flood as isolation
from benchmarks.machine import load, machine, postgres_version, said
from benchmarks.suite import FLOOR, FULL, PARTS, QUICK, Part, QueueSize, Size, measure
from deploy.temporal_server import find_cli

ADAPTERS = "senders"
BATCHES = "batch"
ISOLATION, CLIENTS, BACKLOG = "isolation", "clients", "backlog"
_QUEUES = (ISOLATION, CLIENTS, BACKLOG)
_ALONE = (ADAPTERS, BATCHES, *_QUEUES)
SECTIONS = (*PARTS, *_ALONE)
RESULTS = Path(__file__).parent / "RESULTS.md"


def main(
    quick: Annotated[
        bool, typer.Option(help="a smoke run: less of all, of what is at hand")
    ] = False,
    only: Annotated[list[str] | None, typer.Option(help=" or ".join(SECTIONS))] = None,
    rounds: Annotated[int | None, typer.Option(min=1)] = None,
    write: Annotated[
        Path, typer.Option(help="the file whose sections are replaced")
    ] = RESULTS,
) -> None:
    """Measure messages and accepts beside their floors."""
    size = QUICK if quick else FULL
    if rounds is not None:
        size = replace(size, rounds=rounds)
    wanted = only or SECTIONS
    parts = {name: _part(name, quick) for name in wanted if name not in _ALONE}
    sends = size.sends if ADAPTERS in wanted else 0
    people = size.batch if BATCHES in wanted else 0
    queues = [name for name in _QUEUES if name in wanted]
    asyncio.run(
        _until_told_to_stop(_measured(parts, size, sends, people, queues, write))
    )


def _part(name: str, quick: bool) -> Part | None:
    """Return what is measured; a smoke run takes what is at hand."""
    part = PARTS.get(name)
    if part is None:
        raise typer.BadParameter(f"there is no {name}: {', '.join(SECTIONS)}")
    lacks = missing() if part.celery else []
    if name == "postgresql" and "TEMPORAL_SERVER" not in os.environ:
        lacks.append("TEMPORAL_SERVER (the folder that scripts/temporal-server prints)")
    if not lacks:
        return part
    if not quick:
        raise typer.BadParameter(f"{name} needs {', '.join(lacks)}: see `make bench`")
    _say(f"Left out, as this is missing: {', '.join(lacks)}")
    return replace(part, celery=False) if part.celery else None


def _say(line: str) -> None:
    sys.stderr.write(f"{line}\n")


async def _until_told_to_stop(measured: Coroutine[Any, Any, None]) -> None:
    """Measure; SIGTERM ends it as Ctrl-C does, with every process it started."""
    measuring = asyncio.ensure_future(measured)
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, measuring.cancel)
    await measuring


async def _measured(
    parts: Mapping[str, Part | None],
    size: Size,
    sends: int,
    people: int,
    queues: Sequence[str],
    path: Path,
) -> None:
    """Write each section once it is measured."""
    for name, part in parts.items():
        if part is not None:
            _say(f"{part.name} ...")
            facts = await _facts(part)
            _write(path, name, facts, await _delivered(part, size))
    if sends:
        _say("Senders alone ...")
        facts = await _facts(None)
        text = adapters.report(await adapters.costs(sends, _say))
        _write(path, ADAPTERS, facts, text)
    if people:
        _say("Batches ...")
        facts = await _facts(None)
        text = batches.report(await batches.batches(people, _say))
        _write(path, BATCHES, facts, text)
    for name in queues:
        _say(f"{name} ...")
        facts = await _facts(None)
        _write(path, name, facts, await _of_queues(name, size.queues))


async def _of_queues(name: str, size: QueueSize) -> str:
    if name == ISOLATION:
        found = [
            await isolation.isolation(arrangement, size.flood, size.beside, _say)
            for arrangement in isolation.ARRANGEMENTS
        ]
        return "\n\n".join(map(isolation.report, found))
    if name == BACKLOG:
        return backlog.report(await backlog.backlog(size.waiting, _say))
    costs = await many_clients.many_clients(
        size.clients, size.messages, size.idle, _say
    )
    return many_clients.report(costs)


async def _delivered(part: Part, size: Size) -> str:
    found = await measure(part, size, _say)
    text = report.delivering(part.name, found.results, size.load, FLOOR)
    if found.accepting is None:
        return text
    accepting = report.accepting(f"Accepting: {part.name}", found.accepting)
    return f"{text}\n\n{accepting}"


def _write(path: Path, section: str, facts: Mapping[str, str], text: str) -> None:
    about = report.about({**facts, "Load after": load()})
    report.write(path, section, f"{text}\n\n{about}")
    sys.stdout.write(f"{text}\n\n{about}\n")


async def _facts(part: Part | None) -> dict[str, str]:
    """Return what a section is measured on."""
    versions = await _versions(part) if part else {}
    return machine() | versions | {"Load before": load()}


async def _versions(part: Part) -> dict[str, str]:
    if part is PARTS["postgresql"]:
        server = f"{os.environ['TEMPORAL_SERVER']}/temporal-server"
        return {
            "Temporal server": said(server, "--version"),
            "PostgreSQL": postgres_version(),
        }
    facts = {"Dev server": said(str(await find_cli()), "--version")}
    if part.celery:
        facts["Redis"] = said("redis-server", "--version")
    return facts


if __name__ == "__main__":
    typer.run(main)
