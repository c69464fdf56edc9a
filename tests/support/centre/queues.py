"""Which queues a centre's worker serves by now, as it writes in its log."""

import json

from core.models import task_queue
from tests.support.centre.running import Centre
from tests.support.waiting import until

_TURNS = {"queue.serving", "queue.left"}


async def serves(centre: Centre, client: str, *, per_second: float | None) -> None:
    """Wait until a client's queue is served at this limit (None: without one)."""
    await until(lambda: _last(centre, client) == ("queue.serving", per_second))


async def rests(centre: Centre, client: str) -> None:
    """Wait until nobody serves a client's queue."""
    await until(lambda: _last(centre, client) == ("queue.left", None))


def _last(centre: Centre, client: str) -> tuple[str, float | None] | None:
    queue, found = task_queue(client), None
    for line in centre.log("worker").splitlines():
        if queue in line and any(turn in line for turn in _TURNS):
            said = json.loads(line)
            if said.get("queue") == queue:
                found = said["event"], said.get("per_second")
    return found
