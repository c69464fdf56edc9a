"""The web processes: the API with the console beside it, or the console alone.

NiceGUI's pages live in the process that drew them: the console is one process.
With HMC_CONSOLE_PORT it has a port of its own, and the API as many as needed.
"""

import argparse
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI
from starlette.middleware import Middleware

from api.app import create_app
from api.context import ApiContext
from api.http.access_log import Edge
from api.http.forwarding import Forwarding
from api.http.metrics import Metrics
from api.http.request_guard import (
    HISTORIES,
    HISTORY_BYTES,
    KIB,
    MIB,
    UPLOADS,
    BodyLimits,
    Guard,
    Larger,
)
from api.http.server import serve
from centre.keys.keys import establish, open_with_keys
from console.app import mount
from console.kit.context import ConsoleContext
from console.kit.visits import must_be_visitor
from console.temporal_ui import open_temporal_ui
from core.process.faults import or_exit
from core.process.logs import configure_logging
from core.settings import Settings
from deploy.configured import settings_or_exit
from workflows.client import TemporalFlows

# From who is signed in: lists of people, for batches, to the last byte; what Temporal's
# pages want decoded, and the JSON that they call text.
CONSOLE_BODIES = {
    UPLOADS: Larger(11 * MIB, must_be_visitor, free=0, raw=True),
    HISTORIES: Larger(HISTORY_BYTES, must_be_visitor, free=0),
    "/console/temporal/api/": Larger(64 * KIB, must_be_visitor, free=0, raw=True),
}


def create_web(settings: Settings) -> FastAPI:
    """Return the API, with the console unless that has a port of its own."""
    if settings.console_port:
        return create_app(settings)
    app = create_app(settings, more=CONSOLE_BODIES)

    @asynccontextmanager
    async def beside() -> AsyncIterator[ConsoleContext]:
        context: ApiContext = app.state.context
        async with open_temporal_ui(settings) as temporal_ui:
            yield ConsoleContext(
                settings=context.settings,
                keyring=context.keyring,
                store=context.store,
                flows=context.flows,
                temporal_ui=temporal_ui,
                sign_ins=context.sign_ins,
            )

    mount(app, beside)
    return app


def create_console(settings: Settings) -> FastAPI:
    """Return the console alone."""
    forwarding = Forwarding(settings.trusted_proxies is not None)
    edge = Middleware(Edge, metrics=Metrics(), forwarding=forwarding)
    guard = Middleware(Guard, limits=BodyLimits(larger=CONSOLE_BODIES))
    app = FastAPI(docs_url=None, openapi_url=None, middleware=[edge, guard])

    @app.get("/health/live")
    async def live() -> dict[str, str]:
        return {"status": "ok"}

    @asynccontextmanager
    async def alone() -> AsyncIterator[ConsoleContext]:
        keyring, store = await open_with_keys(settings.database, settings.keys_file)
        deliveries = await TemporalFlows.open(settings, keyring)
        try:
            async with open_temporal_ui(settings) as temporal_ui:
                yield ConsoleContext(settings, keyring, store, deliveries, temporal_ui)
        finally:
            await store.close()

    mount(app, alone)
    return app


def main() -> None:
    """Serve until told to stop."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--console", action="store_true", help="the console alone")
    settings = settings_or_exit()
    configure_logging(settings.log_level)
    or_exit(lambda: establish(settings.database, settings.keys_file))
    if parser.parse_args().console:
        serve(create_console(settings), settings, settings.console_port or 8080)
        return
    app = create_web(settings)
    app.openapi()  # takes a quarter of a second, which no request should wait for
    serve(app, settings, settings.api_port)


if __name__ == "__main__":
    main()
