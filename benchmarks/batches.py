"""A batch through a whole centre: accepted, begun, delivered, and stopped."""

import asyncio
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.report import table
from deploy.remote import Remote
from tests.support.centre.running import running_centre

CLIENT, TYPE = "his", "registration-success"
PARAMS = {
    "patient_name": "张三",
    "department": "心血管内科",
    "doctor": "李四",
    "visit_time": "2026年8月1日 09:00",
    "queue_no": "12",
}
_ACCEPTS = 3
_AS_FAST_AS_IT_GOES = 1000
_LOOK_SECONDS = 0.25
# No further delivery in this time: it has stopped.
_QUIET_SECONDS = 4.0

Say = Callable[[str], object]
Document = dict[str, Any]


@dataclass(frozen=True)
class Figures:
    """How many, and the seconds or messages a second of each step."""

    count: int
    accepts: list[float]
    sent: int
    begun: float
    delivered: float
    stopped: float


async def batches(count: int, say: Say) -> Figures:
    """Measure batches of `count`, sent a tenth of it."""
    with tempfile.TemporaryDirectory(prefix="hmc-bench-") as folder:
        async with (
            running_centre(Path(folder) / "state") as centre,
            centre.client(CLIENT) as remote,
        ):
            say("accepting batches")
            accepts = [await _accept(remote, count) for _ in range(_ACCEPTS)]
            say("sending a batch")
            sent = max(20, count // 10)
            begun, delivered = await _send(remote, sent)
            say("stopping a batch")
            stopped = await _stop(remote, count)
    return Figures(count, accepts, sent, begun, delivered, stopped)


def _body(count: int, rate: float, **more: object) -> Document:
    people = [
        {"identities": {"mobile": f"138{n:08d}"}, "params": PARAMS}
        for n in range(count)
    ]
    return {"type": TYPE, "recipients": people, "rate_per_second": rate, **more}


async def _accept(remote: Remote, count: int) -> float:
    """Return the seconds until a batch for another day is accepted."""
    body = _body(count, 1, send_at="2035-01-01T09:00:00+08:00")
    began = time.monotonic()
    answer = await remote.post("/v1/batches", body)
    took = time.monotonic() - began
    await remote.post(f"/v1/batches/{answer['id']}/cancel", {})
    return took


async def _send(remote: Remote, count: int) -> tuple[float, float]:
    """Return how many messages a second begin, and are delivered."""
    began = time.monotonic()
    answer = await remote.post("/v1/batches", _body(count, _AS_FAST_AS_IT_GOES))
    begun = 0.0
    while True:
        seen = await remote.get(f"/v1/batches/{answer['id']}")
        if not begun and seen["started"] == count:
            begun = time.monotonic() - began
        if seen["counts"]["delivered"] + seen["counts"]["failed"] == count:
            return count / begun, count / (time.monotonic() - began)
        await asyncio.sleep(_LOOK_SECONDS)


async def _stop(remote: Remote, count: int) -> float:
    """Return the seconds from an order to stop to the last delivery after it."""
    answer = await remote.post("/v1/batches", _body(count, _AS_FAST_AS_IT_GOES))
    at = f"/v1/batches/{answer['id']}"
    counts: dict[str, int] = {}
    while not counts.get("delivered"):
        await asyncio.sleep(_LOOK_SECONDS)
        counts = (await remote.get(at))["counts"]
    ordered = last = time.monotonic()
    await remote.post(f"{at}/cancel", {})
    delivered = 0
    while time.monotonic() - last < _QUIET_SECONDS:
        counts = (await remote.get(at))["counts"]
        if counts["delivered"] > delivered:
            delivered, last = counts["delivered"], time.monotonic()
        await asyncio.sleep(_LOOK_SECONDS)
    return last - ordered


def report(found: Figures) -> str:
    """Return the table of batches."""
    accepted = sorted(found.accepts)
    lines = [
        (f"{found.count:,} accepted, s: middle", f"{accepted[len(accepted) // 2]:.2f}"),
        (f"{found.count:,} accepted, s: longest", f"{accepted[-1]:.2f}"),
        (f"of {found.sent:,}, begun a second", f"{found.begun:.0f}"),
        (f"of {found.sent:,}, delivered a second", f"{found.delivered:.0f}"),
        ("last delivery after an order to stop, s", f"{found.stopped:.1f}"),
    ]
    return f"### Batches\n\n{table(('', ''), lines)}"
