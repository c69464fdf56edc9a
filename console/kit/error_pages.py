"""What is shown for an address that names nothing, and when all else fails.

NiceGUI's own pages and log lines repeat an exception's text, which may hold what
somebody typed in.
"""

import logging

import structlog
from nicegui import Client, app, ui
from starlette.requests import Request
from starlette.responses import Response

from console.kit.edge import answer_to
from console.kit.errors import error_text
from console.kit.frame import Framed
from console.kit.shell import brand, panel
from console.kit.texts import t
from core.errors import MessageCentreError
from core.process.logs import describe

_log = structlog.get_logger("console")


def install_error_pages() -> None:
    """Answer for NiceGUI's own; once per process, before it serves."""
    app.add_exception_handler(404, _not_found)
    app.add_exception_handler(Exception, _failed)
    app.on_page_exception(_draw_failure)
    logging.getLogger("nicegui").addFilter(_without_text)


async def _not_found(request: Request, error: Exception) -> Response:
    if "/_nicegui" in request.scope["path"]:
        return Response(status_code=404)
    return _page(request, 404, "error.no_such_page")


async def _failed(request: Request, error: Exception) -> Response:
    _log.error("unexpected", **describe(error))
    answer_to(request)
    return _page(request, 500, "error.unexpected")


def refusal_page(request: Request, error: MessageCentreError) -> Response:
    """Return a page that says what is refused or down, and what to do."""
    with Client(Framed(""), request=request) as client:
        _draw(error_text(error))
        return client.build_response(request, error.status)


def _page(request: Request, status: int, key: str) -> Response:
    with Client(Framed(""), request=request) as client:
        _draw(t(key))
        return client.build_response(request, status)


def _draw_failure(error: Exception) -> None:
    _log.error("unexpected", **describe(error))
    _draw(t("error.unexpected"))


def _draw(text: str) -> None:
    ui.page_title(t("frame.brand"))
    with ui.element("div").classes("hmc-alone"):
        brand()
        with panel(text, icon="error_outline"):
            ui.link(t("error.to_start"), "/").classes("hmc-link")


def _without_text(record: logging.LogRecord) -> bool:
    """Name the place that logs: NiceGUI's texts hold addresses and exceptions."""
    record.msg = (
        "unexpected" if record.exc_info else f"{record.module}.{record.funcName}"
    )
    record.args = ()
    return True
