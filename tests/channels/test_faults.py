"""Every sender over HTTP against every fault of a provider, over real sockets."""

import asyncio
import tracemalloc
from collections.abc import Iterator

import pytest

from channels.kit.http import LONGEST_SEND
from channels.provider import SandboxPorts, Tools
from core.errors import DeliveryError, OutcomeUnknown
from sandbox.app import create_sandbox
from sandbox.kit.context import Options
from sandbox.server import Ports, running
from tests.support.channels.fakes import assert_private
from tests.support.channels.faults import QUICK, SLOW, Fault, bomb, faulty
from tests.support.channels.matrix import OVER_HTTP, Carried, tools

NOWHERE = SandboxPorts("http://provider.example", 2525)
FLAT = 8 << 20


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Ports]:
    with running(create_sandbox(Options(smtp_port=0))) as ports:
        yield ports


async def failure(carried: Carried, fault: Fault, with_: Tools) -> DeliveryError:
    """Return what a send raises at a provider with this fault."""
    async with faulty(fault) as url:
        sender = carried.open(NOWHERE, with_, url)
        with pytest.raises(DeliveryError) as raised:
            await sender.send(carried.sending())
    assert_private(raised.value)
    return raised.value


@pytest.mark.parametrize("carried", OVER_HTTP, ids=str)
@pytest.mark.parametrize("name", QUICK)
async def test_what_a_fault_comes_to(carried: Carried, name: str) -> None:
    fault, expected = QUICK[name]
    async with tools() as with_:
        raised = await failure(carried, fault, with_)
    assert type(raised) is carried.kind_of(name, expected.kind)
    assert raised.retry_after == expected.pause


async def test_a_packed_answer_is_not_unpacked() -> None:
    fault, _ = QUICK["a packed answer"]
    assert len(bomb()) < 1 << 20
    tracemalloc.start()
    try:
        async with tools() as with_:
            for carried in OVER_HTTP:
                assert (await failure(carried, fault, with_)).code == "compressed"
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < FLAT


async def test_slow_answers_end_in_time_and_hold_up_nobody_else(sandbox: Ports) -> None:
    assert sandbox.smtp
    ports = SandboxPorts(sandbox.url, sandbox.smtp)
    loop = asyncio.get_running_loop()
    began = loop.time()
    async with tools() as with_:
        slow = [
            asyncio.create_task(failure(carried, fault, with_))
            for carried in OVER_HTTP
            for fault in SLOW.values()
        ]
        await asyncio.sleep(0.1)
        for carried in OVER_HTTP:
            await carried.open(ports, with_).send(carried.sending())
        assert not any(task.done() for task in slow)
        raised = await asyncio.gather(*slow)
    assert loop.time() - began < LONGEST_SEND.total_seconds()
    assert {type(error) for error in raised} == {OutcomeUnknown}
