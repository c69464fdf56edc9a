"""What failed as a provider was away goes out again by itself, within bounds."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID, uuid4

import pytest

from centre.accounts import traffic_writes
from centre.audit import audit
from centre.audit.audit import AuditFilter
from centre.delivery import attempt_writes
from centre.delivery.models import AttemptState
from centre.messages import writes as message_writes
from centre.watch.overview import overview
from centre.watch.recovery import MOST, allowance, choose, recover_once
from channels.provider import SandboxPorts
from channels.registry import sandbox_accounts
from core.models import MessageStatus, Resend, Waiting
from core.words import Channel, Priority, Reason, Status
from tests.support.api.rig import Rig, running_api
from tests.support.workflows.fakes import message

SMS, WECHAT = Channel.SMS, Channel.WECHAT
LATER = timedelta(hours=1)


@pytest.fixture
async def rig(tmp_path: Path) -> AsyncIterator[Rig]:
    async with running_api(tmp_path / "var") as running:
        yield running


async def failed(rig: Rig, *on: Channel, **changes: object) -> UUID:
    """Return a message that failed as these channels' providers were away."""
    message_id = await rig.sent(await rig.client(f"his-{uuid4().hex[:8]}"))
    doc, now = rig.flows.docs[message_id], datetime.now(UTC)
    news = {
        "status": Status.FAILED,
        "updated_at": now,
        "resendable_until": now + LATER,
        "resends_on": on,
    }
    doc = doc.model_copy(update=news | changes)
    rig.flows.docs[message_id] = doc
    async with rig.context.store.sessions.begin() as session:
        await message_writes.record(session, rig.flows.accepted[message_id], doc)
    return message_id


async def answered(rig: Rig, reason: Reason | None = None) -> None:
    """Write a call by the account for texts that was answered, or missed."""
    async with rig.context.store.sessions.begin() as session:
        made = await attempt_writes.begin_attempt(
            session,
            delivery_id=uuid4(),
            message_id=uuid4(),
            channel=SMS,
            provider="aliyun",
            account="default",
        )
        state: AttemptState = "failed" if reason else "accepted"
        await attempt_writes.end_attempt(session, made.id, state, reason=reason)


def resent(rig: Rig) -> list[tuple[UUID, Resend]]:
    """Return what the workflows were told."""
    return [(m, o) for _, m, o in rig.flows.orders if isinstance(o, Resend)]


async def test_what_failed_goes_out_again_once_the_account_answers(rig: Rig) -> None:
    message_id = await failed(rig, SMS)
    await answered(rig, Reason.UNREACHABLE)
    assert await recover_once(rig.context, "test") == 0
    await answered(rig)
    assert await recover_once(rig.context, "test") == 1
    [(told, order)] = resent(rig)
    assert (told, order.by, order.automatic, order.run) == (
        *(message_id, "centre", True, 1),
    )
    assert order.channels == (SMS,)
    async with rig.context.store.sessions() as session:
        wanted = AuditFilter(target=f"messages/{message_id}")
        [entry] = (await audit.list_audit(session, wanted)).items
    assert (entry.actor.who, entry.action) == ("centre", "resend")
    assert entry.after == {"reason": order.reason, "channels": ["sms"]}


@pytest.mark.parametrize("reason", [Reason.INVALID_RECIPIENT, Reason.RATE_LIMITED])
async def test_a_refusal_is_an_answer_too(rig: Rig, reason: Reason) -> None:
    await failed(rig, SMS)
    await answered(rig, reason)
    assert await recover_once(rig.context, "test") == 1


@pytest.mark.parametrize("reason", [Reason.UNREACHABLE, Reason.OUTCOME_UNKNOWN])
async def test_the_last_call_decides(rig: Rig, reason: Reason) -> None:
    await failed(rig, SMS)
    await answered(rig)
    await answered(rig, reason)
    assert await recover_once(rig.context, "test") == 0


async def test_an_open_breaker_is_no_answer(rig: Rig) -> None:
    await failed(rig, SMS)
    await answered(rig)
    until = datetime.now(UTC) + LATER
    async with rig.context.store.sessions.begin() as session:
        await traffic_writes.put_open(session, SMS, "default", until)
    assert await recover_once(rig.context, "test") == 0


@pytest.mark.parametrize(
    "changes",
    [
        {"resendable_until": datetime(2026, 1, 1, tzinfo=UTC)},
        {"expires_at": datetime(2026, 1, 1, tzinfo=UTC)},
        {"automatic_resends": MOST},
        {"resends_on": ()},
        {"status": Status.CANCELLED},
    ],
    ids=lambda changes: next(iter(changes)),
)
async def test_what_may_not_go_out_again_does_not(
    rig: Rig, changes: dict[str, object]
) -> None:
    await failed(rig, SMS, **changes)
    await answered(rig)
    assert await recover_once(rig.context, "test") == 0


async def test_only_one_process_at_a_time_does_it(rig: Rig) -> None:
    await failed(rig, SMS)
    assert await recover_once(rig.context, "one") == 0
    await answered(rig)
    assert await recover_once(rig.context, "other") == 0
    assert await recover_once(rig.context, "one") == 1


async def test_what_waits_is_counted_by_its_account(rig: Rig) -> None:
    until = datetime.now(UTC) + LATER
    for account in ("default", "default", None):
        waiting = Waiting(
            reason=Reason.UNREACHABLE, until=until, channel=SMS, account=account
        )
        still: dict[str, object] = {"status": Status.DELIVERING, "waiting": waiting}
        await failed(rig, resends_on=(), **still)
    away = (await overview(rig.context)).away
    seen = {(one.channel, one.account): one.count for one in away}
    assert seen == {(SMS, "default"): 2, (SMS, None): 1}
    text = (await rig.http.get("/metrics")).text
    name = "hmc_messages_waiting_for_provider"
    assert f'{name}{{account="default",channel="sms"}} 2.0' in text


def doc(minutes: float = 0, resends: int = 0) -> MessageStatus:
    """Return a message that failed so long ago."""
    at = datetime.now(UTC) - timedelta(minutes=minutes)
    whole = message(priority=Priority.NORMAL)
    return MessageStatus(
        **whole.model_dump(include={"id", "client", "type", "priority", "plan"}),
        status=Status.FAILED,
        created_at=at,
        updated_at=at,
        deliveries=(),
        automatic_resends=resends,
    )


def test_no_more_go_out_in_a_round_than_there_is_room_for() -> None:
    room = {SMS: 3}
    chosen, _ = choose([doc() for _ in range(5)], (SMS,), room, set(), _now())
    assert (len(chosen), room[SMS]) == (3, 0)
    chosen, _ = choose([doc()], (SMS,), room, set(), _now())
    assert chosen == ()


def test_any_channel_that_is_back_will_do() -> None:
    chosen, _ = choose([doc()], (WECHAT, SMS), {SMS: 9}, set(), _now())
    assert len(chosen) == 1


def test_where_nothing_tells_one_goes_ahead_now_and_then() -> None:
    waiting: set[Channel] = set()
    soon, ripe, worn = doc(minutes=1), doc(minutes=6), doc(minutes=6, resends=1)
    chosen, _ = choose([worn, soon], (SMS,), {}, waiting, _now())
    assert chosen == ()
    chosen, _ = choose([worn, soon, ripe, ripe], (SMS,), {}, waiting, _now())
    assert chosen == (ripe,)
    # It waits for the provider now, and tells when that is back.
    chosen, _ = choose([ripe], (SMS,), {}, waiting, _now())
    assert chosen == ()


@pytest.mark.parametrize(("per_second", "room"), [(None, 50), (4.0, 20), (0.01, 1)])
def test_an_account_s_own_limit_is_shared_with_what_is_new(
    per_second: float | None, room: int
) -> None:
    ports = SandboxPorts("http://127.0.0.1:1", 2, 3, 4)
    account = next(a for a in sandbox_accounts(ports) if a.channel is SMS)
    own = account.model_copy(update={"per_second": per_second})
    assert allowance([own], {SMS: {own.code}}, 10) == {SMS: room}


def _now() -> datetime:
    return datetime.now(UTC)
