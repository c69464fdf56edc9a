"""What the API and the console share: timelines, looks, figures, samples, bulk."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID, uuid4

import pytest
from sqlmodel import delete

from centre.audit import audit
from centre.audit.audit import Actor, AuditFilter
from centre.delivery import attempt_writes
from centre.delivery.timeline import timeline
from centre.messages import reveal as recipients
from centre.messages.contracts import MessageFilter
from centre.messages.lookup import look_up
from centre.orders.bulk_resend import BulkProgress, resend_failed
from centre.orders.cancel_resend import ResendOrder
from centre.people import patients as people
from centre.people import persons
from centre.people.contracts import PatientDraft
from centre.queues import queries as queue_queries
from centre.queues import steering
from centre.watch.overview import overview, shared_overview
from centre.watch.sampling import sample_once
from centre.watch.watching import Watch
from core.errors import Forbidden, NotFound
from core.identities import mask_name
from core.memo import Shared
from core.models import delivery_id
from core.policies import Plan
from core.words import Channel, IdentityType, Reason, Role, Status, Strategy
from db.lease_tables import LeaseRow
from tests.support.api.rig import Rig, running_api

OPERATOR = Actor(who="sun", role=Role.OPERATOR, address="10.0.0.1")
AUDITOR = Actor(who="li", role=Role.AUDITOR)


@pytest.fixture
async def rig(tmp_path: Path) -> AsyncIterator[Rig]:
    async with running_api(tmp_path / "var") as running:
        yield running


async def call(rig: Rig, message_id: UUID, channel: Channel, run: int) -> None:
    """Write a call to a provider that was refused."""
    async with rig.context.store.sessions.begin() as session:
        made = await attempt_writes.begin_attempt(
            session,
            delivery_id=delivery_id(message_id, channel, run),
            message_id=message_id,
            channel=channel,
            provider="wechat",
        )
        await attempt_writes.end_attempt(
            session, made.id, "failed", code="43004", reason=Reason.INVALID_RECIPIENT
        )


async def test_a_timeline_has_every_run_with_its_calls(rig: Rig) -> None:
    message_id = await rig.sent(await rig.client("his"))
    doc = rig.flows.docs[message_id]
    again = Plan(
        strategy=Strategy.THRESHOLD,
        threshold=0.5,
        stages=((Channel.SMS,), (Channel.EMAIL,)),
    )
    await call(rig, message_id, Channel.WECHAT, 1)
    await call(rig, message_id, Channel.SMS, 2)
    await call(rig, message_id, Channel.SMS, 2)
    deliveries = tuple(doc.delivery(channel) for channel in again.channels)
    later = doc.model_copy(update={"run": 3, "plan": again, "deliveries": deliveries})
    runs = await timeline(rig.context, later)
    assert [run.number for run in runs] == [3, 2, 1]
    assert [stage.number for stage in runs[0].stages] == [1, 2]
    assert [s.channels[0].attempts for s in runs[0].stages] == [(), ()]
    (second,) = runs[1].stages[0].channels
    assert (second.channel, second.delivery) == (Channel.SMS, None)
    assert [attempt.number for attempt in second.attempts] == [1, 2]
    (first,) = runs[2].stages[0].channels
    assert first.attempts[0].reason is Reason.INVALID_RECIPIENT
    answer = await rig.http.get(
        f"/v1/admin/messages/{message_id}/timeline",
        headers=await rig.person(Role.AUDITOR),
    )
    assert answer.status_code == 200
    assert answer.json()["items"][0]["number"] == 1


async def looks(rig: Rig, target: str) -> list[tuple[str, str]]:
    async with rig.context.store.sessions() as session:
        log = await audit.list_audit(session, AuditFilter(target=target))
    return [(row.actor.who, row.action) for row in log.items]


async def test_who_sees_a_recipient_in_clear_is_written_down(rig: Rig) -> None:
    message_id = await rig.sent(await rig.client("his"))
    masked = await recipients.recipient_of(rig.context, message_id)
    assert masked is not None
    assert masked.name == "张*"
    assert masked.identities == {IdentityType.MOBILE: "138****8000"}
    assert await looks(rig, f"messages/{message_id}") == []
    clear = await recipients.reveal_recipient(rig.context, message_id, OPERATOR)
    assert clear.name == "张三"
    assert await looks(rig, f"messages/{message_id}") == [("sun", "look")]
    with pytest.raises(Forbidden):
        await recipients.reveal_recipient(rig.context, message_id, AUDITOR)
    with pytest.raises(NotFound):
        await recipients.reveal_recipient(rig.context, uuid4(), OPERATOR)
    path = f"/v1/admin/messages/{message_id}/recipient"
    headers = await rig.person(Role.OPERATOR)
    answer = await rig.http.post(path, headers=headers)
    assert answer.json()["name"] == "张三"
    assert len(await looks(rig, f"messages/{message_id}")) == 2


async def test_patients_are_masked_until_somebody_asks(rig: Rig) -> None:
    draft = PatientDraft(
        name="欧阳明文", identities={IdentityType.MOBILE: "13800138000"}
    )
    async with rig.context.store.sessions.begin() as session:
        made = await persons.put_person(session, "patient", "E100", draft, OPERATOR)
    (found,) = await people.find_patients(
        rig.context, IdentityType.MOBILE, "138-0013-8000"
    )
    assert found.name == "欧阳**"
    assert found.identities[IdentityType.MOBILE] == "138****8000"
    assert (await people.patient(rig.context, made.id)).name == "欧阳**"
    clear = await people.reveal_patient(rig.context, made.id, OPERATOR)
    assert clear.identities[IdentityType.MOBILE] == "+8613800138000"
    assert ("sun", "look") in await looks(rig, f"patients/{made.id}")
    body = {"identity_type": "mobile", "value": "13800138000"}
    for role in (Role.ADMIN, Role.AUDITOR):
        headers = await rig.person(role)
        answer = await rig.http.post(
            "/v1/admin/patients/search", json=body, headers=headers
        )
        assert [item["name"] for item in answer.json()["items"]] == ["欧阳**"]


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("张三", "张*"),
        ("欧阳明文", "欧阳**"),
        ("阳司马", "阳**"),
        ("王", "王"),
        ("", ""),
    ],
)
def test_a_name_is_masked_after_its_surname(name: str, shown: str) -> None:
    assert mask_name(name) == shown


async def failed(rig: Rig, count: int) -> list[UUID]:
    his = await rig.client("his")
    ids = [await rig.sent(his) for _ in range(count)]
    for message_id in ids:
        rig.flows.fail(message_id)
        await rig.record(message_id)
    return ids


async def test_a_bulk_resend_tells_how_far_it_is(rig: Rig) -> None:
    ids = await failed(rig, 5)
    rig.flows.docs.pop(ids[0])  # ended, and its history is gone
    rig.flows.accepted.pop(ids[0])
    told: list[BulkProgress] = []
    order = ResendOrder(reason="gateway was down")
    done = await resend_failed(
        rig.context, MessageFilter(), order, OPERATOR, report=told.append
    )
    assert (done.resent, done.skipped, done.more) == (5, 0, False)
    assert [p.resent for p in told] == [1, 2, 3, 4, 5, 5]
    assert {name for name, _, _ in rig.flows.orders} == {"resend", "restart"}


async def test_a_bulk_resend_leaves_out_what_cant_be_sent(rig: Rig) -> None:
    await failed(rig, 2)
    order = ResendOrder(reason="try the others", channels=(Channel.WECOM,))
    done = await resend_failed(rig.context, MessageFilter(), order, OPERATOR)
    assert (done.resent, done.skipped) == (0, 2)


async def test_the_overview_is_asked_for_once(rig: Rig) -> None:
    await failed(rig, 2)
    rig.flows.served["his"] = 1
    seen = await overview(rig.context)
    assert (seen.store, seen.temporal, seen.volume) == (True, True, 2)
    assert seen.today is not None
    assert seen.today[Status.FAILED] == 2
    assert seen.reach == 0
    assert seen.waiting is not None
    assert seen.waiting.count == 2
    assert seen.unserved == ()
    assert sum(seen.hours) == 2
    assert seen.accounts == ()
    first = await shared_overview(rig.context)
    rig.flows.down = True
    assert await shared_overview(rig.context) is first
    away = await overview(rig.context)
    assert (away.store, away.temporal, away.queues) == (True, False, None)


async def test_a_paused_queue_is_not_missed(rig: Rig) -> None:
    await rig.client("his")
    assert (await overview(rig.context)).unserved == ("his",)
    await steering.pause(rig.context, "his", OPERATOR)
    assert (await overview(rig.context)).unserved == ()
    (figures,) = await steering.live_queues(rig.context)
    assert figures.paused
    await steering.resume(rig.context, "his", OPERATOR)
    await steering.limit(rig.context, "his", 3, OPERATOR)
    (figures,) = await steering.live_queues(rig.context)
    assert (figures.paused, figures.limit_per_second) == (False, 3)


async def test_one_process_samples_the_queues(rig: Rig) -> None:
    await rig.client("his")
    async with rig.context.store.sessions.begin() as session:
        await session.exec(delete(LeaseRow))  # the application's own sampler's
    watch = Watch()
    assert [await sample_once(rig.context, name, watch) for name in "aba"] == [
        True,
        False,
        True,
    ]
    async with rig.context.store.sessions() as session:
        since = datetime.now(UTC) - timedelta(minutes=1)
        found = await queue_queries.samples_of(session, "his", since)
    assert [(s.backlog, s.oldest_age_seconds) for s in found] == [(3, 1.5)] * 2


@dataclass
class Counting:
    """Counts how often it is asked."""

    asked: int = 0

    async def __call__(self) -> int:
        self.asked += 1
        return self.asked


async def test_a_shared_answer_is_kept_until_it_is_too_old() -> None:
    ask, shared = Counting(), Shared[int](timedelta(hours=1))
    assert [await shared.get(ask) for _ in range(3)] == [1, 1, 1]
    shared.forget()
    assert await shared.get(ask) == 2
    stale, asked = Shared[int](timedelta(0)), Counting()
    assert [await stale.get(asked) for _ in range(2)] == [1, 2]


async def test_a_message_of_nobody_is_not_found(rig: Rig) -> None:
    message_id = await rig.sent(await rig.client("his"))
    assert (await look_up(rig.context, message_id)).doc.id == message_id
    assert (await look_up(rig.context, message_id, "his")).source == "workflow"
    with pytest.raises(NotFound):
        await look_up(rig.context, message_id, "lis")
