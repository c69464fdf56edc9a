"""The API over a real SQLite store, with the workflows replaced at their seam."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import httpx
from fastapi import FastAPI
from sqlmodel import col, update

from api.app import create_app
from api.context import ApiContext
from centre.access import user_queries, users
from centre.access.contracts import UserDraft
from centre.access.tables import UserRow
from centre.audit.audit import Actor
from centre.catalog import message_types, policies, templates
from centre.catalog.models import MessageTypeDraft, PolicyChange, TemplateDraft
from centre.clients import service
from centre.clients.models import ClientDraft, NewClient
from centre.messages import writes as message_writes
from core.crypto import Keyring
from core.policies import Policy, WeightedChannel
from core.settings import Settings
from core.words import Channel, Role, Scope
from tests.support.stores.files import migrated_file
from tests.support.workflows.flows import FakeFlows

SETUP = Actor(who="setup")
PASSWORD = "correct horse battery"
BODY: dict[str, Any] = {
    "type": "exam-booking",
    "recipient": {"identities": {"mobile": "13800138000"}, "name": "张三"},
    "params": {"exam": "CT", "place": "2 号楼"},
}
Headers = dict[str, str]


@dataclass
class Rig:
    """A running API, and how to speak to it as anybody."""

    app: FastAPI
    http: httpx.AsyncClient
    flows: FakeFlows

    @property
    def context(self) -> ApiContext:
        """What the endpoints share."""
        context: ApiContext = self.app.state.context
        return context

    async def new_client(self, code: str, **draft: Any) -> NewClient:
        """Let a client system join."""
        wanted = ClientDraft.model_validate({"code": code, "name": code} | draft)
        async with self.context.store.sessions.begin() as session:
            return await service.add_client(session, wanted, SETUP)

    async def client(self, code: str = "his", **draft: Any) -> Headers:
        """Let a client system join; return what its requests carry."""
        made = await self.new_client(code, **draft)
        return self.as_client(made)

    def as_client(self, made: NewClient, *scopes: Scope) -> Headers:
        """Return the headers of a client's token."""
        wanted = frozenset(scopes) or made.client.scopes
        token = self.context.tokens.for_client(
            made.client.code, made.client.epoch, wanted
        )
        return bearer(token)

    async def person(self, role: Role, name: str | None = None) -> Headers:
        """Let a person in; return what their requests carry."""
        username = name or role.value
        draft = UserDraft(username=username, role=role, password=PASSWORD)
        async with self.context.store.sessions() as session:
            known = await user_queries.find_user(session, username)
        user = known or await users.create_user(self.context, draft, SETUP)
        async with self.context.store.sessions.begin() as session:
            # As after they have chosen a password of their own.
            chosen = update(UserRow).where(col(UserRow.username) == username)
            await session.exec(chosen.values(must_change_password=False))
        return bearer(
            self.context.tokens.for_person(user.username, user.epoch, user.role)
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
        message = self.flows.accepted[message_id]
        async with self.context.store.sessions.begin() as session:
            await message_writes.record(session, message, self.flows.docs[message_id])


def bearer(token: str) -> Headers:
    """Return the header of a token."""
    return {"Authorization": f"Bearer {token}"}


@asynccontextmanager
async def running_api(folder: Path, **settings: Any) -> AsyncIterator[Rig]:
    """Run the API with one message type in its store."""
    flows = FakeFlows()

    async def fake(_: Settings, __: Keyring) -> FakeFlows:
        return flows

    if "database_url" not in settings and not (folder / "centre.db").exists():
        await migrated_file(folder / "centre.db")
    app = create_app(Settings(state_dir=folder, **settings), fake)
    async with app.router.lifespan_context(app):
        transport = httpx.ASGITransport(app=app)
        async with httpx.AsyncClient(
            transport=transport, base_url="http://centre"
        ) as http:
            rig = Rig(app, http, flows)
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
    async with rig.context.store.sessions.begin() as session:
        await message_types.add_message_type(session, draft, SETUP)
        await policies.add_policy(session, code, PolicyChange.of(policy), SETUP)
        for channel in weights:
            await templates.add_template(session, code, channel, body, SETUP)


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
