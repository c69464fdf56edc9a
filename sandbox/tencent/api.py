"""Tencent Cloud's gateway: one path, the action in a header, TC3 signatures.

Source: cloud.tencent.com document/api/382/52071 (signature v3) and 382/52060
(common error codes).
"""

import hashlib
import hmac
import re
from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Protocol

from starlette.requests import Request
from starlette.responses import Response

from core.sandbox_keys import KEY, SECRET
from sandbox.kit.answers import body_of
from sandbox.kit.context import Desk
from sandbox.tencent.answers import refused
from sandbox.tencent.sms import TencentSms
from sandbox.tencent.voice import TencentVoice

CLOCK_SKEW = timedelta(minutes=5)
_AUTHORIZATION = re.compile(
    r"TC3-HMAC-SHA256 Credential=([^/\s]+)/([0-9]{4}-[0-9]{2}-[0-9]{2})/([a-z]+)"
    r"/tc3_request,\s*SignedHeaders=([a-z0-9;\-]+),\s*Signature=([0-9a-f]{64})"
)
Action = Callable[[bytes], Awaitable[Response]]


class Service(Protocol):
    """One product behind the gateway."""

    name: str
    version: str

    def actions(self) -> Mapping[str, Action]: ...


class Tencent:
    """Checks what every call must have, then hands it to its product."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        services: list[Service] = [TencentSms(desk), TencentVoice(desk)]
        self._actions = {
            action: (service, handler)
            for service in services
            for action, handler in service.actions().items()
        }

    async def call(self, request: Request) -> Response:
        """Answer one signed call."""
        body = await body_of(request)
        headers = request.headers
        service, handler = self._action(headers.get("x-tc-action", ""))
        if headers.get("x-tc-version") != service.version:
            raise refused("NoSuchVersion")
        if not headers.get("x-tc-region"):
            raise refused("MissingParameter")
        if headers.get("content-type") != "application/json":
            raise refused("UnsupportedProtocol")
        self._check_signature(request, body, service.name)
        return await handler(body)

    def _action(self, name: str) -> tuple[Service, Action]:
        if name not in self._actions:
            raise refused("InvalidAction")
        return self._actions[name]

    def _check_signature(self, request: Request, body: bytes, service: str) -> None:
        """Refuse a call unless it is this account's, whole and timely."""
        found = _AUTHORIZATION.fullmatch(request.headers.get("authorization", ""))
        if found is None:
            raise refused("AuthFailure.InvalidAuthorization")
        key, date, scope, signed, signature = found.groups()
        if key != KEY:
            raise refused("AuthFailure.SecretIdNotFound")
        names = signed.split(";")
        if not {"content-type", "host"} <= {*names}:
            raise refused("AuthFailure.InvalidAuthorization")
        at = self._checked_time(request.headers.get("x-tc-timestamp", ""))
        if scope != service or date != f"{at:%Y-%m-%d}":
            raise refused("AuthFailure.SignatureFailure")
        ours = _signature(request, body, names, at, service)
        if not hmac.compare_digest(signature, ours):
            raise refused("AuthFailure.SignatureFailure")

    def _checked_time(self, timestamp: str) -> datetime:
        if not re.fullmatch(r"[0-9]{1,11}", timestamp):
            raise refused("AuthFailure.SignatureExpire")
        at = datetime.fromtimestamp(int(timestamp), UTC)
        if abs(self._desk.now() - at) > CLOCK_SKEW:
            raise refused("AuthFailure.SignatureExpire")
        return at


def _signature(
    request: Request, body: bytes, names: list[str], at: datetime, service: str
) -> str:
    """Sign the request again."""
    lines = [f"{name}:{request.headers.get(name, '').strip()}" for name in names]
    hashed = hashlib.sha256(body).hexdigest()
    canonical = "\n".join(["POST", "/", "", *lines, "", ";".join(names), hashed])
    scope = f"{at:%Y-%m-%d}/{service}/tc3_request"
    digest = hashlib.sha256(canonical.encode()).hexdigest()
    text = f"TC3-HMAC-SHA256\n{int(at.timestamp())}\n{scope}\n{digest}"
    key = f"TC3{SECRET}".encode()
    for step in (*scope.split("/"), text):
        key = hmac.new(key, step.encode(), hashlib.sha256).digest()
    return key.hex()
