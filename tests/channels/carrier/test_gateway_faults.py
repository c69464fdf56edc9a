"""Gateways that hang up, babble, drip, flood or say nothing, over real sockets."""

import asyncio
import random
import resource
import struct

import pytest

from channels.carrier.session import WINDOW, SessionLimits
from channels.kit.http import LONGEST_SEND
from core.errors import OutcomeUnknown, ProviderDown
from tests.support.channels.fakes import assert_private, listening
from tests.support.channels.gateways import (
    LONG,
    NAMES,
    PROTOCOLS,
    Call,
    Protocol,
    gateways,
    text_to,
)
from tests.support.sandbox.rig import new_number
from tests.support.waiting import eventually

pytestmark = pytest.mark.parametrize("protocol", PROTOCOLS, ids=NAMES)


async def hangs_up(call: Call) -> None:
    call.writer.close()


async def resets_mid_answer(call: Call) -> None:
    call.writer.write(call.yes[:-3])
    await asyncio.sleep(0.05)
    call.writer.transport.abort()


async def babbles(call: Call) -> None:
    call.writer.write(b"<html><body>13800138000</body></html>")


async def claims_gigabytes(call: Call) -> None:
    call.writer.write(struct.pack(">I", 0xFFFFFFF0) + call.yes[4:])
    flood = bytes(1 << 20)
    for _ in range(64):
        call.writer.write(flood)
        await call.writer.drain()


async def claims_nothing(call: Call) -> None:
    call.writer.write(bytes(64))


async def answers_the_unasked(call: Call) -> None:
    """Answer with a request that only a client makes, then a broken one."""
    call.writer.write(call.protocol.pdu(1 << 31 | 0x7F, call.number, bytes(3)))
    call.writer.write(b"\0\0\0\1")


@pytest.mark.parametrize(
    "fault",
    [
        hangs_up,
        resets_mid_answer,
        babbles,
        claims_gigabytes,
        claims_nothing,
        answers_the_unasked,
    ],
)
async def test_a_fault_in_the_answer_leaves_the_outcome_unknown(
    protocol: Protocol, fault: object
) -> None:
    assert callable(fault)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    # Seen at once: none of the limits has to end it.
    patient = SessionLimits(connect=300, send=300, pdu=300, probe=300)
    async with (
        protocol.gateway(fault) as port,
        protocol.sender(port, patient) as (sender, _),
    ):
        with pytest.raises(OutcomeUnknown) as raised:
            await sender.send(text_to("13800138000"))
    assert_private(raised.value)
    # In kilobytes: 64 MB came, or 4 GB were announced.
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 16 * 1024


async def test_the_others_under_way_are_unknown_too_and_the_next_goes_out(
    protocol: Protocol,
) -> None:
    calls: list[Call] = []

    async def at_submit(call: Call) -> None:
        calls.append(call)
        if len(calls) == 5:
            call.writer.transport.abort()
        elif len(calls) > 5:
            call.writer.write(call.yes)

    async with (
        protocol.gateway(at_submit) as port,
        protocol.sender(port) as (sender, _),
    ):
        sends = [sender.send(text_to(new_number())) for _ in range(5)]
        ends = await asyncio.gather(*sends, return_exceptions=True)
        assert [type(end) for end in ends] == [OutcomeUnknown] * 5
        await sender.send(text_to(new_number()))
    assert len(calls) == 6


async def test_a_long_text_that_broke_off_is_unknown(protocol: Protocol) -> None:
    calls: list[Call] = []

    async def at_submit(call: Call) -> None:
        calls.append(call)
        if len(calls) == 2:
            call.writer.close()
        call.writer.write(call.yes)

    async with (
        protocol.gateway(at_submit) as port,
        protocol.sender(port) as (sender, _),
    ):
        with pytest.raises(OutcomeUnknown):
            await sender.send(text_to(new_number(), LONG))
    assert len(calls) == 2


@pytest.mark.parametrize("octets", [0, 8])
async def test_an_attempt_ends_within_its_time_and_the_next_one_gets_through(
    protocol: Protocol, octets: int
) -> None:
    """A gateway that says nothing, or drips: it is doubted, probed and left."""
    calls: list[Call] = []

    async def at_submit(call: Call) -> None:
        calls.append(call)
        if len(calls) > 1:
            call.writer.write(call.yes)
            return
        for octet in call.yes[:octets]:
            call.writer.write(bytes([octet]))
            await asyncio.sleep(0.2)
        await asyncio.sleep(30)

    assert SessionLimits().send < LONGEST_SEND.total_seconds()
    limits = SessionLimits(send=2.5, pdu=1, probe=0.3)
    async with (
        protocol.gateway(at_submit) as port,
        protocol.sender(port, limits) as (sender, _),
    ):
        with pytest.raises(OutcomeUnknown):
            await sender.send(text_to(new_number()))
        # What came too late is nobody's; the next goes out, as soon as it may.
        await eventually(
            lambda: sender.send(text_to(new_number())),
            despite=(ProviderDown, OutcomeUnknown),
        )


@pytest.mark.parametrize("kind", ["hangs up", "says nothing", "babbles"])
async def test_before_the_sign_in_nothing_was_sent(
    protocol: Protocol, kind: str
) -> None:
    tries = 0

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal tries
        tries += 1
        if kind == "babbles":
            writer.write(b"220 mail.example ESMTP, zhang@mail.example\r\n")
        if kind != "hangs up":
            await asyncio.sleep(30)

    limits = SessionLimits(connect=0.5)
    async with listening(serve) as port, protocol.sender(port, limits) as (sender, _):
        sends = [sender.send(text_to("13800138000")) for _ in range(50)]
        ends = await asyncio.gather(*sends, return_exceptions=True)
    for end in ends:
        assert isinstance(end, ProviderDown)
        assert_private(end)
    assert tries < 5, "they share their tries"


async def test_an_answer_to_nobody_or_twice_changes_nothing(protocol: Protocol) -> None:
    async def at_submit(call: Call) -> None:
        strange = protocol.yes(4, call.number + 1000)
        call.writer.write(strange + call.yes + call.yes)

    async with (
        protocol.gateway(at_submit) as port,
        protocol.sender(port) as (sender, _),
    ):
        for _ in range(3):
            taken = await sender.send(text_to(new_number()))
            assert taken.provider_message_id == "7001"


async def test_answers_find_their_sends_in_any_order(protocol: Protocol) -> None:
    waiting: list[Call] = []

    async def at_submit(call: Call) -> None:
        waiting.append(call)
        if len(waiting) == WINDOW:
            random.Random(7).shuffle(waiting)
            for one in waiting:
                one.writer.write(one.yes.replace(b"7001", b"%04d" % one.number))

    async with (
        protocol.gateway(at_submit) as port,
        protocol.sender(port) as (sender, _),
    ):
        sends = [sender.send(text_to(new_number())) for _ in range(WINDOW)]
        taken = await asyncio.gather(*sends)
    if protocol.name == "smpp":
        ids = [int(each.provider_message_id or "") for each in taken]
        assert ids == sorted(set(ids))


async def test_leaving_waits_for_what_is_under_way(protocol: Protocol) -> None:
    with gateways() as sandbox:
        sandbox.rules({"outcome": "accept", "delay_ms": 300})
        async with protocol.sender(protocol.port(sandbox)) as (sender, _):
            under_way = asyncio.create_task(sender.send(text_to(new_number())))
            await asyncio.sleep(0.1)
            await sender.aclose()
            assert (await under_way).provider_message_id
            with pytest.raises(ProviderDown):
                await sender.send(text_to(new_number()))
