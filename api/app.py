"""The application: what it is made of, and what lives as long as it does."""

import asyncio
import re
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from functools import partial

import structlog
from fastapi import APIRouter, FastAPI
from fastapi.responses import HTMLResponse
from fastapi.routing import APIRoute
from starlette.middleware import Middleware

from api.admin import accounts as admin_accounts
from api.admin import alarms as admin_alarms
from api.admin import clients as admin_clients
from api.admin import dictionaries as admin_dictionaries
from api.admin import message_types as admin_types
from api.admin import messages as admin_messages
from api.admin import patients as admin_patients
from api.admin import queues as admin_work
from api.admin import reachability as admin_standings
from api.admin import receipt_addresses as admin_receipts
from api.admin import routing as admin_routing
from api.admin import sending_times as admin_times
from api.admin import templates as admin_templates
from api.admin import users as admin_people
from api.admin import workstations as admin_workstations
from api.auth import routes as token_routes
from api.auth.callers import known_caller
from api.context import ApiContext
from api.http import openapi, problems
from api.http.access_log import Edge
from api.http.forwarding import Forwarding
from api.http.metrics import Metrics
from api.http.request_guard import HISTORY_BYTES, MIB, BodyLimits, Guard, Larger
from api.messages import admin_batches, batches, detail_page, inbox, receipts
from api.messages import routes as messages
from api.monitoring import health
from api.monitoring import temporal_codec as codec
from api.tokens import TokenSigner
from api.workstations import socket as workstation_socket
from api.workstations import ward_page
from api.workstations.hub import Hub
from centre.access import users
from centre.flows.ports import Flows
from centre.keys.keys import open_with_keys
from centre.messages.settling import settle_until_done
from centre.receipts.addresses import forgeable
from centre.watch.recovery import run_recovery
from centre.watch.sampling import run_sampler
from core.crypto import Keyring
from core.settings import Settings
from workflows.client import TemporalFlows

_log = structlog.get_logger("api")

OpenDeliveries = Callable[[Settings, Keyring], Awaitable[Flows]]

ROUTERS: tuple[APIRouter, ...] = (
    token_routes.router,
    messages.router,
    batches.router,
    inbox.router,
    admin_clients.router,
    admin_times.router,
    admin_types.router,
    admin_templates.router,
    admin_dictionaries.router,
    admin_accounts.router,
    admin_routing.router,
    admin_receipts.router,
    admin_patients.router,
    admin_messages.router,
    admin_work.router,
    admin_batches.router,
    admin_alarms.router,
    admin_people.router,
    admin_workstations.router,
    workstation_socket.router,
    admin_standings.router,
    codec.router,
    detail_page.router,
    ward_page.router,
    receipts.router,
    health.router,
)
# Temporal's histories come in larger pieces than a message may have, and so do
# mail servers' reports; a batch is ten thousand messages.
_LARGER = {
    f"{codec.PREFIX}/": Larger(HISTORY_BYTES, known_caller),
    receipts.PREFIX: Larger(MIB, receipts.known_address, raw=True),
    batches.PREFIX: Larger(8 * MIB, known_caller),
}
_NONE: Mapping[str, Larger] = {}


def create_app(
    settings: Settings,
    open_deliveries: OpenDeliveries = TemporalFlows.open,
    more: Mapping[str, Larger] = _NONE,
) -> FastAPI:
    """Return the application; it opens what it needs when it starts.

    `more` are paths, beside its own, whose bodies may be larger.
    """
    metrics, forwarding = Metrics(), Forwarding(settings.trusted_proxies is not None)
    limits = BodyLimits(larger={**_LARGER, **more}, forms=frozenset({"/v1/token"}))
    app = FastAPI(
        title="Hospital Message Centre",
        version="1.0.0",
        lifespan=partial(_lifespan, settings, metrics, open_deliveries),
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        generate_unique_id_function=lambda route: route.name,
        middleware=[
            Middleware(Edge, metrics=metrics, forwarding=forwarding),
            Middleware(Guard, limits=limits),
        ],
    )
    app.state.forwarding = forwarding
    for router in ROUTERS:
        app.include_router(router)
    _add_docs(app)
    problems.install(app, _methods())
    return app


@asynccontextmanager
async def _lifespan(
    settings: Settings,
    metrics: Metrics,
    open_deliveries: OpenDeliveries,
    app: FastAPI,
) -> AsyncIterator[None]:
    keyring, store = await open_with_keys(settings.database, settings.keys_file)
    if settings.admin_password is not None:
        await users.first_admin(store, settings.admin_password)
    app.state.context = ApiContext(
        settings=settings,
        keyring=keyring,
        store=store,
        flows=await open_deliveries(settings, keyring),
        tokens=TokenSigner(keyring.token_key),
        metrics=metrics,
    )
    await _warn_of_sandbox(app.state.context)
    app.state.readiness = health.Readiness()
    app.state.hub = Hub(store)
    beside = {
        asyncio.create_task(run_sampler(app.state.context)),
        asyncio.create_task(run_recovery(app.state.context)),
        asyncio.create_task(app.state.hub.run()),
        asyncio.create_task(settle_until_done(store)),
    }
    try:
        yield
    finally:
        for work in beside:
            work.cancel()
        await asyncio.wait(beside)
        await store.close()


async def _warn_of_sandbox(context: ApiContext) -> None:
    channels = await forgeable(context)
    if channels:
        # docs/operations.md says what to do.
        _log.warning("receipts.forgeable", channels=channels)


def _add_docs(app: FastAPI) -> None:
    document = partial(openapi.build, app)
    app.openapi = document  # type: ignore[method-assign]

    @app.get("/docs", include_in_schema=False)
    async def docs() -> HTMLResponse:
        return openapi.docs_page(document())


def _methods() -> dict[re.Pattern[str], set[str]]:
    """Return each path's methods: the router itself stops at the first route.

    The plainest first: what is written out comes before what a parameter fits.
    """
    found: dict[re.Pattern[str], set[str]] = {}
    routes = [r for router in ROUTERS for r in router.routes if isinstance(r, APIRoute)]
    for route in sorted(routes, key=lambda route: route.path_format.count("{")):
        found.setdefault(route.path_regex, set()).update(route.methods or ())
    for methods in found.values():
        methods.update({"HEAD"} if "GET" in methods else ())
    return found
