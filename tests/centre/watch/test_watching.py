"""The watch over the queues: raised, told once, acknowledged, cleared; who is late."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import text
from sqlmodel import delete

from centre.audit.audit import Actor
from centre.audit.names import CENTRE
from centre.clients import service
from centre.clients.models import ClientDraft
from centre.flows.running import RunningMessage
from centre.queues import steering
from centre.queues.steering import MOST_LIVE, figures, live_queues
from centre.queues.tables import QueueSampleRow
from centre.seeds import seeds
from centre.watch.sampling import A_ROUND, sample_once, turn
from centre.watch.stuck import stuck_messages
from centre.watch.watching import Watch
from core.words import Priority, Role, Status
from db.lease_tables import LeaseRow
from tests.support.api.administrator import Desk
from tests.support.api.rig import Rig, problem, running_api

START = datetime.now(UTC)
ACTOR = Actor(who="test")


@pytest.fixture
async def rig(tmp_path: Path) -> AsyncIterator[Rig]:
    async with running_api(tmp_path / "var") as running:
        running.flows.served["his"] = 1
        yield running


@pytest.fixture
async def desk(rig: Rig) -> Desk:
    await rig.client("his")
    return Desk(rig, await rig.person(Role.ADMIN))


async def look(rig: Rig, watch: Watch, seconds: float) -> None:
    """Take one reading of his queue, so long after the start."""
    seen = await figures(rig.context, ["his"])
    await watch.look(rig.context, seen, ["his"], START + timedelta(seconds=seconds))


async def opened(desk: Desk) -> list[Any]:
    answer = await desk.ask("GET", "/alarms", open="true")
    items: list[Any] = answer.json()["items"]
    return items


async def test_an_incident_is_raised_acknowledged_and_cleared(
    rig: Rig, desk: Desk
) -> None:
    await desk.done("PUT", "/queues/his/alarms", {"backlog": 100})
    watch = Watch()
    rig.flows.backlog = 500
    await look(rig, watch, 0)
    assert await opened(desk) == []
    await look(rig, watch, 25)
    (alarm,) = await opened(desk)
    assert (alarm["client"], alarm["kind"]) == ("his", "backlog")
    assert (alarm["value"], alarm["threshold"]) == (500, 100)
    metrics = (await rig.http.get("/metrics")).text
    assert 'hmc_queue_alarm{client="his",kind="backlog"} 1.0' in metrics
    operator = Desk(rig, await rig.person(Role.OPERATOR))
    taken = await operator.done("POST", f"/alarms/{alarm['id']}/acknowledge")
    assert taken["acknowledged_by"] == "operator"
    again = await desk.done("POST", f"/alarms/{alarm['id']}/acknowledge")
    assert again["acknowledged_by"] == "operator"
    rig.flows.backlog = 90  # below the threshold, not well below
    await look(rig, watch, 100)
    assert len(await opened(desk)) == 1
    rig.flows.backlog = 3
    await look(rig, watch, 110)
    await look(rig, watch, 145)
    assert await opened(desk) == []
    (over,) = (await desk.done("GET", "/alarms"))["items"]
    assert over["cleared_at"]
    assert "hmc_queue_alarm{" not in (await rig.http.get("/metrics")).text


async def test_a_second_process_repeats_nothing(rig: Rig, desk: Desk) -> None:
    rig.flows.served["his"] = 0
    first = Watch()
    for seconds in (0, 70):
        await look(rig, first, seconds)
    for seconds in (80, 90, 200):
        await look(rig, Watch(), seconds)
    assert [a["kind"] for a in await opened(desk)] == ["no_poller"]


async def test_nobody_misses_a_worker_of_a_paused_queue(rig: Rig, desk: Desk) -> None:
    rig.flows.served["his"] = 0
    await desk.done("POST", "/queues/his/pause")
    watch = Watch()
    for seconds in (0, 70, 140):
        await look(rig, watch, seconds)
    assert await opened(desk) == []


async def test_staff_are_told_once_by_a_message_of_the_centres_own(
    rig: Rig, desk: Desk
) -> None:
    async with rig.context.store.sessions.begin() as session:
        await seeds.seed(session)
    told = [{"type": "mobile", "value": "138 0013 8000"}]
    kept = await desk.done("PUT", "/watch/recipients", {"recipients": told})
    assert "13800138000" not in str(kept)
    rig.flows.served["his"] = 0
    watch = Watch()
    for seconds in (0, 70, 80, 90):
        await look(rig, watch, seconds)
    (message,) = rig.flows.accepted.values()
    assert (message.client, message.type) == (CENTRE, "queue-alarm")
    assert message.params["client"] == "his"
    assert message.params["trouble"] == "无工作进程"
    assert (await opened(desk))[0]["told_at"]
    async with rig.context.store.sessions() as session:
        raw = text("SELECT rules FROM watch_rules WHERE scope = 'recipients'")
        held = await (await session.connection()).execute(raw)
        assert "13800138000" not in held.scalar_one()
        assert (
            "13800138000"
            not in (await (await session.connection()).execute(raw)).scalar_one()
        )


async def test_news_that_cannot_go_out_is_tried_again(rig: Rig, desk: Desk) -> None:
    # The type of the news is missing until the seeds are loaded.
    told = [{"type": "mobile", "value": "13800138000"}]
    await desk.done("PUT", "/watch/recipients", {"recipients": told})
    rig.flows.served["his"] = 0
    watch = Watch()
    for seconds in (0, 70):
        await look(rig, watch, seconds)
    assert (await opened(desk))[0]["told_at"] is None
    async with rig.context.store.sessions.begin() as session:
        await seeds.seed(session)
    await look(rig, watch, 80)
    assert (await opened(desk))[0]["told_at"]


async def test_the_alarm_of_a_client_that_left_is_over(rig: Rig, desk: Desk) -> None:
    rig.flows.served["his"] = 0
    watch = Watch()
    for seconds in (0, 70):
        await look(rig, watch, seconds)
    assert len(await opened(desk)) == 1
    await watch.look(rig.context, [], [], START + timedelta(seconds=80))
    assert await opened(desk) == []


@given(st.integers(0, 3000))
def test_every_queue_has_its_turn(count: int) -> None:
    codes = [str(number) for number in range(count)]
    rounds = -(-count // A_ROUND) or 1
    turns = [turn(codes, number) for number in range(7, 7 + rounds)]
    assert sorted(code for codes in turns for code in codes) == sorted(codes)
    assert max(map(len, turns)) <= A_ROUND


async def test_of_many_queues_the_last_figures_are_shown(rig: Rig, desk: Desk) -> None:
    async with rig.context.store.sessions.begin() as session:
        for number in range(MOST_LIVE):
            draft = ClientDraft(code=f"c{number}", name="x")
            await service.add_client(session, draft, ACTOR)
        await session.exec(delete(LeaseRow))
        await session.exec(delete(QueueSampleRow))
    assert await live_queues(rig.context) == ()
    rig.flows.backlog = 8
    await sample_once(rig.context, "me", Watch())
    rig.flows.backlog = 9  # nobody asks
    await steering.pause(rig.context, "his", ACTOR)  # the next look is a new one
    seen = await live_queues(rig.context)
    assert {queue.backlog for queue in seen} == {8}
    assert 0 < len(seen) <= A_ROUND


async def test_many_failures_are_an_alarm(rig: Rig, desk: Desk) -> None:
    await desk.done("PUT", "/watch/thresholds", {"failure_at_least": 3})
    client = await rig.client("lis")
    rig.flows.served["lis"] = 1
    for number in range(4):
        message_id = await rig.sent(client)
        if number:
            rig.flows.fail(message_id)
        else:
            await deliver(rig, message_id)
        await rig.record(message_id)
    seen = await figures(rig.context, ["lis"])
    await Watch().look(rig.context, seen, ["his", "lis"], datetime.now(UTC))
    (alarm,) = await opened(desk)
    assert (alarm["client"], alarm["kind"], alarm["value"]) == (
        "lis",
        "failure_rate",
        0.75,
    )


async def deliver(rig: Rig, message_id: UUID) -> None:
    doc = rig.flows.docs[message_id]
    rig.flows.docs[message_id] = doc.model_copy(update={"status": Status.DELIVERED})


async def under_way(rig: Rig, hours: float, **changes: Any) -> UUID:
    """Send a message that a worker began so long ago and left."""
    (client,) = [await rig.client(f"c{uuid4().hex[:6]}")]
    message_id = await rig.sent(client)
    then = datetime.now(UTC) - timedelta(hours=hours)
    doc = rig.flows.docs[message_id]
    known = {"status": Status.DELIVERING, "updated_at": then, "created_at": then}
    rig.flows.docs[message_id] = doc.model_copy(update=known | changes)
    await rig.record(message_id)
    return message_id


async def test_messages_that_make_no_step_are_found(rig: Rig, desk: Desk) -> None:
    late = await under_way(rig, 1)
    await under_way(rig, 0.1)
    await under_way(rig, 1, status=Status.SCHEDULED)
    await under_way(rig, 1, status=Status.DELIVERED)
    await under_way(rig, 1, updated_at=datetime.now(UTC))
    found = (await desk.done("GET", "/stuck-messages"))["items"]
    assert [m["id"] for m in found] == [str(late)]
    assert found[0]["expected_within_seconds"] == 900
    own = {"seconds": {}, "types": {"exam-booking": 7200}}
    await desk.done("PUT", "/watch/expected", own)
    assert (await desk.done("GET", "/stuck-messages"))["items"] == []
    await desk.done("PUT", "/watch/expected", {"types": {"exam-booking": 60}})
    assert len((await desk.done("GET", "/stuck-messages"))["items"]) == 2


async def test_messages_no_worker_has_begun_are_found(rig: Rig, desk: Desk) -> None:
    known = await under_way(rig, 0.1)
    ago = datetime.now(UTC) - timedelta(hours=1)
    ids = (known, uuid4(), uuid4())
    kinds = (Priority.NORMAL, Priority.NORMAL, Priority.BULK)
    rig.flows.idle = tuple(
        RunningMessage(id=i, client="his", type="x", priority=p, started_at=ago)
        for i, p in zip(ids, kinds, strict=True)
    )
    assert [m.id for m in await stuck_messages(rig.context)] == [ids[1]]
    await look(rig, Watch(), 0)
    assert [a["kind"] for a in await opened(desk)] == ["stuck"]


async def test_the_watchdog_reads_an_index(rig: Rig) -> None:
    async with rig.context.store.sessions.begin() as session:
        connection = await session.connection()
        plan = await connection.execute(
            text(
                "EXPLAIN QUERY PLAN SELECT doc FROM messages WHERE status = 'x'"
                " AND created_at < '2026' ORDER BY created_at LIMIT 10"
            )
        )
    assert "USING INDEX ix_messages_status_created_at_id" in str(plan.all())


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/queues/his/alarms", {"backlog": 0}),
        ("/queues/his/alarms", {"other": 1}),
        ("/watch/thresholds", {"failure_share": 2}),
        ("/watch/expected", {"types": {"A B": 5}}),
        ("/watch/recipients", {"recipients": [{"type": "mobile", "value": "12"}]}),
        ("/watch/recipients", {"recipients": [{"type": "x", "value": "12"}]}),
    ],
)
async def test_what_cannot_be_watched_for_is_refused(
    desk: Desk, path: str, body: dict[str, Any]
) -> None:
    answer = problem(await desk.ask("PUT", path, body), 422)
    assert "12" not in str(answer.get("errors", "")).replace("/recipients/0", "")


async def test_thresholds_are_audited(desk: Desk) -> None:
    found = await desk.done("PUT", "/queues/his/alarms", {"backlog": 7})
    assert found["own"]["backlog"] == found["in_force"]["backlog"] == 7
    assert found["in_force"]["no_poller_seconds"] == 60
    log = await desk.ask("GET", "/audit", target="watch/thresholds/his")
    (row,) = log.json()["items"]
    assert row["after"]["backlog"] == 7
    problem(await desk.ask("PUT", "/queues/nobody/alarms", {}), 404)
