"""`/health/live`, `/health/ready`, `/metrics`: for whoever watches the centre."""

import asyncio
import time
from contextlib import suppress
from datetime import timedelta

from fastapi import APIRouter, Request, Response

from api.auth.callers import address_of, is_within
from api.context import ApiContext, ContextDep
from api.http.forwarding import Forwarding
from api.http.problems import problem, request_id
from centre.accounts.service import accounts_health
from centre.clients.models import Client
from centre.flows.ports import QueueReader, Reachable
from centre.queues.steering import MOST_LIVE, live_queues
from centre.watch.readiness import NEW, can_write, clients_to_serve, keys_misfit
from centre.watch.store_figures import store_figures
from core.base import Model
from core.clock import utc_now
from core.errors import Forbidden, MessageCentreError

router = APIRouter(tags=["health"])

_KEPT = timedelta(seconds=3)
_KEPT_BAD = 0.5
_AT_ONCE = 16


class Alive(Model):
    """The process answers."""

    status: str = "ok"


class Ready(Alive):
    """Messages can be accepted and sent; `doubts`: what should be changed."""

    doubts: tuple[str, ...] = ()


class Readiness:
    """What is missing, asked anew every few seconds at most."""

    def __init__(self, kept: timedelta = _KEPT) -> None:
        self._kept = kept.total_seconds()
        self._missing: list[str] = []
        self._until = 0.0
        self._one = asyncio.Lock()

    async def missing(self, context: ApiContext) -> list[str]:
        """Return the parts that do not work; none when all is well."""
        async with self._one:
            if time.monotonic() >= self._until:
                self._missing = await _missing(context)
                # Whoever waits for the centre wants to hear of it soon.
                kept = min(self._kept, _KEPT_BAD) if self._missing else self._kept
                self._until = time.monotonic() + kept
        return self._missing


@router.get("/health/live")
async def live() -> Alive:
    """Tell that the process answers."""
    return Alive()


@router.get("/health/ready", response_model=Ready)
async def ready(request: Request, context: ContextDep) -> Response:
    """Tell whether messages can be accepted and sent; 503 names what is missing."""
    readiness: Readiness = request.app.state.readiness
    missing = await readiness.missing(context)
    if not missing:
        forwarding: Forwarding = request.app.state.forwarding
        told = Ready(doubts=forwarding.doubts)
        return Response(told.model_dump_json(), media_type="application/json")
    detail = "Missing: " + ", ".join(missing) + "."
    headers = {"Retry-After": "5"}
    title = "Service unavailable"
    return problem(request_id(request), 503, title, detail, headers, missing=missing)


@router.get(
    "/metrics",
    response_class=Response,
    responses={200: {"content": {"text/plain": {"schema": {"type": "string"}}}}},
)
async def metrics(request: Request, context: ContextDep) -> Response:
    """Give figures to Prometheus, of the networks that `HMC_METRICS_FROM` names."""
    networks = context.settings.metrics_networks
    if networks is not None and not is_within(networks, address_of(request)):
        raise Forbidden("The figures may not be read from this address.")
    await _note_stored(context)
    await _note_accounts(context)
    kind = "text/plain; version=0.0.4; charset=utf-8"
    return Response(context.metrics.text(), media_type=kind)


async def _note_stored(context: ApiContext) -> None:
    """Ask the store; while that is away the last figure stands."""
    with suppress(MessageCentreError):
        found = await store_figures(context)
        context.metrics.settling(found.settling)
        context.metrics.away(found.away)
        context.metrics.alarms((alarm.client, alarm.kind) for alarm in found.alarms)
        context.metrics.passed_limits(found.over_limit)
        now, waiting = utc_now(), found.unacknowledged
        age = (now - (waiting.oldest or now)).total_seconds()
        context.metrics.unacknowledged(waiting.count, max(age, 0.0))


async def _note_accounts(context: ApiContext) -> None:
    """Ask the store how accounts stand; while that is away the last figures stand."""
    with suppress(MessageCentreError):
        context.metrics.accounts(await accounts_health(context))


async def _missing(context: ApiContext) -> list[str]:
    temporal = await _reachable(context.flows)
    enabled = await clients_to_serve(context)
    missing = [] if temporal else ["temporal"]
    if enabled is None or not await can_write(context):
        missing.append("store")
    elif await keys_misfit(context):
        missing.append("keys")
    idle: list[str] = []
    if temporal and enabled:
        idle = await _idle(context, enabled)
        missing += [f"worker for client {code}" for code in idle]
    context.metrics.ready("temporal", temporal)
    for part in ("store", "keys"):
        context.metrics.ready(part, part not in missing)
    context.metrics.ready("workers", temporal and enabled is not None and not idle)
    return missing


async def _reachable(flows: Reachable) -> bool:
    try:
        await flows.check()
    except MessageCentreError:
        return False
    return True


async def _idle(context: ApiContext, enabled: list[Client]) -> list[str]:
    """Return the clients whose queue no worker polls, new ones excused.

    Where nobody polls any queue there is no worker, however new the clients.
    """
    counts = await _pollers(context, enabled)
    excused = NEW if any(counts) else timedelta(0)
    since = utc_now() - excused
    pairs = zip(enabled, counts, strict=True)
    return [c.code for c, count in pairs if not count and c.created_at < since]


async def _pollers(context: ApiContext, enabled: list[Client]) -> list[int]:
    """Count each queue's workers; of many queues, as it was last written down."""
    if len(enabled) > MOST_LIVE:
        seen = {q.client: q.pollers for q in await live_queues(context)}
        # A queue nobody has looked at yet is not missed.
        return [seen.get(client.code, 1) for client in enabled]
    return await _count_pollers(context.flows, enabled)


async def _count_pollers(flows: QueueReader, enabled: list[Client]) -> list[int]:
    few = asyncio.Semaphore(_AT_ONCE)

    async def pollers(client: Client) -> int:
        async with few:
            try:
                return await flows.pollers(client.code)
            except MessageCentreError:
                return 0

    return list(await asyncio.gather(*map(pollers, enabled)))
