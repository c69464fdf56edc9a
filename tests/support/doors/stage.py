"""One centre with both its doors in this process: the API, and the console's pages.

Workflows are doubles; pages are drawn and used by NiceGUI as for a browser, whose place
a `Hand` takes.
"""

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pyotp

from api.app import create_app
from api.context import ApiContext
from centre.queues.steering import figures
from centre.reachability import queries as standings
from centre.seeds.seeds import seed
from centre.watch.watching import Watch
from console.app import mount
from console.kit.context import ConsoleContext
from console.temporal_ui import open_temporal_ui
from core.clock import utc_now
from core.crypto import Keyring
from core.models import Address
from core.settings import Settings
from core.words import Channel, IdentityType
from tests.support.api.rig import PASSWORD, Rig
from tests.support.doors.hand import Hand
from tests.support.workflows.flows import FakeFlows

# What Aliyun says of a number that there is not.
_NO_NUMBER = "MOBILE_NOT_ON_SERVICE"
_SECRET = re.compile("[A-Z2-7]{32}")
_START = datetime(2030, 1, 1, tzinfo=UTC)


@asynccontextmanager
async def open_doors(folder: Path, **settings: Any) -> AsyncIterator[Rig]:
    """Run a centre whose API and console share one store; once in a process."""
    flows, told = FakeFlows(), Settings(state_dir=folder, **settings)

    async def fake(_: Settings, __: Keyring) -> FakeFlows:
        return flows

    app = create_app(told, fake)

    @asynccontextmanager
    async def beside() -> AsyncIterator[ConsoleContext]:
        held: ApiContext = app.state.context
        async with open_temporal_ui(told) as temporal_ui:
            yield ConsoleContext(
                settings=held.settings,
                keyring=held.keyring,
                store=held.store,
                flows=flows,
                temporal_ui=temporal_ui,
            )

    mount(app, beside)
    async with app.router.lifespan_context(app):
        transport = httpx.ASGITransport(app=app)
        async with httpx.AsyncClient(
            transport=transport, base_url="http://centre"
        ) as http:
            rig = Rig(app, http, flows)
            async with rig.context.store.sessions.begin() as session:
                await seed(session)
            yield rig


@asynccontextmanager
async def browser(rig: Rig, username: str) -> AsyncIterator[Hand]:
    """Sign a person in at the console."""
    transport = httpx.ASGITransport(app=rig.app)
    async with httpx.AsyncClient(transport=transport, base_url="http://centre") as http:
        hand = Hand(http)
        await hand.sign_in(username, PASSWORD)
        yield hand
        hand.leave()


async def raise_alarm(rig: Rig, client: str) -> None:
    """Let the watch see a client's backlog long enough for an alarm."""
    watch = Watch()
    for seconds in (0, 25):
        seen = await figures(rig.context, [client])
        at = _START + timedelta(seconds=seconds)
        await watch.look(rig.context, seen, [client], at)


async def has_factor(rig: Rig, username: str) -> None:
    """Let a person turn on a second factor, as people do."""
    async with browser(rig, username) as hand:
        await hand.open("/account")
        await hand.click("Turn on two-factor")
        await hand.there("Six digits of the app")
        secret = next(text for text in hand.texts() if _SECRET.fullmatch(text))
        hand.fill("Six digits of the app", pyotp.TOTP(secret).now())
        await hand.click("Turn it on")
        await hand.settle()


async def is_refused(rig: Rig, mobile: str) -> None:
    """Let a provider have refused a mobile number for good."""
    address = Address(type=IdentityType.MOBILE, value=f"+86{mobile}")
    async with rig.context.store.sessions.begin() as session:
        await standings.note_refusal(
            session, Channel.SMS, address, "exam-booking", _NO_NUMBER, utc_now()
        )
