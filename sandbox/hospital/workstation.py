"""The gateway of the hospital's workstations: a signed webhook of our own.

`X-MC-Id` (the duplicate key), `X-MC-Timestamp` (Unix seconds) and
`X-MC-Signature: v1=hex(hmac_sha256(secret, "id.timestamp.body"))`.
"""

import hashlib
import hmac
import json
import re
from collections.abc import Callable, Mapping
from datetime import timedelta
from functools import partial

import httpx
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute

from core.sandbox_keys import SECRET
from core.words import Channel
from sandbox.kit.answers import Json, Refusal, answering, body_of, json_object
from sandbox.kit.book import Entry
from sandbox.kit.context import Provider
from sandbox.kit.outcomes import Outcome
from sandbox.kit.receipts import Push

PATH = "/workstation/messages"
CLOCK_SKEW = timedelta(minutes=5)
SEEN_FOR = timedelta(hours=24)
_SHOWN = ("title", "body")
_LEVELS = frozenset({"critical", "high", "normal", "bulk"})


def _no(status: int, error: str, headers: Mapping[str, str] | None = None) -> Response:
    return Json({"error": error}, status_code=status, headers=dict(headers or {}))


REFUSALS: Mapping[Outcome, Callable[[], Response]] = {
    Outcome.REJECT: lambda: _no(422, "content refused"),
    Outcome.INVALID_RECIPIENT: lambda: _no(410, "no such workstation"),
    Outcome.UNSUBSCRIBED: lambda: _no(410, "nobody is signed in there"),
    Outcome.RATE_LIMIT: lambda: _no(429, "slow down", {"retry-after": "1"}),
    Outcome.SERVER_ERROR: lambda: _no(503, "not available"),
    Outcome.EXPIRED_TOKEN: lambda: _no(401, "timestamp out of range"),
}


class Workstation(Provider):
    """Takes pop-ups, each id once."""

    def routes(self) -> list[BaseRoute]:
        """Return the webhook's path."""
        return [answering(PATH, "POST", self.take)]

    async def take(self, request: Request) -> Response:
        """Take one pop-up."""
        raw = await body_of(request)
        self._check_signature(request, raw)
        body = json_object(raw)
        if body is None:
            raise Refusal(_no(400, "not a JSON object"))
        recipient = _checked(body, request.headers["x-mc-id"])
        outcome = await self.desk.decide(Channel.WORKSTATION, "workstation", recipient)
        return self.desk.answer(
            outcome, REFUSALS, lambda: self._enter(recipient, body, outcome)
        )

    def _enter(
        self, recipient: str, body: dict[str, object], outcome: Outcome
    ) -> Response:
        entry = Entry(
            channel=Channel.WORKSTATION,
            provider="workstation",
            recipient=recipient,
            at=self.desk.now(),
            provider_message_id=str(body["id"]),
            outcome=outcome,
            request={"path": PATH, "body": body},
        )
        if self.desk.book.enter_once(entry, body["id"], SEEN_FOR) is not entry:
            return _no(409, "already received")
        if outcome is not Outcome.NO_RECEIPT:
            acknowledge = partial(self._acknowledge, entry)
            self.desk.receipts.later(Channel.WORKSTATION, acknowledge)
        return Json({"id": body["id"], "status": "received"})

    def _acknowledge(self, entry: Entry) -> Push:
        """Return what the workstation reports, signed as the centre's calls are."""
        failed = entry.outcome is Outcome.RECEIPT_FAILED
        now = self.desk.now()
        ack = {
            "type": "ack",
            "id": entry.provider_message_id,
            "stage": "rejected" if failed else "displayed",
            "user": "sandbox",
            "at": now.isoformat(),
        }
        body = json.dumps(ack).encode()
        timestamp = str(int(now.timestamp()))
        headers = {
            "x-mc-id": entry.provider_message_id,
            "x-mc-timestamp": timestamp,
            "x-mc-signature": _signature(entry.provider_message_id, timestamp, body),
        }
        return Push(body, "application/json", _taken, (1.0,), headers=headers)

    def _check_signature(self, request: Request, raw: bytes) -> None:
        """Refuse what the centre did not sign within the last minutes."""
        id, timestamp, given = (
            request.headers.get(f"x-mc-{name}", "")
            for name in ("id", "timestamp", "signature")
        )
        if not id or not re.fullmatch(r"[0-9]{1,12}", timestamp):
            raise Refusal(_no(401, "signature headers missing"))
        right = _signature(id, timestamp, raw)
        if not hmac.compare_digest(given.encode(), right.encode()):
            raise Refusal(_no(401, "signature does not match"))
        age = abs(self.desk.now().timestamp() - int(timestamp))
        if age > CLOCK_SKEW.total_seconds():
            raise Refusal(_no(401, "timestamp out of range"))


def _signature(id: str, timestamp: str, body: bytes) -> str:
    signed = f"{id}.{timestamp}.".encode() + body
    return f"v1={hmac.new(SECRET.encode(), signed, hashlib.sha256).hexdigest()}"


def _taken(answer: httpx.Response) -> bool:
    return answer.status_code == 200


def _checked(body: Mapping[str, object], id: str) -> str:
    """Return whose pop-up it is, where every field is as a workstation wants it."""
    recipient = body.get("recipient")
    value = recipient.get("value") if isinstance(recipient, dict) else None
    texts = [body.get(name) for name in _SHOWN]
    if (
        body.get("type") != "msg"
        or body.get("id") != id
        or body.get("level") not in _LEVELS
        or not isinstance(body.get("need_ack"), bool)
        or not isinstance(value, str)
        or not value
        or not all(isinstance(text, str) and text for text in texts)
    ):
        raise Refusal(_no(400, "a field is missing or wrong"))
    return value
