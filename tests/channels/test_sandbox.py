"""Every sender against every outcome of the provider sandbox, over real sockets."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterator
from uuid import UUID

import httpx
import pytest

from channels.aliyun.sms import AliyunSmsSender
from channels.base import Acceptance, Recalling, Sender
from channels.provider import SandboxPorts
from core.errors import DeliveryError, OutcomeUnknown, RecipientRefused
from sandbox.app import create_sandbox
from sandbox.kit.context import Options
from sandbox.server import Ports, running
from tests.support.channels.fakes import assert_private
from tests.support.channels.matrix import CARRIED, OUTCOMES, Carried, tools

Open = Callable[[Carried], Sender]
SENDERS = pytest.mark.parametrize("carried", CARRIED, ids=str)


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Ports]:
    with running(
        create_sandbox(Options(smtp_port=0, receipt_after=0, hold_seconds=0.2))
    ) as ports:
        yield ports


@pytest.fixture
async def control(sandbox: Ports) -> AsyncIterator[httpx.AsyncClient]:
    """Return a client of the sandbox's own paths; rules and list are empty."""
    async with httpx.AsyncClient(base_url=sandbox.url, trust_env=False) as client:
        await client.put("/_sandbox/rules", json=[])
        await client.delete("/_sandbox/messages")
        yield client


@pytest.fixture
async def opened(sandbox: Ports) -> AsyncIterator[Open]:
    """Return what opens a row's sender at the sandbox."""
    assert sandbox.smtp
    ports = SandboxPorts(sandbox.url, sandbox.smtp)
    async with tools() as with_:
        yield lambda carried: carried.open(ports, with_)


async def rule(control: httpx.AsyncClient, outcome: str, **more: object) -> None:
    answer = await control.put("/_sandbox/rules", json=[{"outcome": outcome, **more}])
    answer.raise_for_status()


async def listed(control: httpx.AsyncClient) -> Counter[str]:
    """Return how many messages of each channel the sandbox took."""
    items = (await control.get("/_sandbox/messages")).json()["items"]
    return Counter(item["channel"] for item in items)


@SENDERS
@pytest.mark.parametrize("outcome", OUTCOMES)
async def test_refusals(
    control: httpx.AsyncClient, opened: Open, carried: Carried, outcome: str
) -> None:
    await rule(control, outcome)
    with pytest.raises(DeliveryError) as raised:
        await opened(carried).send(carried.sending())
    assert type(raised.value) is carried.kind_of(outcome, OUTCOMES[outcome])
    assert_private(raised.value)
    assert not await listed(control)


@SENDERS
async def test_taken_and_what_a_repeat_does(
    control: httpx.AsyncClient, opened: Open, carried: Carried
) -> None:
    sender, what = opened(carried), carried.sending()
    taken = [await sender.send(what) for _ in range(2)]
    assert all(t.provider == carried.provider for t in taken)
    assert all(bool(t.provider_message_id) is carried.numbers for t in taken)
    # One where the provider drops a repeat, as the sender's window says.
    once = sender.dedupe_window is not None
    assert await listed(control) == {carried.channel.value: 1 if once else 2}


@SENDERS
async def test_no_answer_after_it_was_taken_is_an_unknown_outcome(
    control: httpx.AsyncClient, opened: Open, carried: Carried
) -> None:
    await rule(control, "timeout")
    with pytest.raises(OutcomeUnknown) as raised:
        await opened(carried).send(carried.sending())
    assert_private(raised.value)
    assert await listed(control) == {carried.channel.value: 1}


@pytest.mark.parametrize("carried", [c for c in CARRIED if c.renews], ids=str)
async def test_one_token_error_is_mended_on_the_spot(
    control: httpx.AsyncClient, opened: Open, carried: Carried
) -> None:
    await rule(control, "expired_token", times=1)
    await opened(carried).send(carried.sending())
    assert await listed(control) == {carried.channel.value: 1}


async def test_many_sends_share_one_token(
    control: httpx.AsyncClient, opened: Open
) -> None:
    rows = [c for c in CARRIED if c.provider in ("wechat", "wecom")]
    senders = [(carried, opened(carried)) for carried in rows]
    before = Counter((await control.get("/_sandbox/tokens")).json())
    sends = (
        sender.send(carried.sending(UUID(int=n)))
        for carried, sender in senders
        for n in range(1, 101)
    )
    await asyncio.gather(*sends)
    after = Counter((await control.get("/_sandbox/tokens")).json())
    assert after - before == {"wechat": 1, "wecom": 1}


async def test_what_became_of_a_short_message(
    control: httpx.AsyncClient, opened: Open
) -> None:
    sms = opened(CARRIED[0])
    assert isinstance(sms, AliyunSmsSender)
    what = [CARRIED[0].sending() for _ in range(4)]
    for one, outcome in zip(
        what, ["receipt_delivered", "no_receipt", "receipt_failed"], strict=False
    ):
        await rule(control, outcome)
        await sms.send(one)
    assert await sms.ask(what[0]) == Acceptance(provider="aliyun", delivered=True)
    assert await sms.ask(what[1]) == Acceptance(provider="aliyun")
    with pytest.raises(RecipientRefused):
        await sms.ask(what[2])
    assert await sms.ask(what[3]) is None


async def test_wecom_takes_a_card_back(
    control: httpx.AsyncClient, opened: Open
) -> None:
    carried = next(c for c in CARRIED if c.provider == "wecom")
    wecom = opened(carried)
    taken = await wecom.send(carried.sending())
    assert isinstance(wecom, Recalling)
    assert taken.provider_message_id
    assert await wecom.recall(taken.provider_message_id)
    (item,) = (await control.get("/_sandbox/messages")).json()["items"]
    assert item["recalled"]
    assert not await wecom.recall("another")
