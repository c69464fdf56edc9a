"""Temporal's Web UI below the console's own address, for who may look into histories.

There its calls are of the same origin: they carry the session, and the codec
answers with what a history holds. The audit log keeps each look.
"""

from urllib.parse import urlsplit

from fastapi import Request
from starlette.responses import JSONResponse, Response

from centre.messages import histories
from centre.people.masking import MAY_LOOK
from console.kit.context import context
from console.kit.error_pages import refusal_page
from console.kit.frame import detour, to_sign_in
from console.kit.visits import Visitor, visitor_of
from console.temporal.rules import PATH, Kind, Rules, seen_from
from core.errors import Forbidden, MessageCentreError, NotFound, Unauthenticated

METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]
# What a person does; an open page asks for the rest by itself, for ever.
_AT_WORK = (Kind.PAGE, Kind.DECODE)
_AUDITOR = "Histories show what messages say; auditors read who looked."


async def temporal(request: Request) -> Response:
    """Answer for the UI: its pages, its files, what it reads, what it decodes."""
    rules = Rules(context().settings.temporal_namespace)
    kind = rules.kind(request.method, _path(request))
    try:
        visitor = await visitor_of(request, at_work=kind in _AT_WORK)
        first = detour(visitor, PATH) if visitor else to_sign_in()
        if first and kind is Kind.PAGE:
            return first
        if visitor is None or first:
            raise Unauthenticated("The session has ended: sign in again.")
        if visitor.role not in MAY_LOOK:
            raise Forbidden(_AUDITOR)
        return await _answer(request, kind, visitor)
    except MessageCentreError as error:
        if kind is Kind.PAGE:
            return refusal_page(request, error)
        return JSONResponse({"message": str(error)}, error.status)


async def _answer(request: Request, kind: Kind, visitor: Visitor) -> Response:
    ui, base = context().temporal_ui, _base(request)
    match kind:
        case Kind.PAGE:
            return await ui.page(base)
        case Kind.SETTINGS:
            return await ui.settings(base)
        case Kind.FILE | Kind.READ:
            return await _passed(request)
        case Kind.DECODE:
            return await _decoded(request, visitor)
        case Kind.WRITE:
            raise Forbidden("Temporal's pages only read here: act by the console.")
        case Kind.NOT_HERE:
            raise NotFound("This address of Temporal's is not shown here.")


async def _passed(request: Request) -> Response:
    if request.method != "GET":
        _check_own(request)
    query = request.scope["query_string"].decode()
    address = f"{_path(request)}?{query}" if query else _path(request)
    accepts = request.headers.get("accept-encoding", "identity")
    ui = context().temporal_ui
    return await ui.passed(request.method, address, accepts, await request.body())


async def _decoded(request: Request, visitor: Visitor) -> Response:
    _check_own(request)
    clear = await histories.revealed(
        context(),
        await request.body(),
        visitor.actor,
        seen_from(request.headers.get("referer"), _base(request)),
    )
    return Response(clear, media_type="application/json")


def _check_own(request: Request) -> None:
    """Refuse what a page of another origin makes a browser send.

    The cookie goes along from other ports of this host: they are the same site.
    """
    site = request.headers.get("sec-fetch-site")
    if site is None:  # not said over plain HTTP from another machine
        origin = urlsplit(request.headers.get("origin", "")).netloc
        public = urlsplit(context().settings.base_url).netloc
        own = origin in (request.headers.get("host"), public)
    else:
        own = site == "same-origin"
    if not own:
        raise Forbidden("Only the console's own pages may call this.")


def _base(request: Request) -> str:
    return f"{request.scope.get('root_path', '')}{PATH}"


def _path(request: Request) -> str:
    """Return the path below PATH as it was sent, percent-encoded."""
    raw: bytes = request.scope["raw_path"]
    return raw.decode("latin-1").removeprefix(_base(request))
