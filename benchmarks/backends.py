"""The Temporal servers that are measured, each with a store for our side."""

import asyncio
import os
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg
from sqlalchemy.engine import URL, make_url

from benchmarks.measure import family, parent
from benchmarks.rig import Rig, free_row
from core.settings import Settings
from deploy import temporal_server
from deploy.namespace import ensure_namespace, wait_for_temporal
from deploy.supervision.processes import ROOT, TEMPORAL_LIMIT
from tests.support.stores.postgres import postgres_cluster

_OWN = ROOT / "deploy/temporal-server/config.yaml"
_DYNAMIC = ROOT / "deploy/temporal/dynamic.yaml"
_DATABASES = {"temporal": "temporal", "temporal_visibility": "visibility"}
# The server's own search-attribute cache needs a moment after they are made.
_SETTLE_SECONDS = 3.0


@dataclass(frozen=True)
class Backend:
    """A running Temporal; `servers` are its processes and its database's."""

    settings: Settings
    servers: Callable[[], Sequence[int]]


Open = Callable[[Rig], AbstractAsyncContextManager[Backend]]


@asynccontextmanager
async def in_memory(rig: Rig) -> AsyncIterator[Backend]:
    """Run the dev server without a file: the store is on disk all the same."""
    yield await _dev_server(rig, "--db-filename")


@asynccontextmanager
async def file(rig: Rig) -> AsyncIterator[Backend]:
    """Run the dev server as a centre does: a file, WAL, synchronous=FULL."""
    yield await _dev_server(rig)


async def _dev_server(rig: Rig, leave_out: str = "") -> Backend:
    settings = rig.settings()
    settings.state_dir.mkdir()
    line = list(temporal_server.command(await temporal_server.find_cli(), settings))
    if leave_out:
        index = line.index(leave_out)
        del line[index : index + 2]
    await rig.start("temporal", *line)
    await wait_for_temporal(settings.temporal, TEMPORAL_LIMIT)
    return Backend(settings, lambda: rig.pids("temporal"))


@asynccontextmanager
async def postgresql(rig: Rig) -> AsyncIterator[Backend]:
    """Run the Temporal server on PostgreSQL, with our store beside it."""
    with postgres_cluster(durable=True) as address:
        url = make_url(address)
        port = free_row(8)
        env = _variables(url, port)
        await _make_databases(env)
        settings = rig.settings(
            temporal_address=f"127.0.0.1:{port}", database_url=address
        )
        settings.state_dir.mkdir()
        config = ("--config-file", str(_OWN), "--allow-no-auth", "start")
        await rig.start("temporal", str(_program("server")), *config, env=env)
        client = await wait_for_temporal(settings.temporal, TEMPORAL_LIMIT)
        await ensure_namespace(client, settings.temporal_namespace)
        await asyncio.sleep(_SETTLE_SECONDS)
        postmaster = await _postmaster(url)
        yield Backend(settings, lambda: [*rig.pids("temporal"), *family(postmaster)])


async def _postmaster(url: URL) -> int:
    """Return the id of the process that has started all of PostgreSQL's others."""
    plain = url.set(drivername="postgresql").render_as_string()
    async with await psycopg.AsyncConnection.connect(plain) as connection:
        return parent(connection.info.backend_pid)


def _program(name: str) -> Path:
    return Path(os.environ["TEMPORAL_SERVER"]) / f"temporal-{name}"


def _variables(url: URL, port: int) -> dict[str, str]:
    return {
        "SQL_PLUGIN": "postgres12_pgx",
        "SQL_HOST": str(url.host),
        "SQL_PORT": str(url.port),
        "SQL_USER": str(url.username),
        "TEMPORAL_PORT": str(port),
        "TEMPORAL_DYNAMIC_CONFIG": str(_DYNAMIC),
    }


async def _make_databases(env: dict[str, str]) -> None:
    """Create Temporal's two databases with their tables."""
    for database, schema in _DATABASES.items():
        name = f"postgresql/v12/{schema}"
        for step in (
            ("create-database",),
            ("setup-schema", "--version", "0.0"),
            ("update-schema", "--schema-name", name),
        ):
            await _sql_tool(env, "--database", database, *step)


async def _sql_tool(env: dict[str, str], *arguments: str) -> None:
    tool = await asyncio.create_subprocess_exec(
        str(_program("sql-tool")),
        *arguments,
        env=env,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    said, _ = await tool.communicate()
    if tool.returncode:
        raise RuntimeError(f"temporal-sql-tool {arguments}: {said.decode()[-2000:]}")
