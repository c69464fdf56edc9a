"""CMPP's and SMPP's senders against the sandbox's gateways."""

import asyncio
from collections.abc import Iterator
from typing import Any

import pytest

from channels.carrier.link import Pace
from core.errors import (
    ContentRefused,
    DeliveryError,
    Misconfigured,
    OutcomeUnknown,
    ProviderDown,
    RateLimited,
    RecipientRefused,
)
from core.words import Outcome
from tests.support.channels.fakes import assert_private
from tests.support.channels.gateways import (
    LONG,
    NAMES,
    PLAIN,
    PROTOCOLS,
    Protocol,
    gateways,
    text_to,
)
from tests.support.sandbox.rig import Rig, new_number


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Rig]:
    with gateways() as running:
        yield running


@pytest.fixture(params=PROTOCOLS, ids=NAMES)
def protocol(request: pytest.FixtureRequest) -> Protocol:
    chosen: Protocol = request.param
    return chosen


async def test_a_text_arrives_and_its_receipt_comes_back(
    sandbox: Rig, protocol: Protocol
) -> None:
    to = new_number()
    async with protocol.sender(protocol.port(sandbox)) as (sender, inbox):
        taken = await sender.send(text_to(to))
        (receipt,) = await inbox.of(taken)
    (entry,) = sandbox.messages(channel="sms", recipient=to)
    assert entry["provider_message_id"] == taken.provider_message_id
    assert entry["provider"] == taken.provider == protocol.name
    request = entry["request"]
    assert isinstance(request, dict)
    assert request["text"] == f"【市第一医院】{PLAIN.body}"
    assert receipt.provider_message_id == taken.provider_message_id
    assert (receipt.outcome, receipt.code) == (Outcome.DELIVERED, "DELIVRD")


async def test_a_long_text_is_one_message_of_parts_each_with_a_receipt(
    sandbox: Rig, protocol: Protocol
) -> None:
    to = new_number()
    async with protocol.sender(protocol.port(sandbox)) as (sender, inbox):
        taken = await sender.send(text_to(to, LONG))
        receipts = await inbox.of(taken)
    (entry,) = sandbox.messages(channel="sms", recipient=to)
    request = entry["request"]
    assert isinstance(request, dict)
    assert request["text"] == f"【市第一医院】{LONG.body}"
    assert len(set(taken.part_ids)) == 3
    assert taken.provider_message_id == taken.part_ids[0]
    assert {r.provider_message_id for r in receipts} == set(taken.part_ids)


async def test_a_failed_receipt_says_why(sandbox: Rig, protocol: Protocol) -> None:
    to = new_number()
    sandbox.rules({"recipient": to, "outcome": "receipt_failed"})
    async with protocol.sender(protocol.port(sandbox)) as (sender, inbox):
        (receipt,) = await inbox.of(await sender.send(text_to(to)))
    assert (receipt.outcome, receipt.code) == (Outcome.FAILED, "UNDELIV")
    assert receipt.reason is not None


@pytest.mark.parametrize(
    ("outcome", "error", "listed"),
    [
        ("reject", ContentRefused, 0),
        ("invalid_recipient", RecipientRefused, 0),
        ("unsubscribed", RecipientRefused, 0),
        ("rate_limit", RateLimited, 0),
        ("expired_token", Misconfigured, 0),
        ("server_error", (ProviderDown, RateLimited), 0),
        ("drop", OutcomeUnknown, 0),
        ("garbage", OutcomeUnknown, 0),
    ],
)
async def test_each_rule_is_told_by_its_class(
    sandbox: Rig,
    protocol: Protocol,
    outcome: str,
    error: type[DeliveryError],
    listed: int,
) -> None:
    to = new_number()
    sandbox.rules({"recipient": to, "outcome": outcome})
    async with protocol.sender(protocol.port(sandbox)) as (sender, _):
        with pytest.raises(error) as raised:
            await sender.send(text_to(to))
        assert_private(raised.value)
        # Whatever it was, the next one goes out.
        await sender.send(text_to(new_number()))
    assert len(sandbox.messages(recipient=to)) == listed


async def test_no_receipt_comes_where_a_rule_says_so(
    sandbox: Rig, protocol: Protocol
) -> None:
    to = new_number()
    sandbox.rules({"recipient": to, "outcome": "no_receipt"})
    async with protocol.sender(protocol.port(sandbox)) as (sender, inbox):
        silent = await sender.send(text_to(to))
        await inbox.of(await sender.send(text_to(new_number())))
    assert not inbox.so_far(silent)


async def test_a_receipt_that_is_not_taken_in_comes_again(protocol: Protocol) -> None:
    with gateways(retry_scale=1 / 600) as sandbox:
        async with protocol.sender(protocol.port(sandbox)) as (sender, inbox):
            inbox.failures = 1
            await inbox.of(await sender.send(text_to(new_number())))


async def test_receipts_come_over_a_later_connection(protocol: Protocol) -> None:
    with gateways(receipt_after=0.3) as sandbox:
        port = protocol.port(sandbox)
        async with protocol.sender(port) as (sender, _):
            taken = await sender.send(text_to(new_number()))
        async with protocol.sender(port) as (sender, inbox):
            await inbox.of(taken, await sender.send(text_to(new_number())))


@pytest.mark.parametrize(
    ("name", "wrong"),
    [
        ("cmpp", {"secret": "another"}),
        ("cmpp", {"source_addr": "others"}),
        ("smpp", {"password": "another"}),
        ("smpp", {"system_id": "others"}),
    ],
)
async def test_a_wrong_key_is_a_configuration_error_and_is_not_hammered(
    sandbox: Rig, name: str, wrong: dict[str, Any]
) -> None:
    protocol = Protocol(name)
    async with protocol.sender(protocol.port(sandbox), **wrong) as (sender, _):
        for _ in range(20):
            with pytest.raises(Misconfigured):
                await sender.send(text_to(new_number()))


async def test_sixteen_are_under_way_at_once(protocol: Protocol) -> None:
    with gateways() as sandbox:
        sandbox.rules({"outcome": "accept", "delay_ms": 200})
        async with protocol.sender(protocol.port(sandbox)) as (sender, _):
            await sender.send(text_to(new_number()))
            loop = asyncio.get_running_loop()
            began = loop.time()
            sends = (sender.send(text_to(new_number())) for _ in range(32))
            await asyncio.gather(*sends)
            took = loop.time() - began
        assert len(sandbox.messages()) == 33
    # One hundred a second at most, sixteen each 200 ms: two rounds.
    assert 0.4 <= took < 1.2


async def test_a_speed_is_kept(sandbox: Rig, protocol: Protocol) -> None:
    port = protocol.port(sandbox)
    async with protocol.sender(port, parts_per_second=20) as (sender, _):
        loop = asyncio.get_running_loop()
        began = loop.time()
        sends = (sender.send(text_to(new_number())) for _ in range(11))
        await asyncio.gather(*sends)
        assert loop.time() - began >= 0.5


async def test_more_than_the_speed_can_carry_is_told_to_come_later() -> None:
    pace = Pace("cmpp", 0.2)
    await pace.one()
    with pytest.raises(RateLimited):
        await pace.one()


async def test_nobody_listening_is_known_not_sent(protocol: Protocol) -> None:
    with gateways() as sandbox:
        port = protocol.port(sandbox)
    async with protocol.sender(port) as (sender, _):
        with pytest.raises(ProviderDown) as raised:
            await sender.send(text_to(new_number()))
    assert_private(raised.value)


async def test_a_text_no_gateway_takes_is_refused_before(
    sandbox: Rig, protocol: Protocol
) -> None:
    too_long = PLAIN.model_copy(update={"body": "长" * 700})
    async with protocol.sender(protocol.port(sandbox)) as (sender, _):
        with pytest.raises(ContentRefused):
            await sender.send(text_to(new_number(), too_long))
