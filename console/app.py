"""Puts the console at /console of an application, in the same process."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager

from fastapi import FastAPI
from nicegui import app as nicegui_app
from nicegui import ui
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from console.access.audit import EXPORT
from console.access.audit_export import export
from console.access.sign_in import sign_in
from console.kit.context import ConsoleContext, use_context
from console.kit.edge import ConsoleEdge
from console.kit.entering import ENTER, carry
from console.kit.error_pages import install_error_pages
from console.kit.frame import serve, serve_bare
from console.kit.presence import hold_events
from console.kit.session_guard import watch_sessions
from console.kit.theme import install_theme
from console.kit.visits import SIGN_IN
from console.navigation import MENU, all_pages
from console.sockets import quieten_sockets
from console.temporal.pages import METHODS, temporal
from console.temporal.rules import PATH

MOUNT = "/console"
TEMPORAL = (PATH, f"{PATH}/{{rest:path}}")
# The export and Temporal's pages look at the session themselves; two make one.
PUBLIC = frozenset({SIGN_IN, ENTER, EXPORT, *TEMPORAL})

OpenDesk = Callable[[], AbstractAsyncContextManager[ConsoleContext]]


def mount(app: FastAPI, open_context: OpenDesk) -> None:
    """Add the console to an application, once per process.

    `open_context` is entered once the application has started.
    """
    install_theme()
    install_error_pages()
    quieten_sockets()
    add_routes()
    hold_events()
    nicegui_app.add_middleware(ConsoleEdge)
    # Long polling would need other bodies than the JSON that the edge lets in.
    nicegui_app.config.socket_io_js_transports = ["websocket"]
    nicegui_app.config.quasar_config["loadingBar"]["skipHijack"] = True
    _open_with(app, open_context)
    for short in ("/", MOUNT):
        app.add_route(short, _to_console, include_in_schema=False)
    ui.run_with(
        app,
        mount_path=MOUNT,
        title="Hospital Message Centre",
        favicon="🏥",
        reconnect_timeout=10,
        binding_refresh_interval=None,
        show_welcome_message=False,
    )


async def _to_console(request: Request) -> Response:
    """Lead who typed the address without its last part to the first page."""
    return RedirectResponse(f"{MOUNT.removeprefix('/')}/", status_code=307)


def add_routes() -> None:
    """Put every page at its address; only PUBLIC ones ask for no sign-in."""
    for page in all_pages():
        serve(page, MENU)
    serve_bare(SIGN_IN, sign_in)
    nicegui_app.add_api_route(ENTER, carry, methods=["POST"])
    nicegui_app.add_api_route(EXPORT, export, methods=["GET"])
    for path in TEMPORAL:
        nicegui_app.add_api_route(path, temporal, methods=METHODS)


def _open_with(app: FastAPI, open_context: OpenDesk) -> None:
    """Open the context after the application has started, and look after pages."""
    whole = app.router.lifespan_context

    @asynccontextmanager
    async def lifespan(started: FastAPI) -> AsyncIterator[object]:
        async with whole(started) as state, open_context() as opened:
            use_context(opened)
            watching = asyncio.create_task(watch_sessions())
            try:
                yield state
            finally:
                watching.cancel()
                await asyncio.wait({watching})

    app.router.lifespan_context = lifespan  # type: ignore[assignment]
