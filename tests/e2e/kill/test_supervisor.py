"""A second centre beside the first, and the end of one whose supervisor is killed."""

import asyncio
import os
import signal

import httpx

from tests.support.centre.providers import providers_of
from tests.support.centre.running import Centre
from tests.support.centre.system import delivery, joined, signed_in, somebody
from tests.support.centre.types import BOOKING, define, message
from tests.support.waiting import until

PARTS = ("temporal", "sandbox", "api", "worker")


def alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


async def test_two_centres_share_nothing_and_one_leaves_nobody_behind(
    centre: Centre, own_centre: Centre
) -> None:
    person = somebody()
    for one in (centre, own_centre):
        async with signed_in(one) as admin, providers_of(one) as providers:
            await define(admin, "twin-booking", BOOKING)
            async with joined(one, "twin-his") as system:
                sent = await system.send(message("twin-booking", person), "twin-key")
                doc = await system.ended(sent)
                token = system.http.headers["Authorization"]
            # The same key at both made two messages: each sandbox has its own.
            [taken] = await providers.taken("wechat", person.openid)
            said = delivery(doc, "wechat")["provider_message_id"]
            assert taken["provider_message_id"] == said
    async with httpx.AsyncClient(base_url=centre.url) as http:
        stranger = await http.get("/v1/messages", headers={"Authorization": token})
        assert stranger.status_code == 401

    pids = [own_centre.pid(name) for name in PARTS]
    running = [pid for pid in pids if pid is not None and alive(pid)]
    assert len(running) == len(PARTS)
    own_centre.supervisor.send_signal(signal.SIGKILL)
    assert await own_centre.supervisor.wait() == -signal.SIGKILL
    await until(lambda: not any(map(alive, running)), 5)
    assert not await listens(own_centre.settings.api_port)
    assert not await listens(own_centre.settings.temporal_port)
    async with asyncio.timeout(5):
        await centre.ready()


async def listens(port: int) -> bool:
    try:
        _, writer = await asyncio.open_connection("127.0.0.1", port)
    except ConnectionRefusedError:
        return False
    writer.close()
    return True
