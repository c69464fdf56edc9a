"""Aliyun's RPC gateway: one path, the action in a header, ACS3 signatures.

Wire format and codes: the vendor's SDK and help.aliyun.com 101346 (error
codes), "V3 request body & signature" (ACS3-HMAC-SHA256).
"""

import hashlib
import hmac
import re
from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Protocol
from urllib.parse import parse_qsl, quote

from starlette.requests import Request
from starlette.responses import Response

from core.sandbox_keys import KEY, SECRET
from sandbox.aliyun.answers import gateway_error
from sandbox.aliyun.sms import AliyunSms
from sandbox.aliyun.voice import AliyunVoice
from sandbox.kit.answers import Refusal, body_of
from sandbox.kit.context import Desk
from sandbox.kit.memory import Memory

CLOCK_SKEW = timedelta(minutes=15)
_NONCES = 200_000
_AUTHORIZATION = re.compile(
    r"ACS3-HMAC-SHA256 Credential=([^,\s]+),\s*SignedHeaders=([a-z0-9;\-]+),"
    r"\s*Signature=([0-9a-f]{64})"
)
_MUST_SIGN = (
    "host",
    "x-acs-action",
    "x-acs-content-sha256",
    "x-acs-date",
    "x-acs-signature-nonce",
    "x-acs-version",
)
Params = Mapping[str, str]


class Service(Protocol):
    """One product behind the gateway."""

    version: str

    def actions(self) -> Mapping[str, Callable[[Params], Awaitable[Response]]]: ...


class Aliyun:
    """Checks what every call must have, then hands it to its product."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        services: list[Service] = [AliyunSms(desk), AliyunVoice(desk)]
        self._actions = {
            action: (service.version, handler)
            for service in services
            for action, handler in service.actions().items()
        }
        self._nonces: Memory[bool] = Memory(_NONCES, desk.now)

    async def call(self, request: Request) -> Response:
        """Answer one signed call."""
        body = await body_of(request)
        self._check_signature(request, body)
        version, handler = self._actions.get(
            request.headers["x-acs-action"], ("", None)
        )
        if handler is None:
            raise _refusal("InvalidAction.NotFound", request)
        if request.headers["x-acs-version"] != version:
            raise _refusal("InvalidVersion", request)
        return await handler(_params(request, body))

    def _check_signature(self, request: Request, body: bytes) -> None:
        """Refuse a call unless it is this account's, whole, timely and new."""
        headers = request.headers
        found = _AUTHORIZATION.fullmatch(headers.get("authorization", ""))
        if found is None:
            raise _refusal("IncompleteSignature", request)
        key, signed, signature = found[1], found[2].split(";"), found[3]
        if key != KEY:
            raise _refusal("InvalidAccessKeyId.NotFound", request)
        if not {*_MUST_SIGN} <= {*signed} or not all(h in headers for h in signed):
            raise _refusal("IncompleteSignature", request)
        self._check_date(request)
        if headers["x-acs-content-sha256"] != hashlib.sha256(body).hexdigest():
            raise _refusal("SignatureDoesNotMatch", request)
        if not hmac.compare_digest(signature, _signature(request, signed)):
            raise _refusal("SignatureDoesNotMatch", request)
        self._use_nonce(request)

    def _check_date(self, request: Request) -> None:
        try:
            date = datetime.strptime(
                request.headers["x-acs-date"], "%Y-%m-%dT%H:%M:%SZ"
            ).replace(tzinfo=UTC)
        except ValueError:
            raise _refusal("InvalidTimeStamp.Format", request) from None
        if abs(self._desk.now() - date) > CLOCK_SKEW:
            raise _refusal("InvalidTimeStamp.Expired", request)

    def _use_nonce(self, request: Request) -> None:
        nonce = request.headers["x-acs-signature-nonce"]
        if self._nonces.recall(nonce):
            raise _refusal("SignatureNonceUsed", request)
        self._nonces.keep(nonce, True, 2 * CLOCK_SKEW)


def _refusal(code: str, request: Request) -> Refusal:
    return Refusal(gateway_error(code, host=request.headers.get("host", "")))


def _query(request: Request) -> list[tuple[str, str]]:
    raw: bytes = request.scope["query_string"]
    return parse_qsl(raw.decode("latin-1"), keep_blank_values=True)


def _params(request: Request, body: bytes) -> Params:
    """Return the parameters: from the query, or from a form in the body."""
    form = parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True)
    return dict([*_query(request), *form])


def _signature(request: Request, signed: list[str]) -> str:
    """Sign the request again.

    The query is decoded and encoded anew: what the vendor's SDK puts on the
    wire differs from what it signed (a space as `+`, a literal `:`).
    """
    pairs = sorted((_encoded(k), _encoded(v)) for k, v in _query(request))
    headers = request.headers
    canonical = "\n".join(
        [
            request.method,
            "/",
            "&".join(f"{k}={v}" for k, v in pairs),
            "".join(f"{name}:{headers[name].strip()}\n" for name in sorted(signed)),
            ";".join(sorted(signed)),
            headers["x-acs-content-sha256"],
        ]
    )
    digest = hashlib.sha256(canonical.encode()).hexdigest()
    text = f"ACS3-HMAC-SHA256\n{digest}"
    return hmac.new(SECRET.encode(), text.encode(), hashlib.sha256).hexdigest()


def _encoded(text: str) -> str:
    """Encode by RFC 3986, as the signature wants it."""
    return quote(text, safe="~")
