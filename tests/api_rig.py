"""The API over a real SQLite store, with the workflows replaced at their seam."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import httpx
from fastapi import FastAPI

from api.app import create_app
from api.centre import Centre
from core import progress
from core.crypto import Keyring
from core.errors import Conflict, Unavailable
from core.models import (
    Acknowledgement,
    Cancel,
    Message,
    MessageStatus,
    Policy,
    RecallOrder,
    Receipt,
    Resend,
    WeightedChannel,
    task_queue,
)
from core.plan import narrow
from core.settings import Settings
from core.words import Channel, Outcome, Role, Scope, Status
from operations.queues import QueueFigures
from store import catalog, clients, messages, templates, users
from store.audit import Actor
from store.catalog import MessageTypeDraft
from store.clients import ClientDraft, NewClient
from store.templates import TemplateDraft
from store.users import UserDraft
from workflows.start import Started, replay

SETUP = Actor(who="setup")
PASSWORD = "correct horse battery"
BODY: dict[str, Any] = {
    "type": "exam-booking",
    "recipient": {"identities": {"mobile": "13800138000"}, "name": "张三"},
    "params": {"exam": "CT", "place": "2 号楼"},
}
Headers = dict[str, str]
Order = Acknowledgement | Cancel | Receipt | Resend


@dataclass
class FakeDeliveries:
    """Workflows in memory: what Temporal promises, and how it can be away."""

    down: bool = False
    silent: bool = False
    accepted: dict[UUID, Message] = field(default_factory=dict)
    docs: dict[UUID, MessageStatus] = field(default_factory=dict)
    ended: set[UUID] = field(default_factory=set)
    orders: list[tuple[str, UUID, Order]] = field(default_factory=list)
    recalls: list[RecallOrder] = field(default_factory=list)
    served: dict[str, int] = field(default_factory=dict)

    def _reach(self) -> None:
        if self.down:
            raise Unavailable("Temporal does not answer.")

    async def start(self, message: Message) -> Started:
        self._reach()
        first = self.accepted.get(message.id)
        if first is not None:
            return replay(first, message)
        self.accepted[message.id] = message
        self.docs[message.id] = progress.begin(message)
        return Started(message=message, replayed=False)

    async def status_of(self, message_id: UUID) -> MessageStatus | None:
        return None if self.down or self.silent else self.docs.get(message_id)

    async def accepted_message(self, message_id: UUID) -> Message | None:
        self._reach()
        return self.accepted.get(message_id)

    async def resend(self, message_id: UUID, order: Resend) -> None:
        self._signal("resend", message_id, order)
        plan = narrow(self.accepted[message_id].plan, order.channels)
        doc = self.docs[message_id]
        self.docs[message_id] = progress.begin_again(doc, plan, datetime.now(UTC))

    async def restart(self, message: Message, last: int, order: Resend) -> None:
        self._reach()
        self.ended.discard(message.id)
        self.orders.append(("restart", message.id, order))
        news = {"run": last + 1, "only": order.channels}
        again = message.model_copy(update=news)
        self.docs[message.id] = progress.begin(again)

    async def cancel(self, message_id: UUID, order: Cancel) -> None:
        self._signal("cancel", message_id, order)
        doc = self.docs[message_id]
        now = datetime.now(UTC)
        self.docs[message_id] = progress.with_status(doc, Status.CANCELLED, now)

    async def acknowledge(self, message_id: UUID, given: Acknowledgement) -> None:
        self._signal("acknowledge", message_id, given)
        doc = self.docs[message_id]
        self.docs[message_id] = progress.with_acknowledgement(doc, given)

    async def receipt(self, message_id: UUID, receipt: Receipt) -> None:
        self._signal("receipt", message_id, receipt)
        doc, now = self.docs[message_id], datetime.now(UTC)
        self.docs[message_id] = progress.with_receipt(doc, receipt, now)

    async def recall(self, order: RecallOrder) -> None:
        self._reach()
        self.recalls.append(order)

    async def queue(self, client: str) -> QueueFigures:
        self._reach()
        return QueueFigures(
            client=client,
            task_queue=task_queue(client),
            backlog=3,
            oldest_age_seconds=1.5,
            added_per_second=0.5,
            dispatched_per_second=0.25,
            pollers=self.served.get(client, 0),
            paused=False,
        )

    async def pollers(self, client: str) -> int:
        self._reach()
        return self.served.get(client, 0)

    async def check(self) -> None:
        self._reach()

    def _signal(self, name: str, message_id: UUID, order: Order) -> None:
        self._reach()
        if message_id in self.ended or message_id not in self.docs:
            raise Conflict("This message has ended.")
        self.orders.append((name, message_id, order))

    def fail(self, message_id: UUID, window: timedelta = timedelta(hours=72)) -> None:
        """Let a message fail on every channel, open for a resend."""
        now = datetime.now(UTC)
        doc = self.docs[message_id]
        for channel in doc.plan.channels:
            doc = progress.with_outcome(doc, channel, Outcome.FAILED, now)
        doc = progress.with_status(doc, Status.FAILED, now)
        until = {"resendable_until": now + window}
        self.docs[message_id] = doc.model_copy(update=until)

    def stand(self, message_id: UUID, status: Status) -> None:
        """Put a message into a state."""
        now = datetime.now(UTC)
        self.docs[message_id] = progress.with_status(self.docs[message_id], status, now)


@dataclass
class Rig:
    """A running API, and how to speak to it as anybody."""

    app: FastAPI
    http: httpx.AsyncClient
    deliveries: FakeDeliveries

    @property
    def centre(self) -> Centre:
        """What the endpoints share."""
        centre: Centre = self.app.state.centre
        return centre

    async def new_client(self, code: str, **draft: Any) -> NewClient:
        """Let a client system join."""
        wanted = ClientDraft.model_validate({"code": code, "name": code} | draft)
        async with self.centre.store.sessions.begin() as session:
            return await clients.create_client(session, wanted, SETUP)

    async def client(self, code: str = "his", **draft: Any) -> Headers:
        """Let a client system join; return what its requests carry."""
        made = await self.new_client(code, **draft)
        return self.as_client(made)

    def as_client(self, made: NewClient, *scopes: Scope) -> Headers:
        """Return the headers of a client's token."""
        wanted = frozenset(scopes) or made.client.scopes
        token = self.centre.tokens.for_client(
            made.client.code, made.client.epoch, wanted
        )
        return bearer(token)

    async def person(self, role: Role, name: str | None = None) -> Headers:
        """Let a person in; return what their requests carry."""
        username = name or role.value
        draft = UserDraft(username=username, role=role, password=PASSWORD)
        async with self.centre.store.sessions.begin() as session:
            user = await users.find_user(session, username)
            user = user or await users.create_user(session, draft, SETUP)
        return bearer(
            self.centre.tokens.for_person(user.username, user.epoch, user.role)
        )

    async def send(
        self, headers: Headers, key: str | None = None, **changes: Any
    ) -> httpx.Response:
        """Send the example message."""
        keyed = headers | ({"Idempotency-Key": key} if key else {})
        return await self.http.post("/v1/messages", json=BODY | changes, headers=keyed)

    async def sent(self, headers: Headers, **changes: Any) -> UUID:
        """Send the example message; return its id."""
        answer = await self.send(headers, **changes)
        assert answer.status_code == 202, answer.text
        return UUID(answer.json()["id"])

    async def record(self, message_id: UUID) -> None:
        """Write down how a message stands, as a worker does."""
        message = self.deliveries.accepted[message_id]
        async with self.centre.store.sessions.begin() as session:
            await messages.record(session, message, self.deliveries.docs[message_id])


def bearer(token: str) -> Headers:
    """Return the header of a token."""
    return {"Authorization": f"Bearer {token}"}


@asynccontextmanager
async def running_api(folder: Path, **settings: Any) -> AsyncIterator[Rig]:
    """Run the API with one message type in its store."""
    deliveries = FakeDeliveries()

    async def fake(_: Settings, __: Keyring) -> FakeDeliveries:
        return deliveries

    app = create_app(Settings(state_dir=folder, **settings), fake)
    async with app.router.lifespan_context(app):
        transport = httpx.ASGITransport(app=app)
        async with httpx.AsyncClient(
            transport=transport, base_url="http://centre"
        ) as http:
            rig = Rig(app, http, deliveries)
            await add_type(rig, "exam-booking")
            yield rig


async def add_type(rig: Rig, code: str) -> None:
    """Add a message type: WeChat first, then SMS, then e-mail."""
    weights = {Channel.WECHAT: 0.9, Channel.SMS: 0.5, Channel.EMAIL: 0.3}
    policy = Policy(
        threshold=0.6,
        channels=tuple(
            WeightedChannel(channel=c, weight=w) for c, w in weights.items()
        ),
    )
    draft = MessageTypeDraft(code=code, name="检查预约")
    body = TemplateDraft(
        title="检查预约 {{exam}}",
        body="请到 {{place}} 做 {{exam}}",
        provider_template="T1",
        fields={"thing1": "{{exam}}"},
    )
    async with rig.centre.store.sessions.begin() as session:
        await catalog.create_message_type(session, draft, SETUP)
        await catalog.put_policy(session, code, policy, SETUP)
        for channel in weights:
            await templates.put_template(session, code, channel, body, SETUP)


def problem(answer: httpx.Response, status: int) -> dict[str, Any]:
    """Return a problem document, checked for its shape (RFC 9457)."""
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    document: dict[str, Any] = answer.json()
    assert {"type", "title", "status", "detail", "instance"} <= document.keys()
    assert document["status"] == status
    assert document["type"].startswith("urn:")
    assert UUID(document["instance"].removeprefix("urn:uuid:"))
    for place in document.get("errors", ()):
        assert not place["pointer"] or place["pointer"].startswith("/")
        assert place["detail"]
    if status in (429, 503):
        assert int(answer.headers["retry-after"]) >= 1
    return document


def pointers(answer: httpx.Response) -> list[str]:
    """Return the places of a refused body."""
    return [place["pointer"] for place in problem(answer, 422)["errors"]]


def unknown_id() -> UUID:
    """Return an id that nothing has."""
    return uuid4()
