"""Queue settings, samples, leases, and the figures of the first page."""

from datetime import UTC, datetime, timedelta

import pytest

from centre.audit import audit
from centre.audit.audit import AuditFilter
from centre.clients import secrets, service
from centre.clients.models import ClientDraft
from centre.delivery import attempt_queries, attempt_writes
from centre.messages import queries as messages
from centre.messages import writes as message_writes
from centre.messages.contracts import MessageFilter
from centre.messages.status import begin, with_status
from centre.people import person_queries, persons
from centre.people.contracts import PatientDraft
from centre.queues import queries, steering
from centre.queues.models import QueueSample
from centre.watch import overview_queries
from core.errors import NotFound
from core.models import MessageStatus
from core.words import Channel, IdentityType, Reason, Status
from db.leases import take_lease
from db.store import Store
from tests.support.stores.rig import ACTOR, make_message
from tests.support.stores.within import within

NOW = datetime.now(UTC).replace(microsecond=0)


async def join(store: Store, code: str = "his") -> None:
    async with store.sessions.begin() as session:
        await service.add_client(session, ClientDraft(code=code, name=code), ACTOR)


async def test_a_queue_is_paused_resumed_and_limited(store: Store) -> None:
    await join(store)
    async with store.sessions.begin() as session:
        assert await queries.queue_settings(session) == {}
        await steering.pause(within(session), "his", ACTOR)
        await steering.limit(within(session), "his", 2.5, ACTOR)
    async with store.sessions.begin() as session:
        (found,) = (await queries.queue_settings(session)).values()
        assert (found.client, found.paused, found.per_second) == ("his", True, 2.5)
        assert found.set_by == ACTOR.who
        await steering.resume(within(session), "his", ACTOR)
        await steering.limit(within(session), "his", None, ACTOR)
    async with store.sessions() as session:
        (found,) = (await queries.queue_settings(session)).values()
        assert (found.paused, found.per_second) == (False, None)
        log = await audit.list_audit(session, AuditFilter(target="queues/his"))
    assert [row.action for row in log.items] == ["limit", "resume", "limit", "pause"]


async def test_only_a_clients_queue_is_steered(store: Store) -> None:
    async with store.sessions() as session:
        with pytest.raises(NotFound):
            await steering.pause(within(session), "nobody", ACTOR)


def sample(client: str, at: datetime, backlog: int = 0) -> QueueSample:
    return QueueSample(
        client=client,
        at=at,
        backlog=backlog,
        oldest_age_seconds=1.5,
        added_per_second=0.5,
        dispatched_per_second=0.25,
        pollers=1,
    )


async def test_samples_are_kept_for_a_day(store: Store) -> None:
    old = NOW - timedelta(hours=25)
    recent = [sample("his", NOW - timedelta(minutes=n), n) for n in (3, 2, 1)]
    async with store.sessions.begin() as session:
        await queries.add_samples(session, [sample("his", old)], old)
    async with store.sessions.begin() as session:
        await queries.add_samples(session, [*recent, sample("lis", NOW)], NOW)
    async with store.sessions() as session:
        found = await queries.samples_of(session, "his", old)
        assert [s.backlog for s in found] == [3, 2, 1]
        since = NOW - timedelta(seconds=150)
        backlogs = await queries.backlogs_since(session, since)
    assert backlogs == {"his": [2, 1], "lis": [0]}


async def test_one_of_several_has_a_lease(store: Store) -> None:
    async def takes(holder: str, time: timedelta = timedelta(minutes=1)) -> bool:
        async with store.sessions.begin() as session:
            return await take_lease(session, "work", holder, time)

    assert await takes("a")
    assert not await takes("b")
    assert await takes("a", timedelta(seconds=-1))  # kept, and over already
    assert await takes("b")
    assert not await takes("a")


def stands(status: Status, created: datetime, **facts: object) -> MessageStatus:
    doc = begin(make_message(created_at=created))
    doc = with_status(with_status(doc, Status.DELIVERING, created), status, created)
    return doc.model_copy(update=facts)


async def record(store: Store, doc: MessageStatus) -> None:
    message = make_message(id=doc.id, created_at=doc.created_at)
    async with store.sessions.begin() as session:
        await message_writes.record(session, message, doc)


async def test_todays_messages_are_counted_by_status(store: Store) -> None:
    for status in (Status.DELIVERED, Status.DELIVERED, Status.FAILED):
        await record(store, stands(status, NOW))
    await record(store, stands(Status.DELIVERED, NOW - timedelta(days=2)))
    async with store.sessions() as session:
        counts = await overview_queries.count_by_status(
            session, NOW - timedelta(days=1)
        )
        few = await overview_queries.count_by_status(
            session, NOW - timedelta(days=1), 1
        )
    assert counts[Status.DELIVERED] == 2
    assert counts[Status.FAILED] == 1
    assert counts[Status.EXPIRED] == 0
    assert few[Status.DELIVERED] == 1


async def test_failed_messages_wait_while_their_window_is_open(store: Store) -> None:
    ends = [NOW + timedelta(hours=n) for n in (5, 2, -1)]
    for end in ends:
        await record(store, stands(Status.FAILED, NOW, resendable_until=end))
    resent = stands(Status.FAILED, NOW, resendable_until=NOW + timedelta(hours=1))
    await record(store, resent)
    again = {"status": Status.DELIVERED, "resendable_until": None}
    await record(store, resent.model_copy(update=again))
    async with store.sessions() as session:
        found = await overview_queries.waiting_failed(session, NOW)
        few = await overview_queries.waiting_failed(session, NOW, 1)
        counted = await messages.count_failed(session, MessageFilter(), NOW)
        others = await messages.count_failed(session, MessageFilter(client="x"), NOW)
        some = await messages.count_failed(session, MessageFilter(), NOW, 2)
    assert (found.count, found.more, found.first_end) == (2, False, ends[1])
    assert (few.count, few.more) == (1, True)
    assert (counted, others, some) == ((3, False), (0, False), (2, True))


async def test_a_providers_health_is_its_recent_calls(store: Store) -> None:
    message = make_message()
    ends = (
        ("accepted", None),
        ("accepted", None),
        ("failed", Reason.INVALID_RECIPIENT),
        ("failed", Reason.UNREACHABLE),
        ("unknown", Reason.OUTCOME_UNKNOWN),
        ("sending", None),
    )
    async with store.sessions.begin() as session:
        for state, reason in ends:
            attempt = await attempt_writes.begin_attempt(
                session,
                delivery_id=message.id,
                message_id=message.id,
                channel=Channel.SMS,
                provider="aliyun",
            )
            if state != "sending":
                await attempt_writes.end_attempt(
                    session,
                    attempt.id,
                    state,  # type: ignore[arg-type]  # mypy reads plain texts
                    code="C1" if reason else None,
                    reason=reason,
                )
    async with store.sessions() as session:
        recent = datetime.now(UTC) - timedelta(minutes=1)
        (health,) = await overview_queries.provider_health(session, recent)
        later = datetime.now(UTC) + timedelta(minutes=1)
        assert await overview_queries.provider_health(session, later) == ()
        made = await attempt_queries.attempts_of_message(session, message.id)
    assert (health.provider, health.channel) == ("aliyun", Channel.SMS)
    counts = health.accepted, health.refused, health.failed, health.unknown
    assert counts == (2, 1, 1, 1)
    assert health.share == 0.6
    assert [a.reason for a in made] == [reason for _, reason in ends]


async def test_a_secret_that_ends_soon_is_told(store: Store) -> None:
    await join(store)
    async with store.sessions.begin() as session:
        await secrets.rotate_secret(within(session), "his", ACTOR, timedelta(days=3))
    async with store.sessions() as session:
        now = datetime.now(UTC)
        soon = await overview_queries.ending_secrets(
            session, now, now + timedelta(days=14)
        )
        sooner = await overview_queries.ending_secrets(
            session, now, now + timedelta(days=1)
        )
    assert [ending.client for ending in soon] == ["his"]
    assert sooner == ()


async def test_patients_are_found_by_any_identity(store: Store) -> None:
    shared = {IdentityType.MOBILE: "13800138000"}
    mother = PatientDraft(
        name="王芳", identities=shared | {IdentityType.OUTPATIENT_NO: "OP-1"}
    )
    async with store.sessions.begin() as session:
        await persons.put_person(session, "patient", "E1", mother, ACTOR)
        child = PatientDraft(name="李小", identities=shared)
        made = await persons.put_person(session, "patient", "E2", child, ACTOR)
    async with store.sessions() as session:

        async def found(kind: IdentityType, value: str) -> list[str]:
            people = await person_queries.find_people(session, "patient", kind, value)
            return sorted(one.identities[IdentityType.EMPI_ID] for one in people)

        assert await found(IdentityType.MOBILE, "138 0013 8000") == ["E1", "E2"]
        assert await found(IdentityType.OUTPATIENT_NO, "OP-1") == ["E1"]
        assert await found(IdentityType.EMPI_ID, "E2") == ["E2"]
        assert await found(IdentityType.EMPI_ID, "E3") == []
        one = await person_queries.person_of(session, "patient", made.id)
        assert one is not None
        assert one.name == "李小"
        assert (
            await person_queries.person_of(session, "patient", make_message().id)
            is None
        )


async def test_todays_messages_are_counted_by_the_hour(store: Store) -> None:
    midnight = NOW.replace(hour=0, minute=0, second=0, microsecond=0)
    for minutes in (-1, 0, 59, 60, 179):
        at = midnight + timedelta(minutes=minutes)
        await record(store, stands(Status.DELIVERED, at))
    until = midnight + timedelta(hours=2, minutes=30)
    async with store.sessions() as session:
        assert await overview_queries.count_by_hour(session, midnight, until) == (
            2,
            1,
            1,
        )
        assert await overview_queries.count_by_hour(session, midnight, until, 1) == (
            1,
            1,
            1,
        )
