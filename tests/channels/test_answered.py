"""Whether a provider refused a message, or it never came so far: every channel."""

import asyncio
from collections.abc import Iterator

import httpx
import pytest

from channels.base import Sender
from channels.kit.codes import CodeTable
from channels.kit.http import Answer, ProviderHttp
from channels.provider import SandboxPorts
from core.errors import DeliveryError, ProviderDown
from sandbox.app import create_sandbox
from sandbox.kit.context import Options
from sandbox.server import Ports, running
from tests.support.channels.fakes import NOW, Clock
from tests.support.channels.matrix import CARRIED, OVER_HTTP, Carried, tools
from tests.support.ports import free_ports

BUSY = [c for c in CARRIED if str(c.channel) not in ("workstation", "alipay")]


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Ports]:
    with running(create_sandbox(Options(smtp_port=0, receipt_after=0))) as ports:
        yield ports


async def refusal(sender: Sender, carried: Carried) -> DeliveryError:
    with pytest.raises(DeliveryError) as raised:
        await sender.send(carried.sending())
    return raised.value


@pytest.mark.parametrize("carried", CARRIED, ids=str)
async def test_where_nobody_listens_nothing_was_refused(carried: Carried) -> None:
    port, mail = free_ports(2)
    ports = SandboxPorts(f"http://127.0.0.1:{port}", mail)
    async with tools() as with_:
        error = await refusal(carried.open(ports, with_), carried)
    assert (type(error), error.answered) == (ProviderDown, False)


@pytest.mark.parametrize("carried", OVER_HTTP, ids=str)
async def test_without_a_name_or_a_secure_line_nothing_was_refused(
    carried: Carried, sandbox: Ports
) -> None:
    for url in ("http://nowhere.invalid", sandbox.url.replace("http:", "https:")):
        async with tools() as with_:
            sender = carried.open(SandboxPorts(sandbox.url, 2525), with_, url)
            error = await refusal(sender, carried)
        assert (type(error), error.answered) == (ProviderDown, False)


@pytest.mark.parametrize("carried", BUSY, ids=str)
async def test_what_a_provider_says_of_a_message_is_an_answer(
    carried: Carried, sandbox: Ports
) -> None:
    assert sandbox.smtp
    rule = [{"channel": carried.channel.value, "outcome": "server_error"}]
    async with httpx.AsyncClient(base_url=sandbox.url, trust_env=False) as control:
        await control.put("/_sandbox/rules", json=rule)
    async with tools() as with_:
        sender = carried.open(SandboxPorts(sandbox.url, sandbox.smtp), with_)
        error = await refusal(sender, carried)
    assert (type(error), error.answered) == (ProviderDown, True)


@pytest.mark.parametrize(
    ("status", "code", "answered"),
    [(503, "", False), (500, "", True), (503, "Busy", True), (404, "", True)],
)
async def test_who_has_nobody_behind_refuses_no_message(
    status: int, code: str, answered: bool
) -> None:
    async with httpx.AsyncClient() as http:
        line = ProviderHttp("provider", http, Clock())
        with pytest.raises(DeliveryError) as raised:
            line.check(Answer(status, {}, b""), code=code)
    assert raised.value.answered is answered


def test_a_listed_code_is_an_answer() -> None:
    table = CodeTable("any", {"1": ProviderDown}, ProviderDown)
    assert table.error("1", NOW).answered


async def test_a_mail_server_that_greets_nobody_has_refused_no_letter() -> None:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"421 later\r\n")
        await writer.drain()
        writer.close()

    async with await asyncio.start_server(serve, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        carried = next(c for c in CARRIED if c.provider == "smtp")
        async with tools() as with_:
            sender = carried.open(SandboxPorts("http://127.0.0.1:1", port), with_)
            error = await refusal(sender, carried)
    assert (type(error), error.answered) == (ProviderDown, False)
