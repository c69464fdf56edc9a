"""What a new centre begins with works: each seeded type, on each of its channels."""

import asyncio
import json
from functools import partial

from deploy.credentials import clients_file
from tests.support.centre.providers import providers_of
from tests.support.centre.running import Centre
from tests.support.centre.system import Document, Office, outcomes, signed_in, somebody
from tests.support.centre.types import message
from tests.support.waiting import eventually

# The centre's own type, of its alarms, is no client's.
CLIENTS, TYPES = 12, 13
VALUES = {"amount": "128.50", "ahead": "3", "level": "二级", "item": "血钾"}


def value_of(placeholder: str) -> str:
    """Return what a hospital would write there."""
    if placeholder.endswith("_time"):
        return "2026-11-24 09:30"
    if placeholder.endswith("_no"):
        return "A-0012"
    return VALUES.get(placeholder, "放射科")


async def senders(centre: Centre, admin: Office) -> dict[str, str]:
    """Return a seeded client for each seeded type: the one that may send it."""
    known = json.loads(clients_file(centre.settings.state_dir).read_text())
    found = [await admin.ask("GET", f"/admin/clients/{code}") for code in known]
    # Other tests of this centre add clients of their own, held to no types.
    found = [client for client in found if client["message_types"] is not None]
    assert len(found) == CLIENTS
    return {
        kind: client["code"] for client in found for kind in client["message_types"]
    }


async def test_every_seeded_type_goes_out_on_each_of_its_channels(
    centre: Centre,
) -> None:
    async with signed_in(centre) as admin, providers_of(centre) as providers:
        await providers.obey()
        allowed = await senders(centre, admin)
        found = await admin.ask("GET", "/admin/message-types?limit=200")
        seeded = [kind for kind in found["items"] if kind["code"] in allowed]
        assert len(seeded) == TYPES
        await asyncio.gather(
            *(sent(centre, allowed[kind["code"]], kind) for kind in seeded)
        )


async def sent(centre: Centre, client: str, kind: Document) -> None:
    """Send one message of a type on each channel, and see each arrive."""
    params = {name: value_of(name) for name in kind["placeholders"]}
    channels = [entry["channel"] for entry in kind["policy"]["channels"]]
    async with centre.client(client) as system:
        for channel in channels:
            body = message(kind["code"], somebody(), channel, params=params)
            accepted = await system.post("/v1/messages", body)
            path = f"/v1/messages/{accepted['id']}"
            doc = await eventually(
                partial(system.get, path),
                lambda doc: doc["status"] not in ("accepted", "delivering"),
            )
            assert doc["status"] == "delivered", (kind["code"], outcomes(doc))
