"""`/v1/messages`: sending, looking, and whose message is whose."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from centre.seeds.seeds import seed
from core.models import keyed_message_id
from core.words import Role, Scope, Status
from tests.support.api.rig import BODY, Rig, pointers, problem, unknown_id


async def test_a_message_is_accepted_and_can_be_looked_at(rig: Rig) -> None:
    his = await rig.client("his")
    answer = await rig.send(his, reference="R-1")
    assert answer.status_code == 202
    accepted = answer.json()
    assert answer.headers["location"] == f"/v1/messages/{accepted['id']}"
    assert accepted | {"id": "", "created_at": ""} == {
        "id": "",
        "client": "his",
        "type": "exam-booking",
        "status": "accepted",
        "created_at": "",
    }
    assert UUID(accepted["id"]).version == 7
    assert datetime.fromisoformat(accepted["created_at"]).utcoffset() is not None
    status = (await rig.http.get(answer.headers["location"], headers=his)).json()
    assert status["plan"] == {
        "strategy": "threshold",
        "threshold": 0.6,
        "stages": [["wechat"], ["sms"], ["email"]],
    }
    assert (status["source"], status["reference"], status["run"]) == (
        "workflow",
        "R-1",
        1,
    )
    assert [d["outcome"] for d in status["deliveries"]] == ["pending"] * 3


async def test_a_key_makes_one_message_of_fifty_at_once(rig: Rig) -> None:
    his = await rig.client("his")
    answers = await asyncio.gather(*(rig.send(his, key="k") for _ in range(50)))
    assert {a.status_code for a in answers} == {202}
    assert len({a.text for a in answers}) == 1
    replayed = [a.headers.get("idempotent-replayed") for a in answers]
    assert sorted(replayed, key=str) == [None] + ["true"] * 49
    assert list(rig.flows.accepted) == [keyed_message_id("his", "k")]
    refused = await rig.send(his, key="k", reference="another")
    problem(refused, 422)


async def test_a_key_belongs_to_one_client(rig: Rig) -> None:
    first = await rig.send(await rig.client("his"), key="k")
    second = await rig.send(await rig.client("lis"), key="k", reference="R")
    assert second.status_code == 202
    assert first.json()["id"] != second.json()["id"]


async def test_a_key_outlives_what_temporal_remembers(rig: Rig) -> None:
    his = await rig.client("his")
    soon = (datetime.now(UTC) + timedelta(hours=1)).isoformat()
    first = await rig.send(his, key="k", send_at=soon)
    await rig.record(UUID(first.json()["id"]))
    rig.flows.accepted.clear()
    again = await rig.send(his, key="k", send_at=soon)
    assert (again.text, again.headers["idempotent-replayed"]) == (first.text, "true")
    problem(await rig.send(his, key="k"), 422)


async def test_a_repeat_is_answered_though_its_type_is_off_now(rig: Rig) -> None:
    his, admin = await rig.client("his"), await rig.person(Role.ADMIN)
    first = await rig.send(his, key="k")
    off = await rig.http.patch(
        "/v1/admin/message-types/exam-booking", json={"enabled": False}, headers=admin
    )
    assert off.status_code == 200
    again = await rig.send(his, key="k")
    assert (again.status_code, again.text) == (202, first.text)
    assert pointers(await rig.send(his, key="other")) == ["/type"]


async def test_a_key_is_visible_ascii(rig: Rig) -> None:
    his = await rig.client("his")
    for key in ("", " ", "x" * 256, "schlüssel", "a\tb"):
        headers = [(b"idempotency-key", key.encode("latin-1"))]
        headers += [(k.encode(), v.encode()) for k, v in his.items()]
        answer = await rig.http.post("/v1/messages", json=BODY, headers=headers)
        problem(answer, 400)
        assert not rig.flows.accepted


REFUSED: list[tuple[dict[str, Any], list[str]]] = [
    ({"type": "nothing-like-it"}, ["/type"]),
    ({"params": {"exam": "CT"}}, ["/params/place"]),
    ({"params": {**BODY["params"], "extra": "x"}}, ["/params/extra"]),
    ({"params": {"exam": "CT", "place": " "}}, ["/params/place"]),
    ({"channels": ["voice"]}, ["/channels/0"]),
    ({"channels": ["fax"]}, ["/channels/0"]),
    ({"recipient": {"identities": {}}}, ["/recipient/identities"]),
    (
        {"recipient": {"identities": {"mobile": "12"}}},
        ["/recipient/identities/mobile"],
    ),
    (
        {"recipient": {"identities": {"13800138000": "x"}}},
        ["/recipient/identities/-"],
    ),
    ({"send_at": "2020-01-01T00:00:00Z"}, ["/send_at"]),
    ({"send_at": "2099-01-01T00:00:00"}, ["/send_at"]),
    ({"link": "http://a.example"}, ["/link"]),
    ({"reference": "x" * 65}, ["/reference"]),
    ({"colour": "red"}, ["/colour"]),
    ({"params": {"exam": 1, "place": True}}, ["/params/exam", "/params/place"]),
]


async def test_a_refusal_names_the_place(rig: Rig) -> None:
    his = await rig.client("his")
    for changes, places in REFUSED:
        assert pointers(await rig.send(his, **changes)) == places, changes
    assert not rig.flows.accepted


async def test_a_type_that_is_not_this_clients_is_forbidden(rig: Rig) -> None:
    problem(await rig.send(await rig.client("his", message_types=["other"])), 403)


async def test_nothing_is_accepted_while_temporal_is_down(rig: Rig) -> None:
    his = await rig.client("his")
    rig.flows.down = True
    problem(await rig.send(his), 503)
    rig.flows.down = False
    assert (await rig.send(his)).status_code == 202


async def test_the_store_answers_where_no_worker_does(rig: Rig) -> None:
    his = await rig.client("his")
    message_id = await rig.sent(his)
    path = f"/v1/messages/{message_id}"
    rig.flows.silent = True
    assert (await rig.http.get(path, headers=his)).json()["status"] == "accepted"
    rig.flows.stand(message_id, Status.DELIVERING)
    await rig.record(message_id)
    shown = (await rig.http.get(path, headers=his)).json()
    assert (shown["source"], shown["status"]) == ("store", "delivering")
    rig.flows.down = True
    assert (await rig.http.get(path, headers=his)).json() == shown


async def test_a_status_is_never_404_because_temporal_is_down(rig: Rig) -> None:
    his = await rig.client("his")
    message_id = await rig.sent(his)
    rig.flows.down = True
    problem(await rig.http.get(f"/v1/messages/{message_id}", headers=his), 503)


async def test_another_clients_message_does_not_exist(rig: Rig) -> None:
    his, lis = await rig.client("his"), await rig.client("lis")
    admin = await rig.person(Role.ADMIN)
    message_id = await rig.sent(his)
    for workers in (True, False):
        rig.flows.silent = not workers
        await rig.record(message_id)
        foreign = await rig.http.get(f"/v1/messages/{message_id}", headers=lis)
        unknown = await rig.http.get(f"/v1/messages/{unknown_id()}", headers=lis)
        same = ("type", "title", "status", "detail")
        assert [problem(foreign, 404)[k] for k in same] == [
            problem(unknown, 404)[k] for k in same
        ]
        cancelled = await rig.http.post(
            f"/v1/messages/{message_id}/cancel", headers=lis
        )
        problem(cancelled, 404)
        seen = await rig.http.get(f"/v1/messages/{message_id}", headers=admin)
        assert seen.json()["client"] == "his"
    assert (await rig.http.get("/v1/messages", headers=lis)).json()["items"] == []
    assert not rig.flows.orders


async def test_an_id_that_is_none_is_not_found(rig: Rig) -> None:
    his = await rig.client("his")
    for odd in ("x", "7", "../admin", "%00", "0" * 400):
        answer = await rig.http.get(f"/v1/messages/{odd}", headers=his)
        assert answer.status_code in (400, 404)
        problem(answer, answer.status_code)


async def test_a_rate_is_kept(rig: Rig) -> None:
    his = await rig.client("his", rate_per_minute=2)
    answers = [await rig.send(his) for _ in range(3)]
    assert [a.status_code for a in answers] == [202, 202, 429]
    problem(answers[-1], 429)
    assert (await rig.send(await rig.client("lis"))).status_code == 202


async def test_preview_is_no_message(rig: Rig) -> None:
    his = await rig.client("his")
    answer = await rig.http.get("/v1/messages/preview", headers=his)
    assert problem(answer, 405)
    assert answer.headers["allow"] == "POST"


async def test_a_preview_sends_nothing(rig: Rig) -> None:
    his = await rig.client("his")
    answer = await rig.http.post("/v1/messages/preview", json=BODY, headers=his)
    shown = answer.json()
    assert shown["plan"]["stages"] == [["wechat"], ["sms"], ["email"]]
    assert shown["channels"]["sms"] == {
        "title": "检查预约 CT",
        "body": "请到 2 号楼 做 CT",
        "fields": {"thing1": "CT"},
        "provider_template": "T1",
    }
    assert not rig.flows.accepted
    narrowed = BODY | {"channels": ["sms"]}
    answer = await rig.http.post("/v1/messages/preview", json=narrowed, headers=his)
    assert list(answer.json()["channels"]) == ["sms"]
    wrong = BODY | {"params": {}}
    answer = await rig.http.post("/v1/messages/preview", json=wrong, headers=his)
    assert pointers(answer) == ["/params/exam", "/params/place"]


async def test_the_documents_examples_are_good_messages(rig: Rig) -> None:
    async with rig.context.store.sessions.begin() as session:
        await seed(session)
    new = await rig.client("new-system")
    document = (await rig.http.get("/openapi.json")).json()
    body = document["paths"]["/v1/messages"]["post"]["requestBody"]
    for example in body["content"]["application/json"]["examples"].values():
        answer = await rig.http.post("/v1/messages", json=example["value"], headers=new)
        assert answer.status_code == 202, answer.text


async def test_a_placeholder_in_a_value_stays_text(rig: Rig) -> None:
    his = await rig.client("his")
    params = {"exam": "{{place}}", "place": "{{7*7}}"}
    answer = await rig.http.post(
        "/v1/messages/preview", json=BODY | {"params": params}, headers=his
    )
    assert answer.json()["channels"]["sms"]["body"] == "请到 {{7*7}} 做 {{place}}"


async def test_scopes_and_roles_open_only_what_they_name(rig: Rig) -> None:
    made = await rig.new_client("his")
    message_id = await rig.sent(rig.as_client(made))
    path = f"/v1/messages/{message_id}"
    reads = rig.as_client(made, Scope.MESSAGES_READ)
    problem(await rig.send(reads), 403)
    problem(await rig.http.post(f"{path}/cancel", headers=reads), 403)
    assert (await rig.http.get(path, headers=reads)).is_success
    sends = rig.as_client(made, Scope.MESSAGES_SEND)
    problem(await rig.http.get(path, headers=sends), 403)
    why = {"reason": "x"}
    problem(await rig.http.post(f"{path}/resend", json=why, headers=sends), 403)
    for role in Role:
        person = await rig.person(role)
        problem(await rig.send(person), 403)
        assert (await rig.http.get(path, headers=person)).is_success
    auditor = await rig.person(Role.AUDITOR)
    problem(await rig.http.post(f"{path}/cancel", headers=auditor), 403)
    problem(await rig.http.post(f"{path}/resend", json=why, headers=auditor), 403)
    assert not rig.flows.orders
