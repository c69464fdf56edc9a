"""Every error as application/problem+json (RFC 9457); it repeats none of the input."""

import math
import re
from collections.abc import Mapping, Sequence
from datetime import timedelta
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, Response
from starlette.exceptions import HTTPException
from starlette.types import Receive, Scope, Send

from api.http.refusals import refusal
from core.errors import Invalid, MessageCentreError, NotFound, Unauthenticated
from core.words import IdentityType

MEDIA_TYPE = "application/problem+json"
REQUEST_ID = "hmc.request_id"
NOWHERE = "There is nothing at this address."
_TYPE = "urn:hospital-message-centre:problem:"
_SERVER_ERROR = HTTPStatus.INTERNAL_SERVER_ERROR
# A batch with a wrong field has it ten thousand times.
_MOST_TOLD = 100
# A place's name is repeated where it may be one of ours, not a value in disguise.
_NAME = re.compile(r"[^\W\d](?:(?!\d{5})[\w\-]){0,63}|\d{1,4}")
_IDENTITIES = frozenset(map(str, IdentityType))


def problem(
    request_id: str,
    status: int,
    title: str,
    detail: str,
    headers: Mapping[str, str] | None = None,
    **extensions: Any,
) -> JSONResponse:
    """Return one problem document, with extension members where given."""
    body = {
        "type": _TYPE + title.lower().replace(" ", "-"),
        "title": title,
        "status": status,
        "detail": detail,
        "instance": f"urn:uuid:{request_id}",
    }
    return JSONResponse(
        body | extensions, status, headers=headers, media_type=MEDIA_TYPE
    )


def problem_of(error: MessageCentreError, request_id: str) -> JSONResponse:
    """Return the problem document of one of our errors."""
    if error.status == _SERVER_ERROR:
        return internal(request_id)
    places: dict[str, Any] = {}
    if isinstance(error, Invalid) and error.errors:
        found = [(safe_pointer(w.pointer), w.detail) for w in error.errors]
        places["errors"] = [{"pointer": p, "detail": d} for p, d in found]
    headers = _headers(error)
    return problem(request_id, error.status, error.title, str(error), headers, **places)


def internal(request_id: str) -> JSONResponse:
    """Return the answer for what should not happen; the log has the rest."""
    detail = "Something went wrong here; the log knows it by this instance."
    return problem(request_id, 500, MessageCentreError.title, detail)


async def send_problem(
    scope: Scope, receive: Receive, send: Send, error: MessageCentreError
) -> None:
    """Answer with a problem from below the application."""
    answer = problem_of(error, scope.get(REQUEST_ID, ""))
    await answer(scope, receive, send)


def install(app: FastAPI, methods_of: Mapping[re.Pattern[str], set[str]]) -> None:
    """Let this app answer our errors, the framework's and the router's.

    `methods_of` tells, for each path, which methods it has (for `Allow`), the path
    that is meant first.
    """

    async def ours(request: Request, error: Exception) -> Response:
        assert isinstance(error, MessageCentreError)
        return problem_of(error, request_id(request))

    async def refused(request: Request, error: Exception) -> Response:
        assert isinstance(error, RequestValidationError)
        return _refused(error, request_id(request))

    async def router(request: Request, error: Exception) -> Response:
        assert isinstance(error, HTTPException)
        path = request.scope["path"]
        found = (methods for known, methods in methods_of.items() if known.match(path))
        allowed = next(found, set())
        return _router(error.status_code, allowed, request_id(request))

    app.add_exception_handler(MessageCentreError, ours)
    app.add_exception_handler(RequestValidationError, refused)
    app.add_exception_handler(HTTPException, router)


def request_id(request: Request) -> str:
    """Return the id under which the log knows this request."""
    return str(request.scope.get(REQUEST_ID, ""))


def safe_pointer(pointer: str) -> str:
    """Return a JSON pointer in which only names, never values, are repeated."""
    parts = pointer.split("/")[1:]
    shown = [p if _NAME.fullmatch(p) else "-" for p in parts]
    if "identities" in shown[:-1]:
        index = shown.index("identities") + 1
        shown[index] = shown[index] if shown[index] in _IDENTITIES else "-"
    return "".join(f"/{part}" for part in shown)


def _headers(error: MessageCentreError) -> dict[str, str]:
    headers: dict[str, str] = {}
    pause: timedelta | None = getattr(error, "retry_after", None)
    if pause is not None:
        headers["Retry-After"] = str(max(1, math.ceil(pause.total_seconds())))
    if isinstance(error, Unauthenticated):
        headers["WWW-Authenticate"] = "Bearer"
    if error.status in (408, 413, 431) or getattr(error, "closes", False):
        headers["Connection"] = "close"
    return headers


def _refused(error: RequestValidationError, request_id: str) -> JSONResponse:
    """Answer what FastAPI refused: 404 for a path, 422 for anything else."""
    found = error.errors()[:_MOST_TOLD]
    wrong = [place for place in found if not _follows(place, found)]
    if any(place["loc"][:1] == ("path",) for place in wrong):
        return problem_of(NotFound(NOWHERE), request_id)
    errors = [_place(place["loc"]) | {"detail": refusal(place)} for place in wrong]
    detail = "The request was refused; see `errors`."
    return problem(
        request_id, 422, Invalid.title, detail, errors=_without_repeats(errors)
    )


def _follows(place: Mapping[str, Any], others: Sequence[Mapping[str, Any]]) -> bool:
    """Tell whether a list is only too short because its items were refused."""
    loc = place["loc"]
    return place["type"] == "too_short" and any(
        other["loc"][: len(loc)] == loc and len(other["loc"]) > len(loc)
        for other in others
    )


def _place(loc: Sequence[str | int]) -> dict[str, str]:
    """Say where: a pointer into the body, or to a parameter of the query."""
    where, *rest = loc
    if where == "body":
        names = (str(part) for part in rest if part != "[key]")
        escaped = (n.replace("~", "~0").replace("/", "~1") for n in names)
        return {"pointer": safe_pointer("".join(f"/{name}" for name in escaped))}
    name = str(rest[0]) if rest else ""
    return {"pointer": safe_pointer(f"/{name}"), "in": str(where)}


def _without_repeats(errors: list[dict[str, str]]) -> list[dict[str, str]]:
    return [e for n, e in enumerate(errors) if e not in errors[:n]]


def _router(status: int, allowed: set[str], request_id: str) -> JSONResponse:
    title = "Not found" if status == 404 else HTTPStatus(status).phrase.capitalize()
    if status >= _SERVER_ERROR:
        return internal(request_id)
    if status == HTTPStatus.METHOD_NOT_ALLOWED:
        headers = {"Allow": ", ".join(sorted(allowed))}
        detail = "This address does not take this method."
        return problem(request_id, status, title, detail, headers)
    detail = NOWHERE if status == 404 else "The request could not be read."
    return problem(request_id, status, title, detail)
