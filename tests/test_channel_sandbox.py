"""Every sender against every outcome of the provider sandbox, over real sockets."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Iterator, Mapping
from uuid import UUID, uuid4

import httpx
import pytest

from channels import open_sender, sandbox_accounts
from channels.base import Sender, Sending, Taken
from channels.http import open_http
from channels.provider import SandboxPorts, Tools
from channels.sms import AliyunSmsSender
from core.errors import (
    ContentRefused,
    DeliveryError,
    Misconfigured,
    OutcomeUnknown,
    ProviderDown,
    RateLimited,
    RecipientRefused,
)
from core.words import Channel
from sandbox.app import create_sandbox
from sandbox.desk import Options
from sandbox.server import Ports, running
from tests.channel_fakes import assert_private, sending

CHANNELS = (
    Channel.SMS,
    Channel.WECHAT,
    Channel.WECOM,
    Channel.EMAIL,
    Channel.WORKSTATION,
)
# A full or hurried mailbox is a retry like any other 4xx (channels/email.py).
BUT: Mapping[tuple[str, Channel], type[DeliveryError]] = {
    ("rate_limit", Channel.EMAIL): ProviderDown
}
OUTCOMES: Mapping[str, type[DeliveryError]] = {
    "reject": ContentRefused,
    "invalid_recipient": RecipientRefused,
    "unsubscribed": RecipientRefused,
    "rate_limit": RateLimited,
    "server_error": ProviderDown,
    "drop": OutcomeUnknown,
    "garbage": OutcomeUnknown,
    "expired_token": Misconfigured,
}


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Ports]:
    with running(create_sandbox(Options(smtp_port=0, receipt_after=0))) as ports:
        yield ports


@pytest.fixture
async def control(sandbox: Ports) -> AsyncIterator[httpx.AsyncClient]:
    """Return a client of the sandbox's own paths; rules and list are empty."""
    async with httpx.AsyncClient(base_url=sandbox.url, trust_env=False) as client:
        await client.put("/_sandbox/rules", json=[])
        await client.delete("/_sandbox/messages")
        yield client


@pytest.fixture
async def senders(sandbox: Ports) -> AsyncIterator[Mapping[Channel, Sender]]:
    async def deposit(sending: Sending) -> None:
        raise AssertionError("the inbox is not asked")

    assert sandbox.smtp
    async with open_http() as http:
        accounts = sandbox_accounts(SandboxPorts(sandbox.url, sandbox.smtp))
        tools = Tools(http, deposit)
        yield {a.channel: open_sender(a, tools) for a in accounts if a.enabled}


async def rule(control: httpx.AsyncClient, outcome: str, **more: object) -> None:
    answer = await control.put("/_sandbox/rules", json=[{"outcome": outcome, **more}])
    answer.raise_for_status()


async def listed(control: httpx.AsyncClient) -> Counter[str]:
    """Return how many messages of each channel the sandbox took."""
    items = (await control.get("/_sandbox/messages")).json()["items"]
    return Counter(item["channel"] for item in items)


@pytest.mark.parametrize("channel", CHANNELS)
@pytest.mark.parametrize("outcome", OUTCOMES)
async def test_refusals(
    control: httpx.AsyncClient,
    senders: Mapping[Channel, Sender],
    channel: Channel,
    outcome: str,
) -> None:
    await rule(control, outcome)
    with pytest.raises(DeliveryError) as raised:
        await senders[channel].send(sending(channel, id=uuid4()))
    assert type(raised.value) is BUT.get((outcome, channel), OUTCOMES[outcome])
    assert_private(raised.value)
    assert not await listed(control)


async def test_taken_and_what_a_repeat_does(
    control: httpx.AsyncClient, senders: Mapping[Channel, Sender]
) -> None:
    for channel in CHANNELS:
        what = sending(channel, id=uuid4())
        taken = [await senders[channel].send(what) for _ in range(2)]
        assert all(isinstance(t, Taken) and t.provider_message_id for t in taken)
    # One where the provider drops a repeat, as the sender's window says.
    assert await listed(control) == {
        channel.value: 2 if senders[channel].dedupe_window is None else 1
        for channel in CHANNELS
    }


@pytest.mark.parametrize(
    "channel", [Channel.SMS, Channel.WECHAT, Channel.WECOM, Channel.WORKSTATION]
)
async def test_one_token_error_is_mended_on_the_spot(
    control: httpx.AsyncClient, senders: Mapping[Channel, Sender], channel: Channel
) -> None:
    await rule(control, "expired_token", times=1)
    await senders[channel].send(sending(channel, id=uuid4()))
    assert await listed(control) == {channel.value: 1}


async def test_many_sends_share_one_token(
    control: httpx.AsyncClient, senders: Mapping[Channel, Sender]
) -> None:
    before = Counter((await control.get("/_sandbox/tokens")).json())
    sends = (
        senders[channel].send(sending(channel, id=UUID(int=n)))
        for channel in (Channel.WECHAT, Channel.WECOM)
        for n in range(1, 101)
    )
    await asyncio.gather(*sends)
    after = Counter((await control.get("/_sandbox/tokens")).json())
    assert after - before == {"wechat": 1, "wecom": 1}


async def test_what_became_of_a_short_message(
    control: httpx.AsyncClient, senders: Mapping[Channel, Sender]
) -> None:
    sms = senders[Channel.SMS]
    assert isinstance(sms, AliyunSmsSender)
    what = [sending(Channel.SMS, id=uuid4()) for _ in range(4)]
    for one, outcome in zip(
        what, ["receipt_delivered", "no_receipt", "receipt_failed"], strict=False
    ):
        await rule(control, outcome)
        await sms.send(one)
    assert await sms.ask(what[0]) == Taken(provider="aliyun", delivered=True)
    assert await sms.ask(what[1]) == Taken(provider="aliyun")
    with pytest.raises(RecipientRefused):
        await sms.ask(what[2])
    assert await sms.ask(what[3]) is None
