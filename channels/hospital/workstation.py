"""Workstation pop-ups: our own signed webhook to the hospital's workstations.

The receiver gets each delivery with its id and drops one it has seen:
`X-MC-Id`, `X-MC-Timestamp` (Unix seconds) and
`X-MC-Signature: v1=hex(hmac_sha256(secret, "id.timestamp.body"))`.
"""

import hashlib
import hmac
from datetime import timedelta
from typing import ClassVar, Self

import httpx
from pydantic import SecretStr

from channels.base import Acceptance, Sender, Sending
from channels.hospital.socket import SocketSender
from channels.kit.clip import clip
from channels.kit.codes import CodeTable, classes
from channels.kit.http import Answer, ProviderHttp, Slots, deadline, to_json
from channels.kit.times import Clock
from channels.provider import Provider, SandboxPorts, Tools
from core.base import Model
from core.clock import utc_now
from core.errors import (
    ContentRefused,
    Misconfigured,
    ProviderDown,
    RateLimited,
    RecipientRefused,
)
from core.sandbox_keys import SECRET
from core.text.letters import one_line
from core.words import Channel, Priority

PATH = "/workstation/messages"
_SEEN = 409
_UNAUTHENTICATED = 401
_NO_CONTENT = 204

# Every 5xx may be repeated, the gateways' too: the receiver knows the id.
# Another 4xx means a wrong address or secret.
STATUSES = CodeTable(
    provider="workstation",
    classes=classes(
        {
            RecipientRefused: "410",
            RateLimited: "429",
            ContentRefused: "400 413 415 422",
            ProviderDown: "408",
            Misconfigured: "401 403 404 405",
        }
    ),
    prefixes={"5": ProviderDown},
    unknown=Misconfigured,
)


def signature(secret: str, id: str, timestamp: str, body: bytes) -> str:
    """Return the value of X-MC-Signature."""
    signed = f"{id}.{timestamp}.".encode() + body
    return f"v1={hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest()}"


class WorkstationAccount(Model):
    """The gateway of the hospital's workstations."""

    base_url: str
    secret: SecretStr

    @classmethod
    def sandbox(cls, ports: SandboxPorts) -> Self:
        """Return the account that the sandbox knows."""
        return cls(base_url=ports.url, secret=SecretStr(SECRET))


class WorkstationSender:
    """Posts pop-ups to the workstations' gateway."""

    channel: ClassVar[Channel] = Channel.WORKSTATION
    provider: ClassVar[str] = "workstation"
    dedupe_window: ClassVar[timedelta | None] = timedelta(hours=24)

    def __init__(
        self,
        account: WorkstationAccount,
        http: httpx.AsyncClient,
        clock: Clock = utc_now,
    ) -> None:
        self._account = account
        self._line = ProviderHttp(self.provider, http, clock)
        self._slots = Slots(self.provider, 20)

    async def send(self, sending: Sending) -> Acceptance:
        """Post one pop-up."""
        body = to_json(payload(sending))
        async with self._slots.one():
            until = deadline()
            answer = await self._post(sending, body, until)
            if answer.status == _UNAUTHENTICATED:
                # Perhaps a timestamp grown old on the way: once more, signed anew.
                answer = await self._post(sending, body, until)
        if answer.status == _SEEN:
            return Acceptance(
                provider=self.provider, provider_message_id=str(sending.id)
            )
        self._line.check(answer, STATUSES)
        if answer.status != _NO_CONTENT:
            self._line.json_object(answer)
        return Acceptance(provider=self.provider, provider_message_id=str(sending.id))

    async def _post(self, sending: Sending, body: bytes, until: float) -> Answer:
        id = str(sending.id)
        timestamp = str(int(self._line.clock().timestamp()))
        secret = self._account.secret.get_secret_value()
        headers = {
            "Content-Type": "application/json",
            "X-MC-Id": id,
            "X-MC-Timestamp": timestamp,
            "X-MC-Signature": signature(secret, id, timestamp, body),
        }
        url = self._account.base_url.rstrip("/") + PATH
        return await self._line.call(
            "POST", url, until=until, headers=headers, content=body
        )


def _open(account: WorkstationAccount, tools: Tools) -> Sender:
    """Return the gateway's sender, behind our own workstations' where we have any."""
    gateway = WorkstationSender(account, tools.http, tools.clock)
    return SocketSender(tools.popups, lambda: gateway) if tools.popups else gateway


PROVIDER = Provider(
    WorkstationSender,
    WorkstationAccount,
    _open,
    WorkstationAccount.sandbox,
)


def payload(sending: Sending) -> dict[str, object]:
    """Return what a workstation shows, and for whom."""
    return {
        "type": "msg",
        "id": str(sending.id),
        "message_id": str(sending.message_id),
        "recipient": {
            "type": sending.address.type.value,
            "value": sending.address.value,
        },
        "level": sending.priority.value,
        "title": sending.content.title or clip(one_line(sending.content.body), 64),
        "body": sending.content.body,
        "link": sending.content.link,
        "need_ack": sending.priority is Priority.CRITICAL,
    }
