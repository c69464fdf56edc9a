"""Administration of patients, people, the audit log and queues."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from core.words import Role
from tests.support.api.administrator import Desk
from tests.support.api.rig import PASSWORD, pointers, problem, running_api


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Desk]:
    async with running_api(tmp_path / "var") as rig:
        yield Desk(rig, await rig.person(Role.ADMIN))


async def test_patients_and_who_sees_them(desk: Desk) -> None:
    body = {"name": "李小红", "identities": {"mobile": "138 0013 8000"}}
    made = await desk.done("PUT", "/patients/E100", body)
    assert made["identities"]["mobile"] == "+8613800138000"
    assert (await desk.done("GET", "/patients/E100"))["name"] == "李小红"
    auditor = Desk(desk.rig, await desk.rig.person(Role.AUDITOR))
    seen = await auditor.done("GET", "/patients/E100")
    assert seen["name"] == "李**"
    assert seen["identities"]["mobile"] == "138****8000"
    problem(await auditor.ask("GET", "/patients/E100", None, clear="true"), 403)
    operator = Desk(desk.rig, await desk.rig.person(Role.OPERATOR))
    assert (await operator.done("GET", "/patients/E100"))["name"] == "李**"
    asked = await operator.ask("GET", "/patients/E100", None, clear="true")
    assert asked.json()["name"] == "李小红"
    problem(await operator.ask("GET", "/patients/E100", None, clear="maybe"), 422)
    problem(await desk.ask("GET", "/patients/E101"), 404)
    wrong = {"name": "李", "identities": {"mobile": "1", "id_card": "1"}}
    refused = pointers(await desk.ask("PUT", "/patients/E100", wrong))
    assert sorted(refused) == ["/identities/id_card", "/identities/mobile"]
    for document in (await desk.done("GET", "/audit"),):
        assert "李小红" not in str(document)
        assert "13800138000" not in str(document)


async def test_opting_out_and_in(desk: Desk) -> None:
    path = "/preferences/mobile/13800138000"
    assert (await desk.done("GET", path))["items"] == []
    made = await desk.done("PUT", path, {"channel": "sms"})
    assert (made["channel"], made["message_type"]) == ("sms", None)
    await desk.done("PUT", path, {"message_type": "exam-booking"})
    same = "/preferences/mobile/+86%20138%200013%208000"
    assert len((await desk.done("GET", same))["items"]) == 2
    answer = await desk.ask("DELETE", path, None, channel="sms")
    assert answer.status_code == 204
    (left,) = (await desk.done("GET", path))["items"]
    assert left["message_type"] == "exam-booking"
    refused = await desk.ask("PUT", "/preferences/mobile/12", {})
    assert "12" not in problem(refused, 422)["detail"]
    assert "13800138000" not in str(await desk.done("GET", "/audit"))


async def test_people_and_their_tokens(desk: Desk) -> None:
    body = {"username": "sun", "role": "operator", "password": PASSWORD}
    made = await desk.done("POST", "/users", body, 201)
    assert "password" not in str(made)
    problem(await desk.ask("POST", "/users", body), 409)
    assert pointers(await desk.ask("POST", "/users", body | {"password": "x"})) == [
        "/password"
    ]
    sun = await desk.rig.person(Role.OPERATOR, "sun")
    assert (await desk.rig.http.get("/v1/messages", headers=sun)).is_success
    await desk.done("PATCH", "/users/sun", {"enabled": False})
    problem(await desk.rig.http.get("/v1/messages", headers=sun), 401)
    await desk.done("PATCH", "/users/sun", {"enabled": True})
    await desk.done("PUT", "/users/sun/password", {"password": "another one"}, 204)
    signed_in = {"username": "sun", "password": "another one"}
    handed_out = await desk.rig.http.post("/v1/session", json=signed_in)
    assert "Change your password" in problem(handed_out, 403)["detail"]
    problem(await desk.ask("PATCH", "/users/admin", {"enabled": False}), 409)
    listed = await desk.done("GET", "/users")
    assert {u["username"] for u in listed["items"]} == {"admin", "sun"}


async def test_every_change_is_in_a_log_that_is_whole(desk: Desk) -> None:
    await desk.done("POST", "/clients", {"code": "his", "name": "HIS"}, 201)
    await desk.done("PATCH", "/clients/his", {"name": "H"})
    rows = (await desk.done("GET", "/audit"))["items"]
    mine = [row for row in rows if row["actor"]["who"] == "admin"]
    assert [row["target"] for row in mine] == ["clients/his"] * 2
    assert mine[0]["before"]["name"] == "HIS"
    assert mine[0]["after"]["name"] == "H"
    assert mine[0]["actor"]["address"] == "127.0.0.1"
    one = await desk.ask("GET", "/audit", None, who="admin", limit="1")
    assert len(one.json()["items"]) == 1
    assert one.json()["next"]
    report = await desk.done("GET", "/audit/chain")
    assert report["broken_at"] is None
    assert report["rows"] == len(rows)


async def test_queues_show_what_temporal_counts(desk: Desk) -> None:
    await desk.rig.client("his")
    await desk.rig.client("lis")
    desk.rig.flows.served = {"his": 2}
    listed = await desk.done("GET", "/queues")
    assert [q["client"] for q in listed["items"]] == ["his", "lis"]
    contract = {
        "client": "his",
        "task_queue": "client-his",
        "backlog": 3,
        "oldest_age_seconds": 1.5,
        "added_per_second": 0.5,
        "dispatched_per_second": 0.25,
        "pollers": 2,
        "paused": False,
    }
    assert listed["items"][0] | contract == listed["items"][0]
    desk.rig.flows.down = True
    problem(await desk.ask("GET", "/queues"), 503)


async def test_a_queues_limit_is_a_number(desk: Desk) -> None:
    await desk.rig.client("his")
    for wrong in ("5", True, 0, -1, 1e9):
        answer = await desk.ask("PUT", "/queues/his/limit", {"per_second": wrong})
        problem(answer, 422)
    for right in (5, 0.5, None):
        await desk.done("PUT", "/queues/his/limit", {"per_second": right})


async def test_lists_page(desk: Desk) -> None:
    for code in ("a", "b", "c"):
        await desk.rig.new_client(code)
    first = (await desk.ask("GET", "/clients", None, limit="2")).json()
    assert [c["code"] for c in first["items"]] == ["a", "b"]
    rest = await desk.ask("GET", "/clients", None, limit="2", cursor=first["next"])
    assert [c["code"] for c in rest.json()["items"]] == ["c"]
    for query in ({"limit": "0"}, {"cursor": "x"}, {"colour": "red"}):
        problem(await desk.ask("GET", "/clients", None, **query), 422)
