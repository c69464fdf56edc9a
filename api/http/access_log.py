"""The outermost layer: a request id, the access log, figures, safe headers.

No exception passes it: what nobody expected becomes a 500 without a detail,
and one log line with ids only. HEAD is answered as GET without the body
(RFC 9110 section 9.3.2).
"""

import re
import time
from collections.abc import Mapping
from uuid import UUID, uuid4

import structlog
from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.http.forwarding import Forwarding
from api.http.metrics import Metrics
from api.http.problems import REQUEST_ID, internal
from core.fields import CODE
from core.process.caps import Cap
from core.process.logs import describe

# In the scope of a request whose caller has shown who it is.
KNOWN = "hmc.known"
_log = structlog.get_logger("api")
_HEADERS = {
    "Cache-Control": "no-store",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "X-Frame-Options": "DENY",
}
# Lines a minute of requests whose caller is not known, by address and in all.
_EACH_STRANGER, _ALL_STRANGERS = 60, 1200
# Path parameters that are ids of ours; others may be a person's number.
_LOGGED = ("message_id", "code", "client")
# Anybody may put something else in their place.
_CODE = re.compile(r"(?!.*\d{5})" + CODE)


class Edge:
    """ASGI middleware around everything else."""

    def __init__(self, app: ASGIApp, metrics: Metrics, forwarding: Forwarding) -> None:
        self._app = app
        self._metrics = metrics
        self._forwarding = forwarding
        self._strangers = Cap(_EACH_STRANGER, _ALL_STRANGERS, _tell_left_out)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        scope[REQUEST_ID] = str(uuid4())
        self._forwarding.note(scope)
        method = scope["method"]
        answer = _Answer(send, scope[REQUEST_ID], bare=method == "HEAD")
        inner = {**scope, "method": "GET"} if answer.bare else scope
        began = time.perf_counter()
        try:
            await self._app(inner, receive, answer.send)
        except Exception as error:
            await self._failed(inner, receive, answer, error)
        finally:
            seconds = time.perf_counter() - began
            self._note(inner, method, answer.status, seconds)

    async def _failed(
        self, scope: Scope, receive: Receive, answer: "_Answer", error: Exception
    ) -> None:
        _log.error("unexpected", request_id=scope[REQUEST_ID], **describe(error))
        if answer.status:
            raise error
        await internal(scope[REQUEST_ID])(scope, receive, answer.send)

    def _note(self, scope: Scope, method: str, status: int, seconds: float) -> None:
        route = route_of(scope)
        self._metrics.request(method, route, status, seconds)
        if not (scope.get(KNOWN) or self._strangers.lets(_kind(scope, status))):
            return
        _log.info(
            "request",
            request_id=scope[REQUEST_ID],
            method=method[:16],
            route=route,
            status=status,
            ms=round(seconds * 1000, 1),
            **_ids(scope.get("path_params", {})),
        )


class _Answer:
    """Sends an answer on, its body unless `bare`; notes its status, adds headers."""

    def __init__(self, send: Send, request_id: str, bare: bool) -> None:
        self._send = send
        self._request_id = request_id
        self.bare = bare
        self.status = 0

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            headers = MutableHeaders(scope=message)
            headers["X-Request-Id"] = self._request_id
            for name, value in _HEADERS.items():
                headers.setdefault(name, value)
        elif self.bare and message["type"] == "http.response.body":
            message = {**message, "body": b""}
        await self._send(message)


def route_of(scope: Scope) -> str:
    """Return the route's template: the path itself may name a person."""
    return str(getattr(scope.get("route"), "path_format", "-"))


def _kind(scope: Scope, status: int) -> str:
    """Return what is counted together: whose, and how it went."""
    address = (scope.get("client") or ("",))[0]
    return f"{address} {status // 100}"


def _tell_left_out(count: int) -> None:
    _log.info("requests.left_out", count=count)


def _ids(params: Mapping[str, object]) -> dict[str, str]:
    found = {name: params[name] for name in _LOGGED if name in params}
    return {n: str(v) for n, v in found.items() if _is_id(v)}


def _is_id(value: object) -> bool:
    return isinstance(value, UUID) or _CODE.fullmatch(str(value)) is not None
