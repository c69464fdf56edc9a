"""Pages for people: plain HTML, every value escaped, scripts of ours alone."""

import base64
import hashlib
from functools import cache
from pathlib import Path
from typing import Any

from fastapi.responses import HTMLResponse
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

_FOLDER = Path(__file__).parent


def page(
    name: str,
    status: int = 200,
    *,
    style: str = "style.css",
    script: str | None = None,
    **values: Any,
) -> HTMLResponse:
    """Return a page from our own templates; tenants' texts are only values.

    With a script of ours the page may speak to this server, and to no other.
    """
    looks, acts = _file(style), _file(script) if script else ""
    html = _environment().get_template(name)
    text = html.render(style=Markup(looks), script=Markup(acts), **values)
    return HTMLResponse(text, status, {"Content-Security-Policy": _policy(looks, acts)})


@cache
def _environment() -> Environment:
    loader = FileSystemLoader(_FOLDER)
    return Environment(loader=loader, autoescape=True, undefined=StrictUndefined)


@cache
def _file(name: str) -> str:
    return (_FOLDER / name).read_text(encoding="utf-8")


def _policy(style: str, script: str) -> str:
    """Allow this one style sheet and script, and nothing else from anywhere."""
    acts = f" script-src {_digest(script)}; connect-src 'self';" if script else ""
    return (
        f"default-src 'none'; style-src {_digest(style)};{acts} base-uri 'none';"
        " form-action 'none'; frame-ancestors 'none'"
    )


def _digest(text: str) -> str:
    digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
    return f"'sha256-{digest}'"
