"""A batch over a real centre: a `kill -9`, a limit, an order to stop."""

from collections import Counter
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest
import pytest_asyncio

from tests.support.centre.providers import Providers, providers_of
from tests.support.centre.running import Centre, running_centre
from tests.support.centre.system import Document, System, joined, signed_in
from tests.support.centre.types import ANY, PARAMS, define
from tests.support.waiting import eventually

pytestmark = pytest.mark.asyncio(loop_scope="module")
KIND = "batch-any"
COUNT = 300


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def doomed(
    temporal_cli: Path, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Centre]:
    """A centre whose worker is killed."""
    async with running_centre(tmp_path_factory.mktemp("batch") / "var") as running:
        yield running


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def his(doomed: Centre) -> AsyncIterator[System]:
    async with signed_in(doomed) as admin:
        await define(admin, KIND, ANY, strategy="first_success")
    async with joined(doomed, "batch-his") as system:
        yield system


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def providers(doomed: Centre) -> AsyncIterator[Providers]:
    async with providers_of(doomed) as found:
        yield found


def body(first: int, count: int, rate: float) -> Document:
    """Return a batch by a channel whose provider drops repeats."""
    people = [
        {"identities": {"wecom_userid": f"batch{n:06d}"}, "params": PARAMS}
        for n in range(first, first + count)
    ]
    only = {"channels": ["wecom"], "rate_per_second": rate}
    return {"type": KIND, "recipients": people, **only}


async def submit(his: System, asked: Document) -> str:
    answer = await his.http.post("/v1/batches", json=asked)
    assert answer.status_code == 202, answer.text
    assert answer.json()["count"] == len(asked["recipients"])
    return str(answer.json()["id"])


async def seen(
    his: System, batch_id: str, ripe: Callable[[Document], bool], within: float
) -> Document:
    """Return the batch once it is so."""

    async def look() -> Document:
        found: Document = (await his.http.get(f"/v1/batches/{batch_id}")).json()
        return found

    return await eventually(look, ripe, within=within)


async def sends(providers: Providers, first: int, count: int) -> Counter[str]:
    """Return how often each of these people was sent something."""
    wanted = {f"batch{n:06d}" for n in range(first, first + count)}
    taken = await providers.taken("wecom")
    return Counter(i["recipient"] for i in taken if i["recipient"] in wanted)


async def test_nothing_is_lost_or_doubled_when_the_worker_is_killed(
    doomed: Centre, his: System, providers: Providers
) -> None:
    batch_id = await submit(his, body(0, COUNT, rate=60))
    await seen(his, batch_id, lambda b: 60 <= b["started"] < COUNT, 30)
    await doomed.kill("worker")
    ended = await seen(his, batch_id, lambda b: b["counts"]["delivered"] == COUNT, 90)
    assert ended["state"] == "sent"
    assert sum(ended["counts"].values()) == COUNT
    sent = await sends(providers, 0, COUNT)
    assert len(sent) == COUNT
    assert set(sent.values()) == {1}
    listed = await his.listed(batch=batch_id, limit="200")
    assert len(listed) == 200
    assert {doc["priority"] for doc in listed} == {"bulk"}


async def test_a_batch_waits_for_room_in_a_limit_of_ours(
    doomed: Centre, his: System, providers: Providers
) -> None:
    async with signed_in(doomed) as admin:
        channel = "/admin/channels/wecom"
        known = (await admin.ask("GET", "/admin/channels"))["items"]
        held = next(c["limits"] for c in known if c["code"] == "wecom")
        await admin.ask("PATCH", channel, {"limits": {"per_2_seconds": 10}})
        batch_id = await submit(his, body(5000, 40, rate=100))
        ended = await seen(his, batch_id, lambda b: b["counts"]["delivered"] == 40, 90)
        await admin.ask("PATCH", channel, {"limits": held})
    assert ended["counts"]["failed"] == 0
    assert set((await sends(providers, 5000, 40)).values()) == {1}


async def test_a_cancelled_batch_stops(his: System, providers: Providers) -> None:
    await providers.obey({"outcome": "accept", "delay_ms": 300})
    batch_id = await submit(his, body(10_000, 2000, rate=100))
    await seen(his, batch_id, lambda b: b["counts"]["delivered"] >= 50, 90)
    answer = await his.http.post(f"/v1/batches/{batch_id}/cancel")
    assert answer.status_code == 202, answer.text
    after = await seen(his, batch_id, lambda b: not b["counts"]["waiting"], 30)
    assert after["state"] == "cancelled"
    # Those whose message had begun see it when their turn comes.
    ended = await seen(his, batch_id, everyone_has_ended, 150)
    stopped = await sends(providers, 10_000, 2000)
    assert len(stopped) < 1000
    assert ended["counts"]["cancelled"] >= 2000 - len(stopped)


def everyone_has_ended(batch: Document) -> bool:
    """Tell whether each of the 2,000 was written to, or never will be."""
    counts = batch["counts"]
    return bool(counts["delivered"] + counts["cancelled"] == 2000)
