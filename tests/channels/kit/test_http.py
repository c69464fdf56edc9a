"""One HTTP call, against a provider at its worst."""

import asyncio
import gzip
import logging
from collections.abc import Awaitable, Callable
from datetime import timedelta

import httpx
import pytest

from channels.kit.http import (
    MOST_BYTES,
    Answer,
    ProviderHttp,
    Slots,
    deadline,
    open_http,
)
from core.errors import (
    ContentRefused,
    DeliveryError,
    Misconfigured,
    OutcomeUnknown,
    ProviderDown,
    RateLimited,
)
from tests.support.channels.fakes import (
    HTML,
    NOW,
    PRIVATE,
    Clock,
    answering,
    assert_private,
    listening,
)

Serve = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]
SECRET_PATH = "/send?to=13800138000&access_token=ZhangSan"


async def call(
    http: httpx.AsyncClient, url: str = "http://provider.example", seconds: float = 8
) -> Answer:
    line = ProviderHttp("provider", http, Clock())
    return await line.call("POST", url + SECRET_PATH, until=deadline(seconds))


async def call_raw(serve: Serve, seconds: float = 1.4) -> Answer:
    async with listening(serve) as port, open_http() as http:
        return await call(http, f"http://127.0.0.1:{port}", seconds)


async def request_read(reader: asyncio.StreamReader) -> None:
    await reader.readuntil(b"\r\n\r\n")


async def closes_at_once(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter
) -> None:
    await request_read(reader)


async def resets(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await request_read(reader)
    writer.transport.abort()


async def hangs(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await request_read(reader)
    await asyncio.sleep(5)


async def drips(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await request_read(reader)
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
    for _ in range(100):
        writer.write(b"x")
        await writer.drain()
        await asyncio.sleep(0.05)


async def answers_half(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter
) -> None:
    await request_read(reader)
    writer.write(b'HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{"errcode":0,')


async def answers_endlessly(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter
) -> None:
    await request_read(reader)
    writer.write(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
    while True:
        writer.write(b"2000\r\n" + b"x" * 0x2000 + b"\r\n")
        await writer.drain()


async def is_no_http(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter
) -> None:
    await request_read(reader)
    writer.write(b"220 mail.example ESMTP\r\n")


@pytest.mark.parametrize(
    "serve",
    [
        closes_at_once,
        resets,
        hangs,
        drips,
        answers_half,
        answers_endlessly,
        is_no_http,
    ],
)
async def test_after_the_bytes_have_left_the_outcome_is_unknown(serve: Serve) -> None:
    with pytest.raises(OutcomeUnknown) as raised:
        await call_raw(serve)
    assert_private(raised.value)


async def test_a_drip_ends_at_the_deadline() -> None:
    began = asyncio.get_running_loop().time()
    with pytest.raises(OutcomeUnknown):
        await call_raw(drips, seconds=1.2)
    assert asyncio.get_running_loop().time() - began < 2


async def test_refused_connection_is_known_not_sent() -> None:
    async with listening(closes_at_once) as port:
        pass
    async with open_http() as http:
        with pytest.raises(ProviderDown) as raised:
            await call(http, f"http://127.0.0.1:{port}")
    assert_private(raised.value)


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        (httpx.ConnectError("13800138000"), ProviderDown),
        (httpx.ConnectTimeout("13800138000"), ProviderDown),
        (httpx.PoolTimeout("13800138000"), ProviderDown),
        (httpx.UnsupportedProtocol("13800138000"), Misconfigured),
        (httpx.LocalProtocolError("13800138000"), Misconfigured),
        (httpx.InvalidURL("13800138000"), Misconfigured),
        (httpx.ReadTimeout("13800138000"), OutcomeUnknown),
        (httpx.WriteTimeout("13800138000"), OutcomeUnknown),
        (httpx.ReadError("13800138000"), OutcomeUnknown),
        (httpx.WriteError("13800138000"), OutcomeUnknown),
        (httpx.RemoteProtocolError("13800138000"), OutcomeUnknown),
        (ConnectionResetError("13800138000"), OutcomeUnknown),
    ],
)
async def test_transport_faults(fault: Exception, error: type[DeliveryError]) -> None:
    def fail(request: httpx.Request) -> httpx.Response:
        raise fault

    async with answering(fail) as http:
        with pytest.raises(DeliveryError) as raised:
            await call(http)
    assert type(raised.value) is error
    assert_private(raised.value)


async def test_a_call_with_no_time_left_is_not_begun() -> None:
    def fail(request: httpx.Request) -> httpx.Response:
        raise AssertionError("was called")

    async with answering(fail) as http:
        with pytest.raises(ProviderDown):
            await call(http, seconds=0.5)


@pytest.mark.parametrize("more", [0, 1])
async def test_answers_are_held_to_64_kib(more: int) -> None:
    body = b"x" * (MOST_BYTES + more)
    async with answering(lambda request: httpx.Response(200, content=body)) as http:
        if more:
            with pytest.raises(OutcomeUnknown):
                await call(http)
        else:
            assert (await call(http)).body == body


async def test_a_compressed_answer_is_not_unpacked() -> None:
    async def bomb(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await request_read(reader)
        body = gzip.compress(b"0" * 50_000_000)
        head = f"Content-Encoding: gzip\r\nContent-Length: {len(body)}"
        writer.write(f"HTTP/1.1 200 OK\r\n{head}\r\n\r\n".encode() + body)

    with pytest.raises(OutcomeUnknown) as raised:
        await call_raw(bomb, seconds=3)
    assert raised.value.code == "compressed"


async def test_no_compressed_answer_is_asked_for_and_no_redirect_followed() -> None:
    seen: list[httpx.Request] = []

    def redirect(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        return httpx.Response(302, headers={"Location": "http://elsewhere.example"})

    async with answering(redirect) as http:
        assert (await call(http)).status == 302
    assert [r.headers["accept-encoding"] for r in seen] == ["identity"]


@pytest.mark.parametrize(
    ("status", "error"),
    [
        (301, Misconfigured),
        (400, Misconfigured),
        (401, Misconfigured),
        (403, Misconfigured),
        (404, Misconfigured),
        (405, Misconfigured),
        (408, ProviderDown),
        (413, ContentRefused),
        (429, RateLimited),
        (500, ProviderDown),
        (502, OutcomeUnknown),
        (503, ProviderDown),
        (504, OutcomeUnknown),
        (599, ProviderDown),
    ],
)
def test_statuses(status: int, error: type[DeliveryError]) -> None:
    line = ProviderHttp("provider", httpx.AsyncClient(), Clock())
    with pytest.raises(DeliveryError) as raised:
        line.check(Answer(status, {}, HTML.encode()))
    assert type(raised.value) is error
    assert raised.value.code == f"HTTP-{status}"


@pytest.mark.parametrize(
    ("status", "headers", "pause"),
    [
        (429, {"retry-after": "7"}, timedelta(seconds=7)),
        (429, {}, timedelta(seconds=30)),
        (503, {"retry-after": "7"}, timedelta(seconds=7)),
        (503, {}, None),
    ],
)
def test_pauses(status: int, headers: dict[str, str], pause: timedelta | None) -> None:
    line = ProviderHttp("provider", httpx.AsyncClient(), lambda: NOW)
    with pytest.raises(DeliveryError) as raised:
        line.check(Answer(status, headers, b""))
    assert raised.value.retry_after == pause


async def test_no_address_reaches_the_log(caplog: pytest.LogCaptureFixture) -> None:
    async def answers(
        reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        await request_read(reader)
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")

    caplog.set_level(logging.DEBUG)
    await call_raw(answers)
    assert not [word for word in PRIVATE if word in caplog.text]


async def test_slots_bound_what_is_under_way() -> None:
    slots = Slots("provider", 3)
    now, most = 0, 0

    async def work() -> None:
        nonlocal now, most
        async with slots.one():
            now += 1
            most = max(most, now)
            await asyncio.sleep(0.01)
            now -= 1

    await asyncio.gather(*(work() for _ in range(20)))
    assert most == 3


async def test_no_slot_in_time_is_a_pause() -> None:
    slots = Slots("provider", 1, patience=0.05)
    async with slots.one():
        with pytest.raises(RateLimited) as raised:
            async with slots.one():
                pass
    assert raised.value.retry_after
    async with slots.one():
        pass
