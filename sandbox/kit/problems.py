"""Errors of the control paths as application/problem+json (RFC 9457)."""

from collections.abc import Sequence
from http import HTTPStatus

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse, Response


def _problem(
    request: Request,
    status: int,
    detail: str,
    errors: Sequence[dict[str, str]] = (),
    headers: dict[str, str] | None = None,
) -> Response:
    body: dict[str, object] = {
        "type": "about:blank",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "detail": detail,
        "instance": request.url.path,
    }
    if errors:
        body["errors"] = errors
    return JSONResponse(
        body, status, media_type="application/problem+json", headers=headers
    )


async def _http(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    headers = dict(error.headers or {})
    return _problem(request, error.status_code, str(error.detail), headers=headers)


async def _invalid(request: Request, error: Exception) -> Response:
    """Name every wrong place, and never repeat what stood there."""
    assert isinstance(error, RequestValidationError)
    found = error.errors()
    if any(place["type"] == "json_invalid" for place in found):
        return _problem(request, 400, "The body is not JSON.")
    errors = [
        {"pointer": _pointer(place["loc"]), "detail": str(place["msg"])}
        for place in found
    ]
    return _problem(request, 422, "The request was refused; see `errors`.", errors)


def _pointer(loc: Sequence[int | str]) -> str:
    steps = loc[1:] if loc and loc[0] == "body" else loc
    return "".join(
        "/" + str(step).replace("~", "~0").replace("/", "~1") for step in steps
    )


def install(app: FastAPI) -> None:
    """Let this app answer errors as problems."""
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(RequestValidationError, _invalid)
