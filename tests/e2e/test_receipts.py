"""The sandbox's providers report to a running centre: before and after the end."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from tests.support.centre.providers import Providers, providers_of, rule
from tests.support.centre.running import Centre, running_centre
from tests.support.centre.system import (
    Document,
    System,
    delivery,
    joined,
    outcomes,
    signed_in,
    somebody,
)
from tests.support.centre.types import ANY, define, message
from tests.support.waiting import eventually

pytestmark = pytest.mark.asyncio(loop_scope="module")
CODE, WAITING = "receipts-any", "receipts-waiting"
POLICY = {
    "strategy": "first_success",
    "channels": [
        {"channel": "wechat", "weight": 0.8},
        {"channel": "sms", "weight": 0.4},
    ],
    "confirm": {
        "wechat": {"receipt": True, "within_seconds": 60},
        "sms": {"receipt": True, "within_seconds": 60},
    },
}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def reporting(
    temporal_cli: Path, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Centre]:
    """A centre whose sandbox reports to it, as `make run` starts one."""
    folder = tmp_path_factory.mktemp("reporting") / "var"
    async with running_centre(folder, sandbox_receipts=True) as running:
        yield running


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def his(reporting: Centre) -> AsyncIterator[System]:
    async with signed_in(reporting) as admin:
        await define(admin, CODE, {**ANY, "voice": 0.3}, strategy="first_success")
        await define(admin, WAITING, {"wechat": 0.8, "sms": 0.4})
        await admin.ask("PUT", f"/admin/message-types/{WAITING}/policy", POLICY)
    async with joined(reporting, "receipts-his") as system:
        yield system


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def providers(reporting: Centre) -> AsyncIterator[Providers]:
    async with providers_of(reporting) as found:
        yield found


async def told(his: System, message_id: str, channel: str, wanted: str) -> Document:
    """Return the document once a delivery's outcome is this."""
    return await eventually(
        lambda: his.status(message_id),
        lambda doc: delivery(doc, channel)["outcome"] == wanted,
    )


@pytest.mark.parametrize(
    ("channel", "rules", "wanted"),
    [
        ("wechat", None, "delivered"),
        ("wechat", "receipt_failed", "failed"),
        ("sms", None, "delivered"),
        ("sms", "receipt_failed", "failed"),
        ("voice", None, "delivered"),
        ("voice", "receipt_delivered", "read"),
        ("voice", "receipt_failed", "failed"),
        ("email", "receipt_failed", "failed"),
        ("workstation", None, "delivered"),
    ],
)
async def test_a_receipt_after_the_end(
    his: System, providers: Providers, channel: str, rules: str | None, wanted: str
) -> None:
    person = somebody()
    await providers.obey(*([rule(person, channel, rules)] if rules else []))
    message_id = await his.send(message(CODE, person, channel))
    doc = await told(his, message_id, channel, wanted)
    assert doc["status"] == "delivered"
    reason = "receipt_failed" if wanted == "failed" else None
    assert outcomes(doc)[channel] == (wanted, reason)


async def test_a_policy_that_waits_goes_by_the_receipts(
    his: System, providers: Providers, reporting: Centre
) -> None:
    person = somebody()
    await providers.obey(rule(person, "wechat", "receipt_failed"))
    message_id = await his.send(message(WAITING, person))
    doc = await his.ended(message_id)
    assert outcomes(doc) == {
        "wechat": ("failed", "receipt_failed"),
        "sms": ("delivered", None),
    }
    steps = [(s["channel"], s["kind"], s["why"]) for s in doc["steps"]]
    assert ("wechat", "passed_over", "receipt_failed") in steps
    async with signed_in(reporting) as admin:
        page = await admin.ask("GET", f"/admin/messages/{message_id}/timeline")
    [wechat, sms] = [
        s for stage in page["items"][0]["stages"] for s in stage["channels"]
    ]
    assert wechat["attempts"][0]["receipt_outcome"] == "failed"
    assert sms["attempts"][0]["receipt_outcome"] == "delivered"
    assert [step["kind"] for step in wechat["steps"]] == ["waited", "passed_over"]


async def test_forged_receipts_change_nothing(
    his: System, providers: Providers, reporting: Centre
) -> None:
    person = somebody()
    await providers.obey(rule(person, "wechat", "no_receipt"))
    message_id = await his.send(message(CODE, person, "wechat"))
    number = delivery(await his.ended(message_id), "wechat")["provider_message_id"]
    event = (
        "<xml><FromUserName>o</FromUserName><Event>TEMPLATESENDJOBFINISH</Event>"
        f"<MsgID>{number}</MsgID><Status>success</Status></xml>"
    )
    async with reporting.http() as http:
        for path, status in (("sandbox-secret", 401), ("another", 404)):
            answer = await http.post(f"/v1/receipts/wechat/{path}", content=event)
            assert answer.status_code == status
        figures = (await http.get("/metrics")).text
    assert 'result="forged"' in figures
    assert delivery(await his.status(message_id), "wechat")["outcome"] == "accepted"
