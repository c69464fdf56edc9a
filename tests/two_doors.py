"""One centre with both its doors in this process: the API, and the console's pages.

Workflows are replaced at their seam (`tests.fake_flows`); pages are drawn and used by
NiceGUI as for a browser, whose place `tests.console_hand` takes.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx

from api.app import create_app
from api.context import ApiContext
from centre.seeds.seeds import seed
from console.app import mount
from console.kit.context import ConsoleContext
from console.temporal_ui import open_temporal_ui
from core.crypto import Keyring
from core.settings import Settings
from tests.api_rig import PASSWORD, Rig
from tests.console_hand import Hand
from tests.fake_flows import FakeFlows


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
    async with httpx.AsyncClient(
        transport=transport, base_url="http://centre"
    ) as http:
        hand = Hand(http)
        await hand.sign_in(username, PASSWORD)
        yield hand
        hand.leave()
