"""Aliyun's calls: the vendor's SDK and our sender ask the sandbox how one ended."""

import time
from collections.abc import Iterator
from typing import Any

import pytest

# The vendor's packages carry no types.
from alibabacloud_dyvmsapi20170525 import models  # type: ignore[import-untyped]
from alibabacloud_dyvmsapi20170525.client import Client  # type: ignore[import-untyped]
from alibabacloud_tea_openapi import utils_models  # type: ignore[import-untyped]

from channels.aliyun.voice import AliyunVoiceSender
from channels.base import Acceptance
from channels.provider import SandboxPorts
from core.errors import RecipientRefused
from core.words import Channel
from sandbox.kit.context import Options
from tests.support.channels.matrix import Carried, tools
from tests.support.sandbox.rig import SECRET, Clock, Rig, aliyun, new_number, rig

# Within the minutes that a signature may be old.
RECEIPT_AFTER = 20
CLOCK = Clock()
PRODUCT = 11010000138001


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Rig]:
    with rig(Options(clock=CLOCK, receipt_after=RECEIPT_AFTER)) as running:
        yield running


@pytest.fixture(autouse=True)
def _fresh(sandbox: Rig) -> None:
    sandbox.reset()


def vendor(sandbox: Rig) -> Any:
    """Return the vendor's own client, pointed at the sandbox."""
    config = utils_models.Config(
        access_key_id="sandbox",
        access_key_secret=SECRET,
        endpoint=sandbox.url.removeprefix("http://"),
        protocol="http",
    )
    return Client(config)


def test_the_vendors_sdk_calls_and_asks(sandbox: Rig) -> None:
    number, client = new_number(), vendor(sandbox)
    call = models.SingleCallByTtsRequest(
        called_number=number,
        tts_code="TTS_1",
        tts_param='{"ward": "七 病区"}',
        play_times=2,
        out_id="abcdefghijklmno",
    )
    placed = client.single_call_by_tts(call).body
    assert placed.code == "OK"
    [item] = sandbox.messages(channel="voice", recipient=number)
    assert item["provider_message_id"] == placed.call_id
    asked = models.QueryCallDetailByCallIdRequest(
        call_id=placed.call_id,
        prod_id=PRODUCT,
        query_date=int((time.time() - 3600) * 1000),
    )
    assert "state" not in client.query_call_detail_by_call_id(asked).body.data
    CLOCK.pass_by(RECEIPT_AFTER)
    found = client.query_call_detail_by_call_id(asked).body
    assert (found.code, '"state": "200000"' in found.data) == ("OK", True)


@pytest.mark.parametrize(
    "fields",
    [{"ProdId": "11000000300006"}, {"QueryDate": "20261123"}, {"QueryDate": ""}],
)
def test_a_question_that_is_not_well_formed(
    sandbox: Rig, fields: dict[str, str]
) -> None:
    params = {"CallId": "1^1", "ProdId": str(PRODUCT), "QueryDate": "1764000000000"}
    answer = aliyun(sandbox, "QueryCallDetailByCallId", params | fields).json()
    assert answer["Code"] in {"isv.INVALID_PARAMETERS", "MissingQueryDate"}


async def test_our_sender_asks(sandbox: Rig) -> None:
    ports = SandboxPorts(sandbox.url, 0)
    async with tools() as with_:
        carried = Carried(Channel.VOICE, "aliyun")
        sender = carried.open(ports, with_)
        assert isinstance(sender, AliyunVoiceSender)
        said: list[object] = []
        for outcome in ("accept", "no_receipt", "receipt_failed"):
            sandbox.rules({"channel": "voice", "outcome": outcome})
            what = carried.sending()
            number = (await sender.send(what)).provider_message_id
            CLOCK.pass_by(RECEIPT_AFTER)
            asked = what.model_copy(update={"provider_message_id": number})
            try:
                taken = await sender.ask(asked)
            except RecipientRefused as error:
                said.append(error.code)
            else:
                assert isinstance(taken, Acceptance)
                said.append(taken.delivered)
    assert said == [True, False, "200003"]
