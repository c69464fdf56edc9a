"""What surrounds every request to the console: who asks, and safe headers."""

from contextvars import ContextVar

from nicegui import __version__
from starlette.datastructures import MutableHeaders
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

# NiceGUI's pages are Vue templates compiled in the browser, hence 'unsafe-eval',
# and hold inline scripts. Everything comes from this host: `connect-src` has the
# page's websocket.
_POLICY = "; ".join(
    (
        "default-src 'self'",
        "script-src 'self' 'unsafe-inline' 'unsafe-eval'",
        "style-src 'self' 'unsafe-inline'",
        "img-src 'self' data: blob:",
        "font-src 'self' data:",
        "connect-src 'self' ws: wss:",
        "object-src 'none'",
        "base-uri 'self'",
        "form-action 'self'",
        "frame-ancestors 'none'",
    )
)
_HEADERS = {
    "Content-Security-Policy": _POLICY,
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
}
_STATIC = f"/_nicegui/{__version__}/"
# NiceGUI says so itself, but not where it is mounted below another path.
_FOR_EVER = "public, max-age=31536000, immutable"

_asking: ContextVar[Request] = ContextVar("console_request")


def asking() -> Request:
    """Return the request that is being answered."""
    return _asking.get()


def answer_to(request: Request) -> None:
    """Make a request the one that is being answered, where the edge's word is lost.

    NiceGUI runs its middleware in a task of its own, and errors are answered outside.
    """
    _asking.set(request)


class ConsoleEdge:
    """ASGI middleware around the console's pages."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        _asking.set(Request(scope))
        is_static = _is_static(scope["path"])

        async def sent(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in _HEADERS.items():
                    headers.setdefault(name, value)
                keep = is_static and message["status"] == 200
                headers["Cache-Control"] = _FOR_EVER if keep else "no-store"
            await send(message)

        await self._app(scope, receive, sent)


def _is_static(path: str) -> bool:
    """Tell whether a path's content is named in it, by version or by hash."""
    ours = _STATIC in path and "/dynamic_resources/" not in path
    return ours or "/temporal/_app/immutable/" in path
