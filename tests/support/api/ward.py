"""A ward for tests: an API on a real port, its workstations, their screens."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
import uvicorn
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from centre.catalog import message_types, policies, templates
from centre.catalog.models import MessageTypeChanges, PolicyChange, TemplateDraft
from centre.delivery import attempt_writes
from centre.workstations.service import PopupPost
from channels.base import Content, Sending
from core.models import Address, delivery_id
from core.policies import WeightedChannel
from core.words import Channel, IdentityType, Outcome, Priority, Role, Status
from tests.support.api.rig import SETUP, Headers, Rig, running_api
from tests.support.ports import free_port
from tests.support.stores.within import within
from tests.support.waiting import until

SOON = 5.0


@dataclass
class Ward:
    """An API on a real port, and its workstations' secrets."""

    rig: Rig
    port: int
    secrets: dict[str, str] = field(default_factory=dict)
    known: dict[str, Headers] = field(default_factory=dict)
    server: uvicorn.Server | None = None
    running: asyncio.Task[None] | None = None

    async def stop(self) -> None:
        """Stop serving, if that has not been done."""
        if self.server is not None and self.running is not None:
            self.server.should_exit = self.server.force_exit = True
            await self.running
            self.server = self.running = None

    async def add(self, station: str, **draft: Any) -> str:
        admin = await self.rig.person(Role.ADMIN)
        body = {"id": station, "name": station, "department": "ICU"} | draft
        answer = await self.rig.http.post(
            "/v1/admin/workstations", json=body, headers=admin
        )
        assert answer.status_code == 201, answer.text
        self.secrets[station] = answer.json()["secret"]
        return self.secrets[station]

    @asynccontextmanager
    async def screen(self, station: str, last: int = 0) -> AsyncIterator["Screen"]:
        url = f"ws://127.0.0.1:{self.port}/v1/workstations/{station}"
        async with connect(url) as socket:
            screen = Screen(socket)
            await screen.say(
                type="hello", last_seq=last, secret=self.secrets.get(station)
            )
            yield screen

    async def sent(self, to: str = "ICU", **sending: Any) -> Sending:
        """Send a message whose pop-up is then kept, as a worker does."""
        if "his" not in self.known:
            self.known["his"] = await self.rig.client("his")
        identities = {"department": to}
        message_id = await self.rig.sent(
            self.known["his"],
            type="exam-booking",
            recipient={"identities": identities},
            channels=["workstation"],
        )
        self.rig.flows.stand(message_id, Status.DELIVERING)
        await self.rig.record(message_id)
        wanted = popup(message_id, to, **sending)
        store = self.rig.context.store
        async with store.sessions.begin() as session:
            await attempt_writes.begin_attempt(
                session,
                delivery_id=wanted.id,
                message_id=message_id,
                channel=Channel.WORKSTATION,
                provider="workstation",
            )
        await PopupPost(store)(wanted)
        return wanted

    async def outcome(self, sending: Sending) -> Outcome:
        doc = self.rig.flows.docs[sending.message_id]
        return doc.delivery(Channel.WORKSTATION).outcome


@dataclass
class Screen:
    """One screen's connection."""

    socket: ClientConnection

    async def say(self, **message: Any) -> None:
        await self.socket.send(json.dumps(message))

    async def hear(self) -> dict[str, Any]:
        async with asyncio.timeout(SOON):
            said: dict[str, Any] = json.loads(await self.socket.recv())
            return said

    async def welcome(self) -> None:
        assert (await self.hear())["type"] == "welcome"

    async def ack(self, sending: Sending, stage: str, **more: Any) -> dict[str, Any]:
        await self.say(type="ack", id=str(sending.id), stage=stage, **more)
        return await self.hear()

    async def silent(self, seconds: float = 1.2) -> None:
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(seconds):
                await self.socket.recv()

    async def closed(self) -> int:
        async with asyncio.timeout(SOON):
            try:
                while True:
                    await self.socket.recv()
            except ConnectionClosed:
                return self.socket.close_code or 0


def popup(message_id: UUID, to: str, **more: Any) -> Sending:
    return Sending(
        id=delivery_id(message_id, Channel.WORKSTATION, 1),
        message_id=message_id,
        channel=Channel.WORKSTATION,
        priority=Priority.CRITICAL,
        address=Address(type=IdentityType.DEPARTMENT, value=to),
        content=Content(title="危急值", body="血钾 2.1"),
        **more,
    )


@asynccontextmanager
async def running_ward(folder: Path) -> AsyncIterator[Ward]:
    """Run an API with one workstation, whose messages go to workstations."""
    async with running_api(folder) as rig:
        await shown_on_workstations(rig)
        ward = Ward(rig, free_port())
        async with serving(ward):
            await ward.add("icu-1", staff=["N0217"])
            yield ward


@asynccontextmanager
async def serving(ward: Ward) -> AsyncIterator[None]:
    """Serve a ward's port; every connection is cut at the end."""
    config = uvicorn.Config(
        ward.rig.app, port=ward.port, lifespan="off", log_config=None
    )
    ward.server = uvicorn.Server(config)
    ward.running = asyncio.create_task(ward.server.serve())
    await until(lambda: ward.server is not None and ward.server.started)
    try:
        yield
    finally:
        await ward.stop()


async def shown_on_workstations(rig: Rig) -> None:
    """Let the example type go to workstations, confirmed with its place."""
    channel = Channel.WORKSTATION
    weighted = WeightedChannel(channel=channel, weight=0.9)
    body = TemplateDraft(title="{{exam}}", body="请到 {{place}}")
    changes = MessageTypeChanges(acknowledge=True, read_back_param="place")
    async with rig.context.store.sessions.begin() as session:
        policy = PolicyChange(channels=(weighted,))
        await policies.add_policy(session, "exam-booking", policy, SETUP)
        await templates.add_template(session, "exam-booking", channel, body, SETUP)
        await message_types.update_message_type(
            within(session), "exam-booking", changes, SETUP
        )
