"""`python -m benchmarks [--quick] [--only SECTION]`: measure, and write RESULTS.md."""

import asyncio
import os
import signal
import sys
from collections.abc import Coroutine, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any

import typer

from benchmarks import adapters, report
from benchmarks.celery_side import missing
from benchmarks.machine import load, machine, postgres_version, said
from benchmarks.suite import FLOOR, FULL, PARTS, QUICK, Part, Size, measure
from deploy.temporal_server import find_cli

ADAPTERS = "senders"
SECTIONS = (*PARTS, ADAPTERS)
RESULTS = Path(__file__).parent / "RESULTS.md"


def main(
    quick: Annotated[
        bool, typer.Option(help="a smoke run: less of all, of what is at hand")
    ] = False,
    only: Annotated[list[str] | None, typer.Option(help=" or ".join(SECTIONS))] = None,
    rounds: Annotated[int | None, typer.Option(min=1)] = None,
    write: Annotated[
        Path, typer.Option(help="the file whose tables are replaced")
    ] = RESULTS,
) -> None:
    """Measure messages and accepts beside their floors."""
    size = QUICK if quick else FULL
    if rounds is not None:
        size = replace(size, rounds=rounds)
    wanted = only or SECTIONS
    parts = [_part(name, quick) for name in wanted if name != ADAPTERS]
    sends = size.sends if ADAPTERS in wanted else 0
    measuring = _measured([part for part in parts if part], size, sends)
    text = asyncio.run(_until_told_to_stop(measuring))
    report.write(write, text)
    sys.stdout.write(f"{text}\n")


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


async def _until_told_to_stop(measured: Coroutine[Any, Any, str]) -> str:
    """Measure; SIGTERM ends it as Ctrl-C does, with every process it started."""
    measuring = asyncio.ensure_future(measured)
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, measuring.cancel)
    return await measuring


async def _measured(parts: Sequence[Part], size: Size, sends: int) -> str:
    facts = machine() | await _versions(parts) | {"Load at the start": load()}
    texts = []
    for part in parts:
        _say(f"{part.name} ...")
        found = await measure(part, size, _say)
        texts.append(report.delivering(part.name, found.results, size.load, FLOOR))
        if found.accepting:
            texts.append(report.accepting(f"Accepting: {part.name}", found.accepting))
    if sends:
        _say("Senders alone ...")
        texts.append(adapters.report(await adapters.costs(sends, _say)))
    facts["Load at the end"] = load()
    return "\n\n".join([report.about(facts), *texts])


async def _versions(parts: Sequence[Part]) -> dict[str, str]:
    cli = await find_cli()
    facts = {"Dev server": said(str(cli), "--version")}
    if any(part is PARTS["postgresql"] for part in parts):
        server = f"{os.environ['TEMPORAL_SERVER']}/temporal-server"
        facts["Temporal server"] = said(server, "--version")
        facts["PostgreSQL"] = postgres_version()
    if any(part.celery for part in parts):
        facts["Redis"] = said("redis-server", "--version")
    return facts


if __name__ == "__main__":
    typer.run(main)
