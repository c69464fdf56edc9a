"""Receipts at their address: who may report, and what a report changes."""

import json
from uuid import UUID

import httpx
import pytest

from centre.delivery import attempt_queries, attempt_writes
from centre.delivery.models import Attempt
from centre.messages import queries as messages
from channels.aliyun.voice import out_id
from channels.weixin.crypto import sign
from core.clock import utc_now
from core.models import MessageStatus, delivery_id
from core.words import Channel, Outcome, Role, Status
from tests.support.api.rig import Rig, problem

SMS = "/v1/receipts/sms/sandbox-secret"


async def sent(rig: Rig, channel: Channel = Channel.SMS, number: str = "biz-1") -> UUID:
    """Send a message that the provider took; return its id."""
    message_id = await rig.sent(await rig.client())
    await taken(rig, message_id, channel, number)
    return message_id


async def taken(
    rig: Rig, message_id: UUID, channel: Channel = Channel.SMS, number: str = "biz-1"
) -> None:
    provider = {Channel.SMS: "aliyun"}.get(channel, str(channel))
    async with rig.context.store.sessions.begin() as session:
        begun = await attempt_writes.begin_attempt(
            session,
            delivery_id=delivery_id(message_id, channel, 1),
            message_id=message_id,
            channel=channel,
            provider=provider,
        )
        await attempt_writes.end_attempt(
            session, begun.id, "accepted", provider_message_id=number
        )


def report(number: str = "biz-1", success: bool = True, **more: object) -> bytes:
    code = "DELIVERED" if success else "MOBILE_NOT_ON_SERVICE"
    one = {
        "phone_number": "13800138000",
        "report_time": "2026-11-25 11:00:00",
        "success": success,
        "err_code": code,
        "biz_id": number,
    }
    return json.dumps([one | more]).encode()


async def push(rig: Rig, body: bytes, to: str = SMS) -> httpx.Response:
    headers = {"content-type": "application/json"}
    return await rig.http.post(to, content=body, headers=headers)


async def outcome(rig: Rig, message_id: UUID) -> Outcome:
    doc = rig.flows.docs[message_id]
    return doc.delivery(Channel.SMS).outcome


async def attempt(rig: Rig, message_id: UUID) -> Attempt:
    async with rig.context.store.sessions() as session:
        [made] = await attempt_queries.attempts_of_message(session, message_id)
    return made


async def stored(rig: Rig, message_id: UUID) -> MessageStatus:
    async with rig.context.store.sessions() as session:
        found = await messages.find(session, message_id)
    assert found is not None
    return found.status


async def counted(rig: Rig, result: str) -> float:
    text = (await rig.http.get("/metrics")).text
    lines = [li for li in text.splitlines() if f'result="{result}"' in li]
    return sum(float(li.rsplit(" ", 1)[1]) for li in lines if "_total" in li)


async def test_a_receipt_moves_its_delivery_and_is_kept(rig: Rig) -> None:
    message_id = await sent(rig)
    answer = await push(rig, report())
    assert (answer.status_code, answer.json()["code"]) == (200, 0)
    assert await outcome(rig, message_id) is Outcome.DELIVERED
    kept = await attempt(rig, message_id)
    assert (kept.receipt_outcome, kept.receipt_code) == (Outcome.DELIVERED, "DELIVERED")
    assert kept.receipt_at is not None
    assert await counted(rig, "applied") == 1


async def test_a_repeated_receipt_is_one_signal(rig: Rig) -> None:
    message_id = await sent(rig)
    for _ in range(100):
        assert (await push(rig, report())).status_code == 200
    assert len(rig.flows.orders) == 1
    assert await outcome(rig, message_id) is Outcome.DELIVERED


async def test_an_outcome_only_moves_forward(rig: Rig) -> None:
    message_id = await sent(rig)
    await push(rig, report(success=True))
    await push(rig, report(success=False))
    assert await outcome(rig, message_id) is Outcome.DELIVERED
    assert (await attempt(rig, message_id)).receipt_code == "DELIVERED"


async def test_a_receipt_is_found_by_our_own_id_too(rig: Rig) -> None:
    message_id = await sent(rig)
    ours = str(delivery_id(message_id, Channel.SMS, 1))
    await push(rig, report("never-told", out_id=ours))
    assert await outcome(rig, message_id) is Outcome.DELIVERED


async def test_a_call_is_found_by_its_short_number_while_its_own_is_not_known(
    rig: Rig,
) -> None:
    message_id = await rig.sent(await rig.client())
    delivery = delivery_id(message_id, Channel.VOICE, 1)
    async with rig.context.store.sessions.begin() as session:
        begun = await attempt_writes.begin_attempt(
            session,
            delivery_id=delivery,
            message_id=message_id,
            channel=Channel.VOICE,
            provider="aliyun",
            reference=out_id(delivery),
        )
        await attempt_writes.end_attempt(session, begun.id, "unknown")
    heard = {"call_id": "1^1", "status_code": "200000", "out_id": out_id(delivery)}
    for called in ({**heard, "out_id": "another"}, heard):
        to = "/v1/receipts/voice/sandbox-secret"
        answer = await push(rig, json.dumps([called]).encode(), to)
        assert answer.status_code == 200
    assert (await attempt(rig, message_id)).receipt_outcome is Outcome.DELIVERED
    assert await counted(rig, "applied") == await counted(rig, "parked") == 1


async def test_a_receipt_before_the_row_waits_for_it(rig: Rig) -> None:
    assert (await push(rig, report())).status_code == 200
    assert (await push(rig, report())).status_code == 200
    assert await counted(rig, "parked") == 2
    message_id = await sent(rig)
    await push(rig, report())
    assert await outcome(rig, message_id) is Outcome.DELIVERED


@pytest.mark.parametrize("status", [Status.DELIVERED, Status.FAILED])
async def test_a_receipt_after_the_end(rig: Rig, status: Status) -> None:
    message_id = await sent(rig)
    if status is Status.FAILED:
        rig.flows.fail(message_id)
    else:
        rig.flows.stand(message_id, Status.DELIVERING)
        rig.flows.stand(message_id, Status.DELIVERED)
    await rig.record(message_id)
    rig.flows.ended.add(message_id)
    await push(rig, report())
    doc = await stored(rig, message_id)
    assert doc.delivery(Channel.SMS).outcome is Outcome.DELIVERED
    assert doc.status is Status.DELIVERED
    assert doc.resendable_until is None
    assert not rig.flows.orders


@pytest.mark.parametrize("status", [Status.DELIVERED, Status.FAILED])
async def test_a_client_is_told_once_of_an_end_that_came_after_the_end(
    rig: Rig, status: Status
) -> None:
    callback = {"url": "http://10.0.0.5:8080/cb", "allow": ["10.0.0.0/8:8080"]}
    message_id = await rig.sent(await rig.client("emr", callback=callback))
    await taken(rig, message_id)
    rig.flows.stand(message_id, status)
    await rig.record(message_id)
    rig.flows.ended.add(message_id)
    for success in (False, True, True):
        await push(rig, report(success=success))
    news = [] if status is Status.DELIVERED else [(message_id, Status.DELIVERED)]
    assert rig.flows.told == news


async def test_a_receipt_of_an_earlier_run_leaves_the_later_one(rig: Rig) -> None:
    message_id = await sent(rig)
    rig.flows.fail(message_id)
    operator = await rig.person(Role.OPERATOR)
    answer = await rig.http.post(
        f"/v1/messages/{message_id}/resend",
        json={"reason": "again"},
        headers=operator,
    )
    assert answer.status_code < 300
    await push(rig, report())
    assert await outcome(rig, message_id) is Outcome.PENDING
    assert (await attempt(rig, message_id)).receipt_outcome is Outcome.DELIVERED


@pytest.mark.parametrize(
    "path",
    [
        "/v1/receipts/sms/wrong",
        "/v1/receipts/fax/sandbox-secret",
        "/v1/receipts/voice/x",
        "/v1/receipts/inbox/sandbox-secret",
        "/v1/receipts/sms/" + "x" * 64,
    ],
)
async def test_a_wrong_address_says_nothing(rig: Rig, path: str) -> None:
    message_id = await sent(rig)
    wrong = problem(await push(rig, report(), to=path), 404)
    other = problem(await push(rig, b"<xml/>", to="/v1/receipts/qq/y"), 404)
    drop = ("instance",)
    assert {k: v for k, v in wrong.items() if k not in drop} == {
        k: v for k, v in other.items() if k not in drop
    }
    assert await outcome(rig, message_id) is Outcome.PENDING
    assert await counted(rig, "unknown_address") == 2


@pytest.mark.parametrize(
    "body", [b"", b"{", b"{}", b"[1]", b"[" * 50_000, b"\xff\xfe", b'"x"', b"<a/>"]
)
async def test_a_body_that_is_no_report(rig: Rig, body: bytes) -> None:
    problem(await push(rig, body), 400)
    assert await counted(rig, "malformed") == 1


async def test_a_body_too_large(rig: Rig) -> None:
    problem(await push(rig, b" " * (1024 * 1024 + 1)), 413)


async def test_temporal_away_is_told_so_that_it_comes_again(rig: Rig) -> None:
    message_id = await sent(rig)
    rig.flows.down = True
    problem(await push(rig, report()), 503)
    assert (await attempt(rig, message_id)).receipt_outcome is None
    rig.flows.down = False
    assert (await push(rig, report())).status_code == 200
    assert await outcome(rig, message_id) is Outcome.DELIVERED


async def test_another_channels_number_changes_nothing(rig: Rig) -> None:
    message_id = await sent(rig, Channel.WECHAT, "biz-1")
    assert (await push(rig, report())).status_code == 200
    assert (await attempt(rig, message_id)).receipt_outcome is None
    assert not rig.flows.orders


async def test_wechat_tests_the_address(rig: Rig) -> None:
    stamp = str(int(utc_now().timestamp()))
    query = {
        "signature": sign("sandbox-secret", stamp, "n"),
        "timestamp": stamp,
        "nonce": "n",
        "echostr": "5412786",
    }
    address = "/v1/receipts/wechat/sandbox-secret"
    answer = await rig.http.get(address, params=query)
    assert (answer.status_code, answer.text) == (200, "5412786")
    problem(await rig.http.get(address, params=query | {"nonce": "m"}), 401)
    problem(await rig.http.get(SMS, params=query), 400)
