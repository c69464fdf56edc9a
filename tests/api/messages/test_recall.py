"""Taking a message back through the API: who may, when, and what is recorded."""

from uuid import UUID

import httpx

from core.words import Role, Scope, Status
from tests.support.api.rig import Headers, Rig, pointers, problem


async def take_back(
    rig: Rig, message_id: UUID, headers: Headers, reason: str = "mixed up"
) -> httpx.Response:
    path = f"/v1/messages/{message_id}/recall"
    return await rig.http.post(path, json={"reason": reason}, headers=headers)


async def test_a_delivered_message_is_taken_back(rig: Rig) -> None:
    his = await rig.client("his")
    message_id = await rig.sent(his)
    rig.flows.stand(message_id, Status.DELIVERED)
    rig.flows.ended.add(message_id)
    answer = await take_back(rig, message_id, his)
    assert answer.status_code == 202
    assert answer.json()["recall"]["reason"] == "mixed up"
    assert answer.json()["status"] == "delivered"
    (order,) = rig.flows.recalls
    assert (order.message_id, order.recall.by) == (message_id, "his")


async def test_what_waits_is_stopped(rig: Rig) -> None:
    his = await rig.client("his")
    message_id = await rig.sent(his)
    await take_back(rig, message_id, his)
    assert [name for name, *_ in rig.flows.orders] == ["cancel"]
    refused = await take_back(rig, message_id, his)
    assert "cancelled" in problem(refused, 409)["detail"]


async def test_who_may_take_it_back(rig: Rig) -> None:
    his = await rig.client("his")
    message_id = await rig.sent(his)
    rig.flows.stand(message_id, Status.DELIVERED)
    problem(await take_back(rig, message_id, await rig.client("lis")), 404)
    sends = rig.as_client(await rig.new_client("pacs"), Scope.MESSAGES_SEND)
    problem(await take_back(rig, message_id, sends), 403)
    problem(await take_back(rig, message_id, await rig.person(Role.AUDITOR)), 403)
    operator = await rig.person(Role.OPERATOR)
    assert pointers(await take_back(rig, message_id, operator, " ")) == ["/reason"]
    assert (await take_back(rig, message_id, operator)).status_code == 202
    admin = await rig.person(Role.ADMIN)
    log = await rig.http.get("/v1/admin/audit?action=recall", headers=admin)
    (row,) = log.json()["items"]
    assert row["after"] == {"reason": "mixed up"}
