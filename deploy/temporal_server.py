"""The Temporal dev server of a centre: where its binary is, how it is started.

The dynamic configuration is what makes it quick enough: its one history shard
is held to 20 task loads a second by default, which is 50 ms for every hop of a
workflow. The same keys for a server of the hospital's own stand in
deploy/temporal/dynamic.yaml.
"""

import asyncio
import os
from collections.abc import Iterator
from pathlib import Path

from core import search_attributes as search
from core.process.faults import CannotStart
from core.settings import Settings

SCRIPTS = Path(__file__).parent.parent / "scripts"

DYNAMIC_CONFIG: dict[str, int | bool | str] = {
    "history.transferProcessorMaxPollRPS": 2000,
    "history.timerProcessorMaxPollRPS": 100,
    "history.visibilityProcessorMaxPollRPS": 100,
    # One partition per queue: a backlog is counted whole, priorities hold.
    "matching.numTaskqueueReadPartitions": 1,
    "matching.numTaskqueueWritePartitions": 1,
    # Priority keys: a critical value overtakes a backlog.
    "matching.useNewMatcher": True,
    # The counts of a queue are cached this long (default 5 s).
    "matching.TaskQueueInfoByBuildIdTTL": "1s",
    "system.forceSearchAttributesCacheRefreshOnRead": False,
    # Long polls per namespace: a queue per client system needs many.
    "frontend.namespaceCount": 100_000,
}
# WAL: three times the throughput of the default journal. FULL: an accepted
# message survives a power cut too.
SQLITE_PRAGMAS = {"journal_mode": "WAL", "synchronous": "FULL"}


def command(cli: Path, settings: Settings) -> tuple[str, ...]:
    """Return the command line of the dev server of a centre."""
    return (
        str(cli),
        "server",
        "start-dev",
        *("--ip", "127.0.0.1"),
        *("--port", str(settings.temporal_port)),
        *("--ui-port", str(settings.temporal_ui_port)),
        *("--namespace", settings.temporal_namespace),
        *("--db-filename", str(settings.state_dir.resolve() / "temporal.db")),
        *("--log-level", "warn"),
        *tuning(),
    )


def tuning() -> list[str]:
    """Return the flags that do not depend on ports and folders."""
    return [*_dynamic_config(), *_pragmas(), *_search_attributes()]


def _dynamic_config() -> Iterator[str]:
    for key, value in DYNAMIC_CONFIG.items():
        yield from ("--dynamic-config-value", f"{key}={_json(value)}")


def _json(value: int | bool | str) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return f'"{value}"' if isinstance(value, str) else str(value)


def _pragmas() -> Iterator[str]:
    for key, value in SQLITE_PRAGMAS.items():
        yield from ("--sqlite-pragma", f"{key}={value}")


def _search_attributes() -> Iterator[str]:
    for key in search.ALL:
        yield from ("--search-attribute", f"{key.name}=Keyword")


async def find_cli() -> Path:
    """Return the Temporal CLI: `TEMPORAL_CLI`, or what scripts/temporal finds."""
    if given := os.environ.get("TEMPORAL_CLI"):
        return Path(given)
    script = await asyncio.create_subprocess_exec(
        str(SCRIPTS / "temporal"), stdout=asyncio.subprocess.PIPE
    )
    output, _ = await script.communicate()
    if script.returncode:
        raise CannotStart("Temporal could not be found or built; see above.")
    return Path(output.decode().strip())
