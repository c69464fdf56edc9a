"""Changes while a centre runs: a client joins, a type is switched off, callbacks."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import pytest
import pytest_asyncio
from standardwebhooks.webhooks import Webhook

from tests.support.centre.providers import Providers, providers_of
from tests.support.centre.running import Centre
from tests.support.centre.system import (
    Document,
    System,
    joined,
    outcomes,
    signed_in,
    somebody,
)
from tests.support.centre.types import ANY, BOOKING, define, message
from tests.support.waiting import eventually, until

pytestmark = pytest.mark.asyncio(loop_scope="module")
KIND = "changes-booking"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def his(centre: Centre) -> AsyncIterator[System]:
    async with signed_in(centre) as admin:
        await define(admin, KIND, BOOKING)
    async with joined(centre, "changes-his") as system:
        yield system


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def providers(centre: Centre) -> AsyncIterator[Providers]:
    async with providers_of(centre) as found:
        await found.obey()
        yield found


async def test_a_new_client_is_served_at_once(
    centre: Centre, his: System, providers: Providers
) -> None:
    worker = centre.pid("worker")
    for code in ("changes-new-1", "changes-new-2"):
        person = somebody()
        async with joined(centre, code) as system:
            doc = await system.ended(await system.send(message(KIND, person)))
        assert (doc["status"], doc["client"]) == ("delivered", code)
        assert list(await providers.taken_for(person)) == ["wechat"]
    assert centre.pid("worker") == worker


async def test_a_disabled_client_has_no_entrance(centre: Centre) -> None:
    async with joined(centre, "changes-gone") as system, signed_in(centre) as admin:
        path = "/admin/clients/changes-gone"
        await admin.ask("PATCH", path, {"enabled": False})
        refused = await system.post(message(KIND, somebody()))
        assert refused.status_code == 401
        await admin.ask("PATCH", path, {"enabled": True})


async def test_what_a_disabled_client_sent_before_still_ends(
    centre: Centre, his: System
) -> None:
    async with joined(centre, "changes-left") as system, signed_in(centre) as admin:
        soon = (datetime.now(UTC) + timedelta(seconds=4)).isoformat()
        message_id = await system.send(message(KIND, somebody(), send_at=soon))
        path = "/admin/clients/changes-left"
        await admin.ask("PATCH", path, {"enabled": False})
        await eventually(
            lambda: admin.ask("GET", f"/messages/{message_id}"),
            lambda found: found["status"] == "delivered",
        )


async def test_a_disabled_type_takes_nothing_and_withholds_what_waits(
    centre: Centre, his: System, providers: Providers
) -> None:
    person, kind = somebody(), "changes-season"
    path = f"/admin/message-types/{kind}"
    async with signed_in(centre) as admin:
        await define(admin, kind, BOOKING)
        soon = (datetime.now(UTC) + timedelta(seconds=3)).isoformat()
        message_id = await his.send(message(kind, person, send_at=soon))
        await admin.ask("PATCH", path, {"enabled": False})
        refused = await his.post(message(kind, person))
        assert refused.status_code == 422
        assert refused.json()["errors"][0]["pointer"] == "/type"
        doc = await his.ended(message_id)
        assert doc["status"] == "failed"
        assert set(outcomes(doc).values()) == {("skipped", "type_disabled")}
        assert await providers.taken_for(person) == {}

        await admin.ask("PATCH", path, {"enabled": True})
        again = {"reason": "the type is on again"}
        await admin.ask("POST", f"/messages/{message_id}/resend", again)
        doc = await his.ended(message_id, run=2)
    assert doc["status"] == "delivered"
    assert list(await providers.taken_for(person)) == ["wechat"]


async def test_a_silenced_channel_is_passed_over(
    centre: Centre, his: System, providers: Providers
) -> None:
    person = somebody()
    path = f"/admin/message-types/{KIND}/templates/wechat"
    async with signed_in(centre) as admin:
        await admin.ask("POST", f"{path}/disable")
        doc = await his.ended(await his.send(message(KIND, person)))
        await admin.ask("POST", f"{path}/enable")
    assert outcomes(doc)["wechat"] == ("skipped", "template_disabled")
    assert outcomes(doc)["sms"] == ("accepted", None)
    assert list(await providers.taken_for(person)) == ["sms"]


async def test_a_new_policy_holds_for_new_messages_only(
    centre: Centre, his: System, providers: Providers
) -> None:
    kind = "changes-policy"
    async with signed_in(centre) as admin:
        await define(admin, kind, ANY, strategy="first_success")
        first = await his.send(message(kind, somebody()))
        channels = [{"channel": "inbox", "weight": 1.0}]
        policy: Document = {"strategy": "broadcast", "channels": channels}
        put = await admin.ask("PUT", f"/admin/message-types/{kind}/policy", policy)
        assert put["version"] == 2
    second = await his.send(message(kind, somebody()))
    assert (await his.ended(first))["plan"]["strategy"] == "first_success"
    assert (await his.ended(second))["plan"]["stages"] == [["inbox"]]


@dataclass
class Listener:
    """A client system's own web server; refuses the first call it gets."""

    port: int = 0
    calls: list[tuple[dict[str, str], bytes]] = field(default_factory=list)

    async def take(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")[1:-2]
        headers = dict(line.lower().split(": ", 1) for line in head)
        body = await reader.readexactly(int(headers["content-length"]))
        original = dict(line.split(": ", 1) for line in head)
        self.calls.append(({k.lower(): v for k, v in original.items()}, body))
        status = b"503 No" if len(self.calls) == 1 else b"204 Yes"
        writer.write(b"HTTP/1.1 " + status + b"\r\nContent-Length: 0\r\n\r\n")
        await writer.drain()
        writer.close()


@asynccontextmanager
async def listening() -> AsyncIterator[Listener]:
    listener = Listener()
    server = await asyncio.start_server(listener.take, "127.0.0.1", 0)
    async with server:
        listener.port = server.sockets[0].getsockname()[1]
        yield listener


async def test_a_client_is_told_of_the_end_until_it_listens(
    centre: Centre, his: System, providers: Providers
) -> None:
    async with listening() as listener, signed_in(centre) as admin:
        callback = {
            "url": f"http://127.0.0.1:{listener.port}/told",
            "allow": [f"127.0.0.1:{listener.port}"],
        }
        async with joined(centre, "changes-told", callback=callback) as system:
            path = "/admin/clients/changes-told/callback-secret"
            secret = (await admin.ask("POST", path))["callback_secret"]
            sent = await system.send(message(KIND, somebody(), reference="r-1"))
            assert (await system.ended(sent))["status"] == "delivered"
        await until(lambda: len(listener.calls) == 2, 15)
    (first, _), (headers, body) = listener.calls
    assert first["webhook-id"] == headers["webhook-id"]
    assert Webhook(secret).verify(body, headers) == json.loads(body)
    told = json.loads(body)
    assert told["type"] == "message.delivered"
    assert told["data"] == {"id": sent, "reference": "r-1", "status": "delivered"}
