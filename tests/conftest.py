"""What many tests need: a real Temporal, skipped time, a whole centre."""

import os
import signal
import subprocess
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import hypothesis
import pytest
import pytest_asyncio
from temporalio.client import Client
from temporalio.testing import WorkflowEnvironment

from core import search_attributes as search
from deploy.namespace import add_search_attributes, keep_closed_workflows
from deploy.supervision.processes import ROOT
from deploy.temporal_server import tuning
from tests.support.centre.running import Centre, running_centre

pytest_plugins = [
    "tests.support.stores.fixtures",
    "tests.support.order",
    "tests.support.quarantine",
    "pytester",
]
_CENTRES = {"centre", "own_centre"}
# How long a busy machine may take to start a server; the SDK gives it five seconds.
_START = timedelta(seconds=60)


def pytest_configure() -> None:
    # Under nohup, and in some CI, we are started to ignore a closed terminal; the
    # centres that we start would inherit that and outlive the test of it.
    signal.signal(signal.SIGHUP, signal.SIG_DFL)
    # How long an example takes says how busy the machine is, nothing of our code.
    slow = hypothesis.HealthCheck.too_slow
    hypothesis.settings.register_profile(
        "busy", deadline=None, suppress_health_check=[slow]
    )
    hypothesis.settings.load_profile("busy")


def pytest_itemcollected(item: pytest.Item) -> None:
    # Whole centres are tried outside tests/e2e too: by the console's tests, say.
    if _CENTRES & {*getattr(item, "fixturenames", ())}:
        item.add_marker("e2e")


def pytest_unconfigure() -> None:
    # The SDK's threads may abort an interpreter that ends right after them.
    time.sleep(0.3)


def program(variable: str, script: str) -> Path:
    """Return the program a variable names, else what the script finds or makes.

    Where there is none the test fails: nothing is left out unnoticed.
    """
    if given := os.environ.get(variable):
        return Path(given)
    found = subprocess.run(
        [str(ROOT / "scripts" / script)], capture_output=True, text=True, check=False
    )
    if found.returncode:
        pytest.fail(f"scripts/{script}: {found.stderr}")
    return Path(found.stdout.strip())


@pytest.fixture(scope="session")
def temporal_cli() -> Path:
    """The Temporal CLI, which holds the dev server."""
    return program("TEMPORAL_CLI", "temporal")


@pytest.fixture(scope="session")
def temporal_test_server() -> Path:
    """Temporal's time-skipping test server."""
    return program("TEMPORAL_TEST_SERVER", "test-server")


@dataclass(frozen=True)
class Temporal:
    """A running Temporal; each test connects a client of its own."""

    address: str
    namespace: str = "default"


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def temporal_dev(
    temporal_cli: Path, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Temporal]:
    """A dev server with its database file and the flags of a centre's own."""
    folder = tmp_path_factory.mktemp("temporal")
    async with await WorkflowEnvironment.start_local(
        dev_server_existing_path=str(temporal_cli),
        dev_server_database_filename=str(folder / "temporal.db"),
        dev_server_log_level="error",
        dev_server_startup_timeout=_START,
        dev_server_extra_args=tuning(),
    ) as environment:
        client = environment.client
        await keep_closed_workflows(client, client.namespace)
        yield Temporal(client.service_client.config.target_host)


@pytest.fixture
async def temporal_client(temporal_dev: Temporal) -> Client:
    """A plain client of the dev server, without our codec."""
    return await Client.connect(temporal_dev.address)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def time_skipping(
    temporal_test_server: Path,
) -> AsyncIterator[WorkflowEnvironment]:
    """A server that skips time while a test awaits a result; one per file.

    Workflows that a test leaves open share the skipped time with the next.
    """
    async with await WorkflowEnvironment.start_time_skipping(
        test_server_existing_path=str(temporal_test_server),
        test_server_startup_timeout=_START,
    ) as environment:
        names = {key.name for key in search.ALL}
        await add_search_attributes(environment.client, "default", names)
        yield environment


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def centre(
    temporal_cli: Path, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Centre]:
    """One running centre for all tests that only use it."""
    async with running_centre(tmp_path_factory.mktemp("centre") / "var") as running:
        yield running


@pytest_asyncio.fixture
async def own_centre(temporal_cli: Path, tmp_path: Path) -> AsyncIterator[Centre]:
    """A running centre that the test may kill parts of."""
    async with running_centre(tmp_path / "var") as running:
        yield running
