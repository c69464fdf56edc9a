"""People with inboxes, and what is put into them as a worker does."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx

from centre.delivery import attempt_writes
from centre.people import persons
from centre.people.contracts import PatientDraft
from centre.workstations import inbox_queries as inbox
from core.models import Address, delivery_id
from core.words import Channel, IdentityType, Outcome, Status
from tests.support.api.rig import SETUP, Headers, Rig, running_api

ZHANG = {
    "empi_id": "E100",
    "patient_id": "P100",
    "mobile": "13800138000",
    "wechat_mini_openid": "mini-zhang",
    "id_card": "11010519491231002X",
}
LI = {"empi_id": "E200", "mobile": "13900139000", "wechat_mini_openid": "mini-li"}
# The landline of the family.
SHARED = {"landline": "01088886666"}

_CONTENT = {
    "title": "检验报告",
    "body": "您的报告已出",
    "link": "https://centre.example/m/1",
}


def _identities(given: dict[str, str]) -> dict[IdentityType, str]:
    return {IdentityType(kind): value for kind, value in given.items()}


async def deposited(
    rig: Rig,
    kind: str = "empi_id",
    value: str = "E100",
    *,
    client: str = "his",
    expires_at: datetime | None = None,
) -> tuple[UUID, UUID]:
    """Deliver a message to somebody's inbox, as a worker does; return its ids."""
    to = {"identities": {kind: value}}
    headers = await rig.client(client)
    message_id = await rig.sent(headers, channels=["email"], recipient=to)
    doc = rig.flows.docs[message_id]
    moved = doc.deliveries[0].model_copy(
        update={"channel": Channel.INBOX, "outcome": Outcome.DELIVERED}
    )
    plan = doc.plan.model_copy(update={"stages": ((Channel.INBOX,),)})
    news = {"deliveries": (moved,), "plan": plan}
    rig.flows.docs[message_id] = doc.model_copy(update=news)
    rig.flows.stand(message_id, Status.DELIVERED)
    await rig.record(message_id)
    item = delivery_id(message_id, Channel.INBOX, 1)
    async with rig.context.store.sessions.begin() as session:
        await attempt_writes.begin_attempt(
            session,
            delivery_id=item,
            message_id=message_id,
            channel=Channel.INBOX,
            provider="inbox",
        )
        await inbox.deposit(
            session,
            delivery_id=item,
            message_id=message_id,
            owner=Address(type=IdentityType(kind), value=value),
            expires_at=expires_at,
            **_CONTENT,
        )
    return message_id, item


async def query(
    rig: Rig, app: Headers, identities: dict[str, Any], **more: Any
) -> httpx.Response:
    body = {"identities": identities} | more
    return await rig.http.post("/v1/inbox/query", json=body, headers=app)


async def found(rig: Rig, app: Headers, identities: dict[str, Any]) -> list[str]:
    answer = await query(rig, app, identities)
    assert answer.status_code == 200, answer.text
    return [item["id"] for item in answer.json()["items"]]


async def read(rig: Rig, app: Headers, item: UUID | str) -> httpx.Response:
    return await rig.http.post(f"/v1/inbox/{item}/read", headers=app)


def outcome(rig: Rig, message_id: UUID) -> Outcome:
    return rig.flows.docs[message_id].delivery(Channel.INBOX).outcome


@asynccontextmanager
async def running_inboxes(folder: Path) -> AsyncIterator[Rig]:
    """Run an API whose index knows two people."""
    async with running_api(folder) as running:
        async with running.context.store.sessions.begin() as session:
            for known in (ZHANG, LI):
                draft = PatientDraft(name="x", identities=_identities(known | SHARED))
                await persons.put_person(
                    session, "patient", known["empi_id"], draft, SETUP
                )
        yield running
