"""The way to Temporal's Web UI through a running console, tried from outside.

The UI is a double here that keeps what reaches it, byte by byte.
"""

import asyncio
from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest
import pytest_asyncio
from google.protobuf import json_format
from sqlmodel import col, select, update
from temporalio.api.common.v1 import Payload, Payloads

from centre.access import sessions as console_sessions
from centre.access import user_queries
from centre.access.tables import ConsoleSessionRow
from centre.audit import audit
from centre.audit.audit import AuditFilter
from core.clock import utc_now
from core.codec import EncryptionCodec
from core.crypto import load_keyring
from db.store import open_store
from tests.support.centre.running import running_centre
from tests.support.console.temporal_door import Door, Double
from tests.support.stores.context import context_of

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.timeout(240)]
UI = "/console/temporal"
OWN = f"{UI}/api/v1/namespaces/default"
QUERY = f"{OWN}/workflows/message-1/query/status"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def whole(
    temporal_cli: Path, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Door]:
    double = Double()
    double.server = await asyncio.start_server(double.serve, "127.0.0.1", 0)
    port = double.server.sockets[0].getsockname()[1]
    folder = tmp_path_factory.mktemp("door") / "var"
    address = f"http://127.0.0.1:{port}"
    async with running_centre(folder, temporal_ui_url=address) as centre:
        settings = centre.settings
        store = open_store(settings.database, load_keyring(settings.keys_file))
        async with store.sessions() as session:
            admin = await user_queries.the_user(session, "admin")
        token = await console_sessions.begin(context_of(store), admin, None)
        yield Door(centre, store, double, token)
        await store.close()
    double.server.close()


@pytest.fixture
def door(whole: Door) -> Door:
    whole.double.heads.clear()
    whole.double.bodies.clear()
    return whole


async def test_nothing_of_ours_reaches_the_ui(door: Door) -> None:
    own = {
        "Authorization": "Bearer secret",
        "X-Forwarded-For": "10.0.0.1",
        "X-HTTP-Method-Override": "DELETE",
        "Connection": "keep-alive, x-csrf-token",
        "X-CSRF-Token": "theirs",
    }
    async with door.browser(**own) as http:
        answer = await http.get(f"{OWN}/workflows?pageSize=1&query=a%20b")
    assert answer.status_code == 200
    assert "set-cookie" not in answer.headers
    (head,) = door.double.heads
    assert head.startswith(
        "GET /api/v1/namespaces/default/workflows?pageSize=1&query=a%20b HTTP/1.1"
    )
    for word in ("cookie", "secret", "10.0.0.1", "override", "csrf"):
        assert word not in head.lower()


@pytest.mark.parametrize(
    "path",
    [
        f"{OWN}/../other/workflows",
        f"{OWN}/%2e%2e/other/workflows",
        f"{OWN}/..%2fother",
        f"{OWN}//other",
        f"{OWN}/..%5cother",
        f"{UI}/_app/../api/v1/namespaces/other",
        f"{UI}/api/v1/namespaces/other/workflows",
        f"{UI}/api/v1/nexus/endpoints",
        f"{UI}/codec/encode",
        f"http://evil.example{OWN}/../other",
    ],
)
async def test_no_path_leads_out(door: Door, path: str) -> None:
    ask = f"GET {path} HTTP/1.1\nHost: centre\nCookie: {door.cookie}\n\n"
    assert await door.raw(ask) == 404
    assert not door.double.heads


@pytest.mark.parametrize("path", ["//evil.example/", "/render?content=x", "/auth/sso"])
async def test_a_pages_own_address_is_not_passed_on(door: Door, path: str) -> None:
    ask = f"GET {UI}{path} HTTP/1.1\nHost: centre\nCookie: {door.cookie}\n\n"
    assert await door.raw(ask) == 200
    (head,) = door.double.heads
    assert head.startswith("GET / HTTP/1.1\r\n")


async def test_one_request_stays_one(door: Door) -> None:
    hidden = "DELETE /api/v1/namespaces/default HTTP/1.1\nHost: ui\n\n"
    ask = (
        f"POST {QUERY} HTTP/1.1\nHost: centre\nCookie: {door.cookie}\n"
        f"Origin: http://centre\nContent-Length: 5\nTransfer-Encoding: chunked\n\n"
        f"0\n\n{hidden}"
    )
    assert await door.raw(ask) == 400
    inside = f"GET {OWN}/workflows?a=%0d%0aX-Y:%20z HTTP/1.1\nHost: centre\n"
    assert await door.raw(f"{inside}Cookie: {door.cookie}\n\n") == 400
    assert not door.double.heads


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/workflows/message-1/terminate"),
        ("POST", "/workflows/message-1/signal/cancel"),
        ("POST", "/batch-operations/1"),
        ("PUT", ""),
        ("PATCH", "/workflows/message-1"),
        ("DELETE", "/schedules/1"),
    ],
)
async def test_nobody_changes_anything_there(
    door: Door, method: str, path: str
) -> None:
    async with door.browser(Origin=door.centre.url) as http:
        answer = await http.request(method, f"{OWN}{path}")
    assert answer.status_code == 403
    assert "console" in answer.json()["message"]
    assert not door.double.heads


@pytest.mark.parametrize(
    ("said", "status"),
    [
        ({}, 403),
        ({"Origin": "null"}, 403),
        ({"Origin": "http://127.0.0.1:8233"}, 403),
        ({"Origin": "here", "Sec-Fetch-Site": "same-site"}, 403),
        ({"Origin": "here", "Sec-Fetch-Site": "cross-site"}, 403),
        ({"Origin": "here"}, 200),
        ({"Sec-Fetch-Site": "same-origin"}, 200),
    ],
)
async def test_only_its_own_pages_ask(
    door: Door, said: dict[str, str], status: int
) -> None:
    headers = {n: door.centre.url if v == "here" else v for n, v in said.items()}
    text = {"Content-Type": "text/plain;charset=UTF-8"}
    async with door.browser(**headers) as http:
        asked = await http.post(QUERY, content=b'{"query": 1}', headers=text)
        decode = await http.post(f"{UI}/codec/decode", json={"payloads": []})
    assert (asked.status_code, decode.status_code) == (status, status)
    assert door.double.bodies == ([b'{"query": 1}'] if status == 200 else [])


async def test_a_large_payload_is_decoded_on_record(door: Door) -> None:
    settings = door.centre.settings
    large = Payload(metadata={"encoding": b"json/plain"}, data=b"x" * 500_000)
    codec = EncryptionCodec(load_keyring(settings.keys_file))
    body = json_format.MessageToJson(Payloads(payloads=await codec.encode([large])))
    page = f"{door.centre.url}{UI}/namespaces/default/workflows/batch-7/history"
    own = {"Origin": door.centre.url, "Content-Type": "application/json"}
    async with door.browser(**own, Referer=page) as http:
        answer = await http.post(f"{UI}/codec/decode", content=body)
    assert json_format.Parse(answer.text, Payloads()).payloads == [large]
    async with door.store.sessions() as session:
        wanted = AuditFilter(action="look-history")
        (look,) = (await audit.list_audit(session, wanted)).items
    assert (look.actor.who, look.target) == ("admin", "workflows/batch-7")


async def test_a_large_history_is_passed_on_as_it_comes(door: Door) -> None:
    door.double.rest.clear()
    async with (
        door.browser(**{"Accept-Encoding": "identity"}) as http,
        http.stream("GET", f"{OWN}/workflows/large/history") as answer,
    ):
        coming = answer.aiter_raw()
        first = await anext(coming)
        assert first.startswith(b"a")  # before the UI has sent the rest
        door.double.rest.set()
        size = len(first) + sum([len(piece) async for piece in coming])
    assert size == 4_000_000


async def test_an_open_page_alone_keeps_no_session(door: Door) -> None:
    async with door.browser() as http:
        await age(door)
        long_ago = await seen(door)
        await http.get(f"{OWN}/workflows")
        assert await seen(door) == long_ago
        await http.get(f"{UI}/namespaces")
        assert await seen(door) > long_ago


async def age(door: Door) -> None:
    then = utc_now() - timedelta(minutes=5)
    async with door.store.sessions.begin() as session:
        await session.exec(update(ConsoleSessionRow).values(seen_at=then))


async def seen(door: Door) -> datetime:
    async with door.store.sessions() as session:
        return (await session.exec(select(col(ConsoleSessionRow.seen_at)))).one()


async def test_no_log_line_says_what_was_looked_for(door: Door) -> None:
    async with door.browser() as http:
        await http.get(f"{OWN}/workflows?query=ZhangSan")
        await http.get(f"{UI}/namespaces/default/workflows/ZhangSan")
    log = door.centre.log("api")
    assert "ZhangSan" not in log
    assert "/temporal/{rest}" in log


async def test_a_ui_that_is_down_is_said_to_be_with_what_to_do(door: Door) -> None:
    """The last one: the double does not come back."""
    assert door.double.server is not None
    door.double.server.close()
    words = {
        "en": "HMC_TEMPORAL_UI_URL says where",
        "zh": "由 HMC_TEMPORAL_UI_URL 设置",
    }
    for tongue, text in words.items():
        cookies = f"{door.cookie}; hmc_lang={tongue}"
        async with door.browser(Cookie=cookies) as http:
            page = await http.get(f"{UI}/namespaces")
            assert page.status_code == 503
            assert text in page.text
            call = await http.get(f"{OWN}/workflows")
            assert call.status_code == 503
            assert "does not answer" in call.json()["message"]
