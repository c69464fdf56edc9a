"""`kill -9` of each process with 200 messages under way: none lost, none twice."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from tests.support.centre.crashes import COUNT, Crowd, Toll, crash, reckon
from tests.support.centre.providers import Providers, providers_of
from tests.support.centre.running import Centre, running_centre
from tests.support.centre.system import System, joined, signed_in
from tests.support.centre.types import ANY, define

pytestmark = pytest.mark.asyncio(loop_scope="module")
KIND = "kill-any"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def doomed(
    temporal_cli: Path, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Centre]:
    """A centre whose processes are killed, one after the other."""
    async with running_centre(tmp_path_factory.mktemp("doomed") / "var") as running:
        yield running


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def his(doomed: Centre) -> AsyncIterator[System]:
    async with signed_in(doomed) as admin:
        await define(admin, KIND, ANY, strategy="first_success")
    async with joined(doomed, "kill-his") as system:
        yield system


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def providers(doomed: Centre) -> AsyncIterator[Providers]:
    """Providers that take their time, so that calls are always under way."""
    async with providers_of(doomed) as found:
        await found.obey({"outcome": "accept", "delay_ms": 1000})
        yield found


async def all_end(crowd: Crowd, providers: Providers, within: float) -> Toll:
    """Return the toll, once all 200 have ended as they must."""
    docs = await crowd.ends(within)
    assert len(docs) == len({doc["id"] for doc in docs.values()}) == COUNT
    return await reckon(crowd, docs, providers)


async def taken(providers: Providers, count: int) -> bool:
    return len(await providers.taken()) >= count


async def accepted(crowd: Crowd, count: int) -> bool:
    return len(crowd.ids) >= count


async def test_the_worker(doomed: Centre, his: System, providers: Providers) -> None:
    crowd = Crowd(his, KIND, "worker")
    await crash(crowd, lambda: taken(providers, 25), doomed.kill("worker"))
    toll = await all_end(crowd, providers, 50)
    assert not crowd.troubles
    # Calls were under way, or this test would show nothing.
    assert toll.again
    assert not toll.twice


async def test_the_api_while_clients_submit(
    doomed: Centre, his: System, providers: Providers
) -> None:
    crowd = Crowd(his, KIND, "api")
    await crash(crowd, lambda: accepted(crowd, 60), doomed.kill("api"))
    toll = await all_end(crowd, providers, 40)
    assert crowd.troubles
    assert toll == Toll(0, 0, 0)


async def test_temporal(doomed: Centre, his: System, providers: Providers) -> None:
    crowd = Crowd(his, KIND, "temporal")
    await crash(crowd, lambda: accepted(crowd, 100), doomed.kill("temporal"))
    toll = await all_end(crowd, providers, 50)
    assert not toll.twice
    await asyncio.wait_for(doomed.ready(), 30)
