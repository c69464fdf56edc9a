"""`/v1/batches`: accepted whole or not at all, once per key, steered by its owner."""

import asyncio
import json
from uuid import UUID

import pytest

from centre.audit import audit
from centre.audit.audit import AuditFilter
from centre.batches import queries as batches
from centre.flows.batches import BatchState
from core.words import Priority, Role, Scope
from tests.support.api.batches import batch, post, posted, recipient
from tests.support.api.rig import Headers, Rig, pointers, problem


@pytest.fixture
async def his(rig: Rig) -> Headers:
    return await rig.client("his")


async def test_a_batch_is_accepted_and_counted(rig: Rig, his: Headers) -> None:
    answer = await post(rig, his, batch(3))
    assert answer.status_code == 202
    accepted = answer.json()
    assert accepted["count"] == 3
    assert answer.headers["location"] == f"/v1/batches/{accepted['id']}"
    seen = (await rig.http.get(answer.headers["location"], headers=his)).json()
    assert seen["state"] == "sending"
    assert seen["counts"]["waiting"] == 3
    assert sum(seen["counts"].values()) == 3
    assert seen["rate_per_second"] == 20
    listed = (await rig.http.get("/v1/batches", headers=his)).json()
    assert [item["id"] for item in listed["items"]] == [accepted["id"]]


async def test_what_is_stored_of_people_is_sealed(rig: Rig, his: Headers) -> None:
    batch_id = await posted(rig, his, batch(1, send_at="2030-01-01T08:00:00+08:00"))
    stored = b"".join(
        p.read_bytes() for p in rig.context.settings.state_dir.glob("centre.db*")
    )
    assert b"13800000000" not in stored
    async with rig.context.store.sessions() as session:
        (only,) = await batches.waiting(session, batch_id, 0, 10)
        frame = await batches.frame_of(session, batch_id)
        found = await batches.find(session, batch_id)
    assert found is not None
    assert found.steering.state is BatchState.SCHEDULED
    message = only.addressed.message(frame, only.position, found.created_at)
    assert message.recipient.identities == {"mobile": "+8613800000000"}
    assert message.priority is Priority.BULK
    assert message.batch == batch_id
    assert message.plan.channels


async def test_every_wrong_place_is_told(rig: Rig, his: Headers) -> None:
    body = batch(20, channels=["voice"])
    body["recipients"][17]["params"].pop("place")
    body["recipients"][18]["identities"]["mobile"] = "1380"
    body["recipients"][19]["name"] = "a\u0007b"
    answer = await post(rig, his, body)
    assert pointers(answer) == [
        "/channels/0",
        "/recipients/17/params/place",
        "/recipients/18/identities/mobile",
        "/recipients/19/name",
    ]
    assert "1380" not in answer.text
    assert not rig.flows.batches


async def test_of_many_wrong_places_the_first_hundred(rig: Rig, his: Headers) -> None:
    body = batch(0)
    body["recipients"] = [recipient(n, params={}) for n in range(500)]
    answer = await post(rig, his, body)
    assert len(pointers(answer)) == 100
    assert "1000" in answer.json()["detail"]
    body["recipients"] = [recipient(n, surname="x") for n in range(10_000)]
    assert len(pointers(await post(rig, his, body))) == 100


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        (batch(0), "/recipients"),
        (batch(1, rate_per_second=0), "/rate_per_second"),
        (batch(1, rate_per_second=1e-300), "/rate_per_second"),
        (batch(1, rate_per_second="5"), "/rate_per_second"),
        (batch(1, rate_per_second=1e9), "/rate_per_second"),
        (batch(1, send_at="2020-01-01T00:00:00Z"), "/send_at"),
        (batch(1, type="no-such-type"), "/type"),
        (batch(1, recipients=[recipient(1)] * 10_001), "/recipients"),
    ],
)
async def test_a_batch_that_is_refused(
    rig: Rig, his: Headers, body: dict[str, object], pointer: str
) -> None:
    assert pointers(await post(rig, his, body)) == [pointer]


async def test_critical_messages_are_not_sent_in_batches(
    rig: Rig, his: Headers
) -> None:
    admin = await rig.person(Role.ADMIN)
    answer = await rig.http.patch(
        "/v1/admin/message-types/exam-booking",
        json={"priority": "critical"},
        headers=admin,
    )
    assert answer.status_code == 200, answer.text
    assert pointers(await post(rig, his, batch(1))) == ["/type"]


async def test_a_key_makes_one_batch(rig: Rig, his: Headers) -> None:
    body = batch(200)
    answers = await asyncio.gather(*(post(rig, his, body, "k") for _ in range(8)))
    assert {a.status_code for a in answers} == {202}
    assert len({a.json()["id"] for a in answers}) == len(rig.flows.batches) == 1
    assert sum("idempotent-replayed" in a.headers for a in answers) == 7
    again = await post(rig, his, body, "k")
    assert again.headers["idempotent-replayed"] == "true"
    problem(await post(rig, his, batch(199), "k"), 422)
    other = await rig.client("lis")
    assert (await posted(rig, other, body, "k")) not in {again.json()["id"]}


async def test_while_temporal_is_down_nothing_is_accepted(
    rig: Rig, his: Headers
) -> None:
    rig.flows.down = True
    problem(await post(rig, his, batch(3), "k"), 503)
    listed = (await rig.http.get("/v1/batches", headers=his)).json()
    assert listed["items"] == []
    rig.flows.down = False
    batch_id = await posted(rig, his, batch(3), "k")
    assert list(rig.flows.batches) == [batch_id]


async def test_a_batch_is_steered(rig: Rig, his: Headers) -> None:
    at = f"/v1/batches/{await posted(rig, his, batch(3))}"

    async def order(name: str) -> str:
        answer = await rig.http.post(f"{at}/{name}", headers=his)
        assert answer.status_code == 202, answer.text
        return str(answer.json()["state"])

    assert await order("pause") == "paused"
    assert await order("pause") == "paused"
    assert await order("resume") == "sending"
    rate = await rig.http.put(f"{at}/rate", json={"rate_per_second": 5}, headers=his)
    assert rate.json()["rate_per_second"] == 5
    assert await order("cancel") == "cancelled"
    problem(await rig.http.post(f"{at}/resume", headers=his), 409)
    problem(await rig.http.post(f"{at}/cancel", headers=his), 409)
    told = [steering for _, steering in rig.flows.steered]
    assert [s.state.value for s in told][-1] == "cancelled"
    assert sorted({s.revision for s in told}) == [s.revision for s in told]
    seen = (await rig.http.get(at, headers=his)).json()
    assert seen["counts"]["cancelled"] == 3
    async with rig.context.store.sessions() as session:
        assert not await batches.waiting(session, UUID(seen["id"]), 0, 3)
    assert seen["counts"]["waiting"] == 0


async def test_another_clients_batch_is_not_there(rig: Rig, his: Headers) -> None:
    at = f"/v1/batches/{await posted(rig, his, batch(1))}"
    lis = await rig.client("lis")
    problem(await rig.http.get(at, headers=lis), 404)
    problem(await rig.http.post(f"{at}/cancel", headers=lis), 404)
    assert (await rig.http.get("/v1/batches", headers=lis)).json()["items"] == []


async def test_a_client_without_the_scope(rig: Rig) -> None:
    plain = await rig.client("pacs", scopes=[Scope.MESSAGES_SEND])
    problem(await post(rig, plain, batch(1)), 403)


async def test_what_operators_order_is_audited(rig: Rig, his: Headers) -> None:
    batch_id = await posted(rig, his, batch(2))
    operator = await rig.person(Role.OPERATOR)
    at = f"/v1/admin/batches/{batch_id}"
    for name in ("pause", "resume", "cancel"):
        answer = await rig.http.post(f"{at}/{name}", headers=operator)
        assert answer.status_code == 200, answer.text
    listed = await rig.http.get("/v1/admin/batches?client=his", headers=operator)
    assert [item["state"] for item in listed.json()["items"]] == ["cancelled"]
    async with rig.context.store.sessions() as session:
        wanted = AuditFilter(target=f"batches/{batch_id}")
        written = await audit.list_audit(session, wanted)
    assert [e.action for e in written.items] == ["cancel", "resume", "pause"]


async def test_the_body_may_be_larger_here_and_not_endless(
    rig: Rig, his: Headers
) -> None:
    assert len(json.dumps(batch(2000))) > 64 * 1024
    await posted(rig, his, batch(2000))
    problem(await post(rig, his, batch(1, recipients=["x" * 9_000_000])), 413)
