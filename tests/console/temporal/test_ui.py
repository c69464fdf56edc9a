"""Temporal's Web UI behind the console: what goes to it, what of it comes back."""

import asyncio
import base64
import hashlib
import json
from collections.abc import AsyncIterator, Callable

import httpx
import pytest
from starlette.responses import Response, StreamingResponse

from console.temporal_ui import TemporalUi, adapted, open_temporal_ui
from core.errors import Unavailable
from core.settings import Settings
from tests.support.ports import free_ports

BASE = "/console/temporal"
SCRIPT = """
  __sveltekit_1 = { base: "" };
  import("/_app/immutable/entry/start.js");
"""
DOCUMENT = f"""<!doctype html><html lang="en"><head>
<meta http-equiv="content-security-policy" content="script-src 'sha256-x='">
<link rel="modulepreload" href="/_app/immutable/chunks/a.js"></head>
<body><script>{SCRIPT}</script></body></html>"""
Answer = Callable[[httpx.Request], httpx.Response]


class Pieces(httpx.AsyncByteStream):
    """A body whose second half comes when it is let."""

    def __init__(self) -> None:
        self.let = asyncio.Event()
        self.closed = False

    async def __aiter__(self) -> AsyncIterator[bytes]:
        yield b"first"
        await self.let.wait()
        yield b"second"

    async def aclose(self) -> None:
        self.closed = True


class Whole(httpx.AsyncByteStream):
    """A body that comes at once, over a connection."""

    def __init__(self, content: bytes) -> None:
        self._content = content

    async def __aiter__(self) -> AsyncIterator[bytes]:
        yield self._content


def served(answer: Answer, at: str = "http://ui:8080") -> TemporalUi:
    http = httpx.AsyncClient(transport=httpx.MockTransport(answer), base_url=at)
    return TemporalUi(http)


def page(request: httpx.Request) -> httpx.Response:
    return httpx.Response(200, html=DOCUMENT, headers={"set-cookie": "_csrf=x"})


def text(answer: Response) -> str:
    return bytes(answer.body).decode()


async def body(answer: Response) -> bytes:
    assert isinstance(answer, StreamingResponse)
    received = b""
    async for piece in answer.body_iterator:
        assert isinstance(piece, bytes)
        received += piece
    return received


async def test_the_page_finds_everything_below_its_address() -> None:
    answer = await served(page).page(BASE)
    shown = text(answer)
    assert 'base: "/console/temporal"' in shown
    assert shown.count('"/console/temporal/_app/immutable/') == 2
    assert '"/_app' not in shown
    assert "set-cookie" not in answer.headers


def test_a_page_that_has_a_place_already_is_moved_as_well() -> None:
    moved = adapted(DOCUMENT, "/another/place")
    assert adapted(moved, BASE) == adapted(DOCUMENT, BASE)


async def test_only_the_pages_own_script_may_run() -> None:
    answer = await served(page).page(BASE)
    script = text(answer).partition("<script>")[2].partition("</script>")[0]
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    policy = dict(
        part.split(" ", 1)
        for part in answer.headers["content-security-policy"].split("; ")
    )
    assert policy["script-src"] == f"'self' 'sha256-{digest}'"
    assert policy["connect-src"] == "'self'"
    assert policy["frame-ancestors"] == "'none'"
    assert "http-equiv" not in text(answer)


async def test_the_settings_say_that_it_reads_and_where_it_decodes() -> None:
    given = {
        "Version": "2.42.1",
        "Codec": {"Endpoint": "https://elsewhere.example", "IncludeCredentials": True},
        "DisableWriteActions": False,
    }
    ui = served(lambda request: httpx.Response(200, json=given))
    told = json.loads(text(await ui.settings(BASE)))
    assert told["Version"] == "2.42.1"
    assert told["DisableWriteActions"] is True
    assert told["Codec"] == {
        "Endpoint": "/console/temporal/codec",
        "PassAccessToken": False,
        "IncludeCredentials": False,
    }


async def test_nothing_of_either_sides_headers_goes_through() -> None:
    seen: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        headers = {
            "content-type": "application/json",
            "set-cookie": "hmc_console=stolen; Path=/",
            "access-control-allow-origin": "*",
            "x-frame-options": "SAMEORIGIN",
            "location": "http://elsewhere.example/",
        }
        return httpx.Response(404, stream=Whole(b"{}"), headers=headers)

    passed = await served(answer).passed("GET", "/api/v1/namespaces?a=%20b", "gzip")
    assert passed.status_code == 404
    assert set(passed.headers) == {"content-type"}
    assert await body(passed) == b"{}"
    (sent,) = seen
    assert sent.url.raw_path == b"/api/v1/namespaces?a=%20b"
    assert sent.headers["host"] == "ui:8080"
    assert sent.headers["accept-encoding"] == "gzip"
    assert not {"cookie", "authorization", "x-forwarded-for"} & set(sent.headers)


async def test_a_query_passes_the_servers_own_check() -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        assert request.headers["cookie"] == "_csrf=" + request.headers["x-csrf-token"]
        return httpx.Response(200, stream=Whole(request.content))

    asked = await served(answer).passed("POST", "/query", "identity", b'{"a": 1}')
    assert await body(asked) == b'{"a": 1}'


@pytest.mark.parametrize(
    "address",
    ["//evil.example/x", "/\\evil.example", "/@evil.example/", "/x?y=http://evil/#z"],
)
async def test_no_address_leads_to_another_host(address: str) -> None:
    hosts: list[str] = []

    def answer(request: httpx.Request) -> httpx.Response:
        hosts.append(request.url.netloc.decode())
        return httpx.Response(200)

    await served(answer).passed("GET", address, "identity")
    assert hosts == ["ui:8080"]


async def test_the_place_of_the_ui_may_have_a_path() -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        return httpx.Response(200, stream=Whole(request.url.raw_path))

    ui = served(answer, "http://ui/temporal")
    assert await body(await ui.passed("GET", "/api/v1/x", "")) == b"/temporal/api/v1/x"


async def test_a_large_answer_goes_on_piece_by_piece() -> None:
    pieces = Pieces()
    ui = served(lambda request: httpx.Response(200, stream=pieces))
    answer = await ui.passed("GET", "/api/v1/x", "identity")
    assert isinstance(answer, StreamingResponse)
    coming = aiter(answer.body_iterator)
    assert await anext(coming) == b"first"  # the rest is not there yet
    pieces.let.set()
    assert await anext(coming) == b"second"
    with pytest.raises(StopAsyncIteration):
        await anext(coming)
    assert pieces.closed


async def test_what_is_packed_stays_packed() -> None:
    headers = {"content-encoding": "gzip", "content-type": "text/javascript"}
    ui = served(lambda r: httpx.Response(200, stream=Whole(b"packed"), headers=headers))
    answer = await ui.passed("GET", "/_app/x.js", "gzip")
    assert answer.headers["content-encoding"] == "gzip"
    assert await body(answer) == b"packed"


def refused(request: httpx.Request) -> httpx.Response:
    raise httpx.ConnectError("refused", request=request)


def sent_away(request: httpx.Request) -> httpx.Response:
    return httpx.Response(302, headers={"location": "http://169.254.169.254/"})


def no_settings(request: httpx.Request) -> httpx.Response:
    return httpx.Response(200, text="<html>")


@pytest.mark.parametrize("answer", [refused, sent_away])
async def test_a_ui_that_is_not_there_is_said_to_be_down(answer: Answer) -> None:
    ui = served(answer)
    with pytest.raises(Unavailable):
        await ui.page(BASE)
    with pytest.raises(Unavailable):
        await ui.settings(BASE)
    with pytest.raises(Unavailable):
        await ui.passed("GET", "/api/v1/namespaces", "identity")


async def test_what_is_no_ui_is_said_to_be_down() -> None:
    with pytest.raises(Unavailable):
        await served(no_settings).settings(BASE)
    with pytest.raises(Unavailable):
        await served(page).passed("GET", "/x?" + "a" * 70_000, "identity")


async def test_it_is_looked_for_where_the_settings_say() -> None:
    (port,) = free_ports(1)
    address = f"http://127.0.0.1:{port}"
    async with open_temporal_ui(Settings(temporal_ui_url=address)) as ui:
        assert str(ui.http.base_url) == address
        with pytest.raises(Unavailable):
            await ui.page(BASE)
