"""Pages for people: plain HTML without scripts, every value escaped."""

import base64
import hashlib
from functools import cache
from pathlib import Path
from typing import Any

from fastapi.responses import HTMLResponse
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

_FOLDER = Path(__file__).parent


def page(name: str, status: int = 200, **values: Any) -> HTMLResponse:
    """Return a page from our own templates; tenants' texts are only values."""
    style = _style()
    html = _environment().get_template(name).render(style=Markup(style), **values)
    return HTMLResponse(html, status, {"Content-Security-Policy": _policy(style)})


@cache
def _environment() -> Environment:
    loader = FileSystemLoader(_FOLDER)
    return Environment(loader=loader, autoescape=True, undefined=StrictUndefined)


@cache
def _style() -> str:
    return (_FOLDER / "style.css").read_text(encoding="utf-8")


def _policy(style: str) -> str:
    """Allow this one style sheet, and nothing else from anywhere."""
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    return (
        f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none';"
        " form-action 'none'; frame-ancestors 'none'"
    )
