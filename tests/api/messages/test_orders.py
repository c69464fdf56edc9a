"""Cancelling and sending again: who may, in which states, and what is recorded."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest

from core.models import Cancel, Resend
from core.words import Channel, Role, Status
from tests.support.api.rig import Headers, Rig, pointers, problem

WHY = {"reason": "gateway was down"}


async def order(
    rig: Rig, message_id: UUID, what: str, headers: Headers, body: Any = None
) -> httpx.Response:
    path = f"/v1/messages/{message_id}/{what}"
    return await rig.http.post(path, json=body, headers=headers)


async def audited(rig: Rig) -> list[tuple[str, str, str]]:
    admin = await rig.person(Role.ADMIN)
    answer = await rig.http.get("/v1/admin/audit", headers=admin)
    rows = answer.json()["items"]
    return [
        (row["actor"]["who"], row["action"], row["target"])
        for row in rows
        if row["target"].startswith("messages/")
    ]


async def test_a_client_cancels_its_message(rig: Rig) -> None:
    his = await rig.client("his")
    message_id = await rig.sent(his)
    answer = await order(rig, message_id, "cancel", his)
    assert (answer.status_code, answer.json()["status"]) == (202, "cancelled")
    assert rig.flows.orders == [("cancel", message_id, Cancel(by="his"))]
    again = await order(rig, message_id, "cancel", his)
    assert "cancelled" in problem(again, 409)["detail"]
    assert await audited(rig) == []


async def test_a_cancel_that_no_worker_hears_yet_is_taken(rig: Rig) -> None:
    his = await rig.client("his")
    message_id = await rig.sent(his)
    await rig.record(message_id)
    rig.flows.silent = True
    answer = await order(rig, message_id, "cancel", his)
    assert (answer.status_code, answer.json()["source"]) == (202, "store")
    assert rig.flows.orders == [("cancel", message_id, Cancel(by="his"))]


@pytest.mark.parametrize("status", [Status.DELIVERED, Status.EXPIRED])
async def test_what_is_over_can_not_be_cancelled(rig: Rig, status: Status) -> None:
    his = await rig.client("his")
    message_id = await rig.sent(his)
    rig.flows.stand(message_id, status)
    refused = await order(rig, message_id, "cancel", his)
    assert status in problem(refused, 409)["detail"]
    assert not rig.flows.orders


async def test_a_failed_message_can_be_cancelled_within_its_window(rig: Rig) -> None:
    his = await rig.client("his")
    message_id = await rig.sent(his)
    rig.flows.fail(message_id, timedelta(seconds=-1))
    closed = await order(rig, message_id, "cancel", his)
    assert "failed" in problem(closed, 409)["detail"]
    other = await rig.sent(his)
    rig.flows.fail(other)
    assert (await order(rig, other, "cancel", his)).status_code == 202


async def test_a_cancel_that_comes_too_late_says_so(rig: Rig) -> None:
    his = await rig.client("his")
    message_id = await rig.sent(his)
    rig.flows.ended.add(message_id)
    problem(await order(rig, message_id, "cancel", his), 409)


async def test_a_person_cancels_and_it_is_recorded(rig: Rig) -> None:
    his, operator = await rig.client("his"), await rig.person(Role.OPERATOR)
    message_id = await rig.sent(his)
    answer = await order(rig, message_id, "cancel", operator, {"reason": "wrong ward"})
    assert answer.status_code == 202
    assert await audited(rig) == [("operator", "cancel", f"messages/{message_id}")]
    unknown = await order(rig, message_id, "cancel", operator, {"colour": "red"})
    assert pointers(unknown) == ["/colour"]


@pytest.mark.parametrize("role", [Role.OPERATOR, Role.ADMIN])
async def test_a_failed_message_is_sent_again_by_signal(rig: Rig, role: Role) -> None:
    his, person = await rig.client("his"), await rig.person(role)
    message_id = await rig.sent(his)
    rig.flows.fail(message_id)
    answer = await order(rig, message_id, "resend", person, WHY | {"channels": ["sms"]})
    assert (answer.status_code, answer.json()["status"]) == (202, "delivering")
    assert answer.json()["run"] == 2
    wanted = Resend(reason=WHY["reason"], by=role, channels=(Channel.SMS,), run=1)
    assert rig.flows.orders == [("resend", message_id, wanted)]
    assert await audited(rig) == [(role, "resend", f"messages/{message_id}")]
    problem(await order(rig, message_id, "resend", person, WHY), 409)


@pytest.mark.parametrize("written", [True, False])
async def test_after_its_window_a_message_starts_again(rig: Rig, written: bool) -> None:
    his, operator = await rig.client("his"), await rig.person(Role.OPERATOR)
    message_id = await rig.sent(his)
    rig.flows.fail(message_id, timedelta(seconds=-1))
    if written:
        await rig.record(message_id)
    answer = await order(rig, message_id, "resend", operator, WHY)
    assert (answer.status_code, answer.json()["run"]) == (202, 2)
    assert [name for name, *_ in rig.flows.orders] == ["restart"]


async def test_a_window_that_closes_just_now_does_no_harm(rig: Rig) -> None:
    his, operator = await rig.client("his"), await rig.person(Role.OPERATOR)
    message_id = await rig.sent(his)
    rig.flows.fail(message_id)
    rig.flows.ended.add(message_id)
    assert (await order(rig, message_id, "resend", operator, WHY)).status_code == 202
    assert [name for name, *_ in rig.flows.orders] == ["restart"]


@pytest.mark.parametrize("window", [timedelta(hours=1), timedelta(seconds=-1)])
async def test_a_resend_on_one_channel_narrows_no_later_one(
    rig: Rig, window: timedelta
) -> None:
    his, operator = await rig.client("his"), await rig.person(Role.OPERATOR)
    message_id = await rig.sent(his)
    for channels in (["sms"], ["wechat"], None):
        rig.flows.fail(message_id, window)
        body = WHY | ({"channels": channels} if channels else {})
        answer = await order(rig, message_id, "resend", operator, body)
        assert answer.status_code == 202
        stages = [[c] for c in channels or ("wechat", "sms", "email")]
        assert answer.json()["plan"]["stages"] == stages


async def test_only_what_failed_is_sent_again(rig: Rig) -> None:
    his, operator = await rig.client("his"), await rig.person(Role.OPERATOR)
    message_id = await rig.sent(his)
    refused = await order(rig, message_id, "resend", operator, WHY)
    assert "accepted" in problem(refused, 409)["detail"]
    rig.flows.fail(message_id)
    for body, places in (
        ({}, ["/reason"]),
        ({"reason": ""}, ["/reason"]),
        (WHY | {"channels": ["voice"]}, ["/channels/0"]),
        (WHY | {"channels": []}, ["/channels"]),
        (WHY | {"by": "somebody"}, ["/by"]),
    ):
        assert (
            pointers(await order(rig, message_id, "resend", operator, body)) == places
        )
    problem(await order(rig, UUID(int=1), "resend", operator, WHY), 404)
    assert not rig.flows.orders
    assert await audited(rig) == []


async def test_failed_messages_are_listed_and_sent_again_in_bulk(rig: Rig) -> None:
    his, lis = await rig.client("his"), await rig.client("lis")
    operator = await rig.person(Role.OPERATOR)
    failed = [await rig.sent(his), await rig.sent(his), await rig.sent(lis)]
    for message_id in failed:
        rig.flows.fail(message_id)
        await rig.record(message_id)
    await rig.record(await rig.sent(his))
    path = "/v1/admin/failed-messages"
    listed = await rig.http.get(path, headers=operator)
    assert [i["id"] for i in listed.json()["items"]] == [str(i) for i in failed[::-1]]
    mine = await rig.http.get(path, params={"client": "lis"}, headers=operator)
    assert len(mine.json()["items"]) == 1
    body = {"filter": {"client": "his"}, **WHY}
    answer = await rig.http.post(f"{path}/resend", json=body, headers=operator)
    assert answer.json() == {"resent": 2, "skipped": 0, "more": False}
    assert {i for _, i, _ in rig.flows.orders} == set(failed[:2])
    voice = {"filter": {}, "channels": ["voice"], **WHY}
    answer = await rig.http.post(f"{path}/resend", json=voice, headers=operator)
    assert answer.json() == {"resent": 0, "skipped": 3, "more": False}
    rig.flows.down = True
    problem(await rig.http.post(f"{path}/resend", json=body, headers=operator), 503)
    assert len(await audited(rig)) == 2
