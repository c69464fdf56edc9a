"""Post a status change to the client system, by Standard Webhooks 1.0."""

import asyncio
import json
import socket
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from ipaddress import ip_address

import httpx
from standardwebhooks.webhooks import Webhook
from temporalio import activity

from centre.clients import queries as clients
from centre.clients.allowlist import IPAddress, Target, admits, target
from centre.delivery.contracts import Notice
from core.clock import utc_now
from core.errors import CallbackFailed
from core.words import Priority
from db.store import Store

_TIMEOUT = 15.0
# The pauses before the second try, the third ... (Standard Webhooks, with
# quicker ones first for critical messages).
_PAUSES = [5, 300, 1800, 7200, 18_000, 36_000, 50_400, 72_000, 86_400]
_CRITICAL_PAUSES = [2, 10, 30, 120, 600, 7200, 18_000, 36_000, 86_400]

Resolve = Callable[[Target], Awaitable[list[IPAddress]]]


async def resolve(where: Target) -> list[IPAddress]:
    """Return the addresses of a host."""
    loop = asyncio.get_running_loop()
    found = await loop.getaddrinfo(where.host, where.port, type=socket.SOCK_STREAM)
    return [ip_address(sockaddr[0]) for *_, sockaddr in found]


@dataclass(frozen=True)
class NotifyActivities:
    """Calls to client systems, each inside the client's own allow-list."""

    store: Store
    http: httpx.AsyncClient
    resolve: Resolve = resolve

    @activity.defn
    async def notify(self, notice: Notice) -> None:
        """Tell the client once; only a 2xx is success."""
        async with self.store.sessions() as session:
            known = await clients.callback_of(session, notice.client)
        if known is None:
            return
        callback, secret = known
        where = target(callback.url)
        address = await self._allowed_address(where, callback.allow)
        request = self._request(notice, callback.url, where, address, secret)
        try:
            async with asyncio.timeout(_TIMEOUT):
                response = await self.http.send(request, stream=True)
                await response.aclose()
        except (httpx.HTTPError, TimeoutError):
            raise _later(notice, "the client did not answer") from None
        if not response.is_success:
            raise _later(notice, f"the client answered {response.status_code}")

    async def _allowed_address(
        self, where: Target, allow: tuple[str, ...]
    ) -> IPAddress:
        """Resolve once and check what came out: the name could lead elsewhere."""
        try:
            found = await self.resolve(where)
        except OSError:
            raise CallbackFailed("the callback's host is not known") from None
        for address in found:
            if admits(allow, where, address):
                return address
        raise CallbackFailed("the callback lies outside the client's allow-list")

    def _request(
        self,
        notice: Notice,
        url: str,
        where: Target,
        address: IPAddress,
        secret: str,
    ) -> httpx.Request:
        """Build the signed request, bound for the very address that was checked."""
        now = utc_now()
        body = json.dumps(_body(notice, now), separators=(",", ":"))
        webhook_id = f"msg_{notice.message_id.hex}_{notice.run}_{notice.status}"
        return self.http.build_request(
            "POST",
            httpx.URL(url).copy_with(host=str(address)),
            content=body.encode(),
            headers={
                "Host": httpx.URL(url).netloc.decode(),
                "Content-Type": "application/json",
                "webhook-id": webhook_id,
                "webhook-timestamp": str(int(now.timestamp())),
                "webhook-signature": Webhook(secret).sign(webhook_id, now, body),
            },
            extensions={"sni_hostname": where.host},
        )


def _body(notice: Notice, now: datetime) -> dict[str, object]:
    return {
        "type": f"message.{notice.status}",
        "timestamp": now.isoformat(timespec="milliseconds"),
        "data": {
            "id": str(notice.message_id),
            "reference": notice.reference,
            "status": notice.status,
        },
    }


def _later(notice: Notice, detail: str) -> CallbackFailed:
    critical = notice.priority is Priority.CRITICAL
    pauses = _CRITICAL_PAUSES if critical else _PAUSES
    tried = activity.info().attempt
    pause = pauses[min(tried, len(pauses)) - 1]
    return CallbackFailed(detail, retry_after=timedelta(seconds=pause))
