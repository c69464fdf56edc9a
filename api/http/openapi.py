"""The OpenAPI document: every error status of every operation, as problem+json."""

from collections.abc import Iterator
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from fastapi.responses import HTMLResponse

from api.pages import page

DESCRIPTION = (
    "One service through which every system of a hospital reaches patients and staff."
    " A system asks for a message; the centre works out who the person is and which"
    " channels fit, tries them in the hospital's order, stops when one has reached the"
    " person, and can always say what happened."
)
_PROBLEM = {"$ref": "#/components/schemas/Problem"}
_RETRY = {
    "Retry-After": {"description": "Seconds to wait.", "schema": {"type": "integer"}}
}
_ALWAYS = {
    400: "Malformed: bytes, characters or encoding",
    404: "There is no such thing, or not for this caller",
    422: "Understood and refused; `errors` names the places",
    431: "Too many header fields",
    500: "Something went wrong here",
    503: "Something the centre needs is down; nothing was changed",
}
_GONE = "The message was taken back or cancelled, or has expired"
_WITH_TOKEN = {
    401: "No valid token",
    403: "This token may not do this",
    429: "The caller's rate is used up",
}
_WITH_BODY = {
    408: "The body took too long to arrive",
    409: "The state of the thing does not allow it",
    413: "The body is too large",
    415: "The body is not JSON in UTF-8",
    429: "Too many attempts",
}
_SCHEMA: dict[str, Any] = {
    "title": "Problem",
    "description": "An error (RFC 9457); it never repeats what was sent.",
    "type": "object",
    "required": ["type", "title", "status", "detail", "instance"],
    "properties": {
        "type": {"type": "string", "format": "uri"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "instance": {"type": "string", "format": "uri"},
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["pointer", "detail"],
                "properties": {
                    "pointer": {"type": "string", "description": "RFC 6901"},
                    "in": {"type": "string", "description": "Where not the body."},
                    "detail": {"type": "string"},
                },
            },
        },
    },
}
# A recipient reads a page, not a problem document.
_PAGE = {"content": {"text/html": {"schema": {"type": "string"}}}}
_METHODS = ("get", "post", "put", "patch", "delete")


def build(app: FastAPI) -> dict[str, Any]:
    """Return the application's document; made once."""
    if app.openapi_schema is None:
        document = get_openapi(
            title=app.title,
            version=app.version,
            description=DESCRIPTION,
            routes=app.routes,
        )
        _declare_errors(document)
        app.openapi_schema = document
    return app.openapi_schema


def docs_page(document: dict[str, Any]) -> HTMLResponse:
    """Return a page that lists the operations, with nothing from elsewhere."""
    groups: dict[str, list[dict[str, str]]] = {}
    for method, path, operation in _operations(document):
        entry = {
            "method": method.upper(),
            "path": path,
            "text": operation.get("description", ""),
        }
        groups.setdefault(operation["tags"][0], []).append(entry)
    info = document["info"]
    return page(
        "docs.html",
        title=info["title"],
        description=info["description"],
        groups=list(groups.items()),
    )


def _declare_errors(document: dict[str, Any]) -> None:
    for method, path, operation in _operations(document):
        if path.startswith(("/health", "/metrics", "/m/", "/ward")):
            statuses = {s: _ALWAYS[s] for s in (400, 404, 431, 500, 503)}
            if path == "/metrics":
                statuses[403] = "Not from this address"
        else:
            statuses = dict(_ALWAYS)
            if path != "/v1/token":
                statuses |= _WITH_TOKEN
            if method != "get":
                statuses |= _WITH_BODY
        operation["responses"].pop("422", None)  # the framework's, not ours
        if path.startswith("/m/"):
            operation["responses"] |= {
                str(s): _PAGE | {"description": _ALWAYS[s]} for s in (404, 503)
            }
            operation["responses"]["410"] = _PAGE | {"description": _GONE}
        for status, text in statuses.items():
            _declare(operation["responses"], status, text)
    schemas = document.setdefault("components", {}).setdefault("schemas", {})
    schemas["Problem"] = _SCHEMA
    schemas.pop("HTTPValidationError", None)
    schemas.pop("ValidationError", None)


def _declare(responses: dict[str, Any], status: int, text: str) -> None:
    """Add a problem to an operation, beside an answer of its own if it has one."""
    own = responses.get(str(status), {})
    content = own.get("content", {}) | {
        "application/problem+json": {"schema": _PROBLEM}
    }
    declared = {"description": own.get("description", text), "content": content}
    if status in (429, 503):
        declared["headers"] = _RETRY
    responses[str(status)] = declared


def _operations(
    document: dict[str, Any],
) -> Iterator[tuple[str, str, dict[str, Any]]]:
    for path, methods in document["paths"].items():
        for method in _METHODS:
            if method in methods:
                yield method, path, methods[method]
